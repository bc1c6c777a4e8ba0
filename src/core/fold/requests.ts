/**
 * What people ask for by themselves, in three steps: submitted (planned and judged, nothing is run), executed (judged again,
 * run once), looked at. And what they say about a workflow: cancelled, noted.
 */
import type { Fact, Submitted } from '../entry.ts'
import { lookAgain } from '../expiries.ts'
import type { State } from '../state.ts'
import { isClaimed, isEnd, type Workflow } from '../workflow.ts'
import { move, type Why } from './move.ts'
import { begin } from './workflows.ts'

export const foldSubmitted = (state: State, entry: Submitted, why: Why): void => {
  if (state.keys.has(entry.key) || state.workflows.has(entry.workflow)) return // the first one on the log counts
  state.keys.set(entry.key, { workflow: entry.workflow, body: entry.body, at: why.at })
  lookAgain(state, 'key', entry.key, why.at)
  lookAgain(state, 'workflow', entry.workflow, why.at + state.rememberMs)
  begin(state, { ...entry, route: '', labels: new Map(entry.labels), request: { who: entry.who, why: entry.why, key: entry.key, ...(entry.deadlineMs === undefined || state.foldVersion < 2 ? {} : { deadlineMs: entry.deadlineMs }) } }, why)
}

/** The first one counts; it is for the plan that was shown and no other. */
export const foldExecAsked = (state: State, entry: Fact & { kind: 'exec asked' }, why: Why): void => {
  const workflow = state.workflows.get(entry.workflow)
  if (!workflow || !awaitsExec(workflow) || workflow.state !== 'ready' || workflow.plan!.digest !== entry.plan) return
  workflow.request = { ...workflow.request!, exec: { id: entry.exec, plan: entry.plan, who: entry.who } }
  if (workflow.request.deadlineMs !== undefined) workflow.deadlineAt ??= why.at + workflow.request.deadlineMs
  delete workflow.decision
  move(state, workflow, 'ready', { ...why, detail: `executed by ${entry.who}` })
}

/** Asked for by a person who has not said yet that this plan shall run. */
export const awaitsExec = ({ request, plan }: Workflow): boolean => request !== undefined && plan !== undefined && request.exec?.plan !== plan.digest

/** What runs is killed as a stop kills: it keeps its target until its runner let go. */
export const foldCancelled = (state: State, entry: Fact & { kind: 'cancelled' }, why: Why): void => {
  const workflow = state.workflows.get(entry.workflow)
  if (!workflow || isEnd(workflow.state) || workflow.cancelled) return
  workflow.cancelled = { who: entry.who, why: entry.why }
  const detail = [entry.who, entry.why].filter(Boolean).join(': ')
  if (workflow.state !== 'stopping') move(state, workflow, isClaimed(workflow) ? 'stopping' : 'cancelled', { ...why, reason: 'cancelled', detail })
}

const mostNotes = 50

export const foldNoted = (state: State, entry: Fact & { kind: 'noted' }, why: Why): void => {
  const notes = state.workflows.get(entry.workflow)?.notes
  notes?.push({ at: why.at, who: entry.who, text: entry.text })
  if (notes && notes.length > mostNotes) notes.shift()
}
