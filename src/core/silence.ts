/**
 * A silence in Alertmanager holds what it covers, for as long as it lasts: who set it wants nothing to happen, and no questions.
 * Alertmanager sends nothing about an alert that is silenced, so whoever was held is asked about again before it may start.
 */
import type { Plan } from './plan.ts'
import { observedForMs, type Verdict } from './policy.ts'
import type { Workflow } from './workflow.ts'

/** As it stands in a plan, under `silence`: null where there is none. */
export interface Silence {
  /** Whose it is, until when, and why. */
  readonly text: string
  /** By Alertmanager's clock, milliseconds. */
  readonly endsAt: number
}

export const silenced = (workflow: Pick<Workflow, 'createdAt'>, { observed }: Pick<Plan, 'observed'>, at: number): Verdict[] => {
  const found = observed.find(({ name }) => name === 'silence')
  // What was read too long ago is read again with a new plan.
  if (!found?.value || at - found.readAt > observedForMs) return []
  const { text: detail, endsAt } = found.value as unknown as Silence
  const held = { policy: 'silences', verdict: 'wait', reason: 'silenced', detail } as const
  // By our clock it was over when it was read, and Alertmanager has it still: what it says counts.
  const ends = endsAt > found.readAt ? endsAt : Infinity
  return [ends <= at ? { ...held, until: at, again: true } : { ...held, until: Math.min(ends, at + patience(at - workflow.createdAt)) }]
}

/** A silence may be ended early: it is looked for again, less often the longer it lasts. */
const patience = (waitedMs: number): number => Math.min(600_000, Math.max(observedForMs, waitedMs / 10))

/** How long the word that there is none is believed of what stood still since. */
const quietForMs = 5000

/** It stood still since its plan was made (for a person, a limit, a stop), and may have been silenced meanwhile. */
export const maybeSilenced = ({ timeline }: Pick<Workflow, 'timeline'>, { observed }: Pick<Plan, 'observed'>, at: number): boolean =>
  observed.some(({ name, readAt }) => name === 'silence' && at - readAt > quietForMs)
  && timeline.slice(timeline.findLastIndex(({ state }) => state === 'planning')).some(({ state }) => state === 'waiting' || state === 'asking')

/** Nobody was told how its alert went on. */
export const wasSilenced = ({ timeline }: Pick<Workflow, 'timeline'>): boolean => timeline.some(({ reason }) => reason === 'silenced')

/** It was, and was not any more when this plan was made. */
export const isSinceSilenced = (workflow: Pick<Workflow, 'timeline'>, { observed }: Pick<Plan, 'observed'>): boolean =>
  wasSilenced(workflow) && !observed.some(({ name, value }) => name === 'silence' && value !== null)
