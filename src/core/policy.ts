/**
 * A policy judges a plan. Its type is one file in `core/policies/`, pure over what it is handed: the same plan at the
 * same position of the log is judged alike on every server, and again years later.
 */
import type { z } from 'zod'
import type { StepManifest } from './catalogue.ts'
import type { Labels } from './labels.ts'
import type { Mark, Plan, Take } from './plan.ts'
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
  /** Counted when the decision is folded, whatever it is: that a floor was reached, that a breaker tripped. */
  readonly marks?: readonly Mark[]
  /** It cannot say before the plan is made again: what it needs was read too long ago. */
  readonly again?: true
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
  readonly provider: string
  readonly steps: readonly StepManifest[]
  /** When the alert began by its sender's clock, and when we were first told, in log time. None where a person asked. */
  readonly episode?: { readonly startsAt: string; readonly firstAt: number }
  /** Of this very plan, each person once. */
  readonly approvals: readonly { readonly who: string; readonly at: number }[]
  readonly requester?: string
  /** Log time in milliseconds. */
  readonly at: number
  /** What is recorded under a take's key now; a workflow's own share is not counted against it. */
  room(take: Take): Room
}

/** What a policy may ask to be read of the outside, for the plan. Each is a `name` in `plan.observed`. */
export type FactName = 'size' | 'labels' | 'controller' | 'fleet' | 'alerts' | 'fires' | 'silence'

/** How long what was observed is believed. */
export const observedForMs = 30_000

export interface PolicyType<Settings> {
  readonly type: string
  readonly schema: z.ZodType<Settings>
  /** Without them, or with old ones, it is not asked: it refuses, or a new plan is made. */
  needs?(settings: Settings): readonly FactName[]
  judge(settings: Settings, judged: Judged, name: string): Verdict
}
