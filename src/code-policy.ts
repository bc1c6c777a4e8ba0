/** A policy that is code: what it sees, and what it says. */
import type { Effect, ParamValue } from './core/catalogue.ts'
import type { ChangeView } from './plan-view.ts'

/** What a policy that is code is handed. It is a copy, and must be left as it is: trying to change it is a refusal. */
export interface PolicyInput {
  readonly policy: string
  /** As the YAML has it. */
  readonly with: any
  readonly runbook: { readonly name: string; readonly version: number }
  readonly provider: string
  readonly params: Readonly<Record<string, ParamValue>>
  readonly labels: Readonly<Record<string, string>>
  /** Who asked for it; null where an alert did. */
  readonly requester: string | null
  /** When the plan was made, RFC 3339. */
  readonly at: string
  readonly plan: {
    readonly targets: readonly { readonly name: string; readonly id: string }[]
    readonly changes: readonly ChangeView[]
    readonly notes?: any
    /** What was read of the outside for it. */
    readonly observed: readonly { readonly name: string; readonly target?: string; readonly value: any; readonly readAt: number }[]
  }
  readonly steps: readonly { readonly name: string; readonly effect: Effect; readonly each: boolean; readonly concurrency: number }[]
}

/** `until`: when it clears, RFC 3339. */
export interface PolicyVerdict {
  readonly verdict: 'allow' | 'wait' | 'ask' | 'refuse'
  readonly detail: string
  readonly until?: string
}
