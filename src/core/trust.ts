/** How far a runbook is trusted: what it changed and is watched, where a person overruled it, how often it healed. */

/** What a workflow changed, as it left it, and the runbooks that had a hand in it. */
export interface Watched {
  readonly provider: string
  readonly target: string
  readonly id: string
  readonly version: string
  readonly replicas?: number
  readonly at: number
  /** `sized`: what it changed is the size. */
  readonly by: readonly { readonly runbook: string; readonly workflow: string; readonly sized: boolean; readonly at: number }[]
}

/** These runbooks leave that target alone until a person says go on: somebody changed what they had changed. */
export interface Suspension {
  readonly id: string
  readonly provider: string
  readonly target: string
  readonly targetId: string
  readonly at: number
  readonly runbooks: readonly { readonly name: string; readonly workflow: string }[]
  /** As they left it, and as it was found. */
  readonly from: { readonly version: string; readonly replicas?: number }
  readonly to: { readonly version: string; readonly replicas?: number }
}

/** What a version of a runbook has earned. */
export interface Trust {
  /** When it healed, log time, since it last failed. */
  readonly heals: number[]
  failures: number
  proposed?: { readonly at: number; readonly heals: number; readonly inMs: number }
  promoted?: { readonly at: number; readonly who: string }
  /** It failed, and the entry that says so is yet to come. */
  fallen?: { readonly at: number; readonly workflow: string; readonly was: 'promoted' | 'canary'; readonly heals: number; readonly failures: number; readonly channel?: string }
  /** As a canary. */
  rolledBack?: { readonly at: number; readonly failures: number }
}
