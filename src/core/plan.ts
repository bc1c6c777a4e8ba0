/** A plan: what a workflow is about to do. Made by reading only; it is what policies judge and what people approve. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

export interface Change {
  /** The name people use, which is what the alert's label said. */
  readonly target: string
  /** The provider's own stable id (uid, ARN). Leases and limits are on this. */
  readonly id: string
  readonly from: Json
  readonly to: Json
}

/** Something read of the outside for the policies' sake. `readAt` is log time in milliseconds. */
export interface Observed {
  readonly name: string
  readonly target?: string
  readonly value: Json
  readonly readAt: number
}

export interface Plan {
  /** sha256 of the rest, 64 hex digits: what an approval names. */
  readonly digest: string
  readonly targets: readonly { readonly name: string; readonly id: string }[]
  readonly changes: readonly Change[]
  readonly observed: readonly Observed[]
  /** What the plan wants its steps to know. */
  readonly notes?: Json
}

/**
 * A claim on a counter: at most `max` starts under this key within the window, or at most `max` that still run.
 * Whatever counts is one of these; the fold knows nothing else of policies.
 */
export interface Take {
  readonly key: string
  readonly max: number
  readonly window: { readonly ms: number } | 'until end'
  /** The policy that asks for it, for people. */
  readonly policy: string
  /** When it does not fit: wait in line for the key, or be judged again at once (the policy then refuses). */
  readonly otherwise: 'wait' | 'judge'
}
