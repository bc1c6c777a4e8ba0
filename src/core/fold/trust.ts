/**
 * Autonomy by outcome. Where a route does not grant it, a version asks before it runs: until so many verified heals propose its
 * promotion and a person says yes, and again from its first failure on. A canary that failed as often as it may is taken by no alert.
 */
import { runbookId } from '../catalogue.ts'
import { formatDuration } from '../duration.ts'
import type { Fact } from '../entry.ts'
import { isApproved } from '../person.ts'
import type { Trust } from '../trust.ts'
import type { Notice } from '../notice.ts'
import type { State } from '../state.ts'
import type { Workflow } from '../workflow.ts'
import { tell, touch } from './notices.ts'

const mostHeals = 1000

export const isFallen = ({ fallen, rolledBack }: Trust): boolean => fallen !== undefined || rolledBack !== undefined

/** What the end of a workflow says of its version. */
export const learn = (state: State, workflow: Workflow, at: number): void => {
  const { trust: rule, canary, runbook, state: end } = workflow
  if ((rule === undefined && canary === undefined) || !['healed', 'failed', 'unproven'].includes(end)) return
  const id = runbookId(runbook)
  const trust: Trust = state.trust.get(id) ?? { heals: [], failures: 0 }
  state.trust.set(id, trust)
  if (end !== 'healed') return fall(state, trust, workflow)
  trust.heals.push(at)
  if (trust.heals.length > mostHeals) trust.heals.shift()
  if (typeof rule !== 'object' || trust.promoted || trust.proposed || isFallen(trust)) return
  const heals = healsWithin(trust, rule.inMs, at)
  if (heals < rule.heals) return
  trust.proposed = { at, heals, inMs: rule.inMs }
  say(state, workflow.channel, { kind: 'trust', runbook: id, is: 'proposed', heals, failures: 0, inMs: rule.inMs })
}

const healsWithin = ({ heals }: Trust, inMs: number, at: number): number => heals.filter((one) => one > at - inMs).length

/** What it had earned is gone, at once: the entry that says so with its numbers comes after it. */
const fall = (state: State, trust: Trust, { id, canary, channel, runbook }: Workflow): void => {
  const { at } = state
  trust.failures++
  const was = canary !== undefined && trust.failures >= canary ? 'canary' as const : trust.promoted ? 'promoted' as const : undefined
  if (was !== undefined && !isFallen(trust)) trust.fallen = { at, workflow: id, was, heals: trust.heals.length, failures: trust.failures, ...(channel === undefined ? {} : { channel }) }
  trust.heals.length = 0
  const { proposed } = trust
  delete trust.proposed
  if (proposed) touch(state, keyOf(runbookId(runbook), proposed.at))
}

/** Counts while it is proposed; the first word on the log counts. */
export const foldPromoted = (state: State, { runbook, who, heals }: Fact & { kind: 'promoted' }): void => {
  const trust = state.trust.get(runbook)
  if (!trust?.proposed || isFallen(trust)) return
  const { inMs, at } = trust.proposed
  delete trust.proposed
  trust.promoted = { at: state.at, who }
  trust.failures = 0
  say(state, undefined, { kind: 'trust', runbook, is: 'promoted', heals, failures: 0, inMs, who }, at)
}

export const foldDemoted = (state: State, { runbook, workflow, was, heals, failures }: Fact & { kind: 'demoted' }): void => {
  const trust = state.trust.get(runbook)
  if (trust?.fallen?.workflow !== workflow) return
  const { channel } = trust.fallen
  delete trust.fallen
  delete trust.promoted
  if (was === 'canary') trust.rolledBack = { at: state.at, failures }
  say(state, channel, { kind: 'trust', runbook, is: was === 'canary' ? 'rolled back' : 'demoted', heals, failures, workflow })
}

const keyOf = (runbook: string, at: number): string => `trust:${runbook}:${at}`

/** `at`: of what was told before, and is brought up to date. */
const say = (state: State, channel: string | undefined, about: Notice['about'] & { kind: 'trust' }, at = state.at): void =>
  void tell(state, { key: keyOf(about.runbook, at), about, urgency: 'info', channel }, state.at)

/** Why it may not start by itself; undefined where it may, or somebody said yes to this very plan. */
export const mistrust = (state: State, workflow: Workflow): string | undefined => {
  const { mode, trust: rule, canary, runbook } = workflow
  if (mode !== 'auto' || (rule === undefined && canary === undefined) || isApproved(workflow)) return undefined
  const id = runbookId(runbook)
  const trust: Trust = state.trust.get(id) ?? { heals: [], failures: 0 }
  if (canary !== undefined && isFallen(trust)) return `the canary ${id} was rolled back after ${trust.fallen?.failures ?? trust.rolledBack!.failures} of ${canary} failures`
  if (rule === undefined) return undefined
  if (rule === 'asks') return `${id} was not granted to run by itself: its route has neither \`trust: granted\` nor \`promote\``
  if (trust.fallen) return `${id} failed (${trust.fallen.workflow.slice(-6)}) after it was promoted`
  if (trust.promoted) return undefined
  const heals = `${healsWithin(trust, rule.inMs, state.at)} of ${rule.heals} verified heals in ${formatDuration(rule.inMs)}`
  return trust.proposed ? `${id} is proposed for promotion: ${heals}: paramedic promote ${id}` : `${id} is new: ${heals}`
}

export interface Fall {
  readonly runbook: string
  readonly fallen: NonNullable<Trust['fallen']>
}

/** What is to be put on the log as demoted. */
export const fallsDue = ({ trust }: State): Fall[] => [...trust].flatMap(([runbook, { fallen }]) => (fallen ? [{ runbook, fallen }] : []))
