/**
 * A policy judges a plan. Its type is one file in `core/policies/`, pure over what it is handed: the same plan at the
 * same position of the log is judged alike on every server, and again years later.
 */
import type { z } from 'zod'
import type { Labels } from './labels.ts'
import type { Plan, Take } from './plan.ts'
import type { Reason } from './reason.ts'

/** From harmless to final; the worst of all verdicts wins. */
export const verdicts = ['allow', 'wait', 'ask', 'refuse'] as const

export interface Verdict {
  readonly policy: string
  readonly verdict: (typeof verdicts)[number]
  readonly reason?: Reason
  /** One sentence with the numbers: `5 of 5 an hour for checkout`. */
  readonly detail: string
  /** When it clears, in log time (milliseconds), where that is known. */
  readonly until?: number
  /** The counter waited for: whoever waits for the same key stands in one line. */
  readonly key?: string
  /** With `allow`: what must still fit when the first step is claimed. With `wait`: what is waited for. */
  readonly takes?: readonly Take[]
}

/** How full a counter is for a take. `until` is when it would fit, absent when only an end can free it. */
export interface Room {
  readonly used: number
  readonly fits: boolean
  readonly until?: number
}

export interface Judged {
  readonly workflow: string
  readonly runbook: { readonly name: string; readonly version: number }
  /** The alert's labels, or those of a person's request. */
  readonly labels: Labels
  readonly plan: Plan
  /** Log time in milliseconds. */
  readonly at: number
  /** What is recorded under a take's key now; a workflow's own share is not counted against it. */
  room(take: Take): Room
}

export interface PolicyType<Settings> {
  readonly type: string
  readonly schema: z.ZodType<Settings>
  judge(settings: Settings, judged: Judged, name: string): Verdict
}
