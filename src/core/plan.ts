/** A plan: what a workflow is about to do. Made by reading only; it is what policies judge and what people approve. */
import type { End, Reason } from './reason.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** As people read it. */
export const inWords = (value: unknown): string =>
  typeof value === 'string' ? value : Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(', ') : JSON.stringify(value)

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
  /** sha256 of all but what was observed, 64 hex digits: what an approval names. */
  readonly digest: string
  readonly targets: readonly { readonly name: string; readonly id: string }[]
  readonly changes: readonly Change[]
  readonly observed: readonly Observed[]
  /** What the plan wants its steps to know. */
  readonly notes?: Json
}

/**
 * A claim on a counter: at most `max` under this key within the window. Whatever counts is one of these; the fold knows
 * nothing else of policies.
 */
export interface Take {
  readonly key: string
  readonly max: number
  /**
   * What counts: the starts of the last `ms`; with `from: 'end'` what runs, and the ends of the last `ms`; with `last end` a
   * batch of `max`, and then none until `ms` after the last of them ended; what still runs; or a latch that a person opens.
   */
  readonly window: { readonly ms: number; readonly from?: 'end' | 'last end' } | 'until end' | 'until cleared'
  /** How much of `max` it takes: 1 unless given. With 0 it only looks. */
  readonly amount?: number
  /** Names instead of an amount: each counts once, however often it is taken. None: it only looks. */
  readonly values?: readonly string[]
  /** Names that count although nobody took them: what is missing already, where `max` is how many may be missing. */
  readonly besides?: readonly string[]
  /** With `from: 'end'`: only these ends count. */
  readonly ends?: readonly End[]
  /** It is taken by each job that changes something, until that job's end, instead of once by the workflow. */
  readonly each?: 'job'
  /** The policy that asks for it, for people, and why it says no. */
  readonly policy: string
  readonly reason?: Reason
  /** When it does not fit: wait in line for the key, or be judged again at once (the policy then refuses). */
  readonly otherwise: 'wait' | 'judge'
}

/** Counted when the decision that carries it is folded, whatever was decided. Without `keepMs` it latches the key. */
export interface Mark {
  readonly key: string
  readonly keepMs?: number
  readonly value?: string
}
