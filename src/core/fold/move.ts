/** The mode machine of a workflow: every change of its state goes through `move`, which keeps the indexes true. */
import { counterOf, release } from '../counter.ts'
import type { End } from '../reason.ts'
import type { Reason } from '../reason.ts'
import type { State } from '../state.ts'
import { isEnd, type Workflow, type WorkflowState } from '../workflow.ts'
import { mayClimb } from './ladder.ts'
import { tell } from './notices.ts'
import { learn } from './trust.ts'

export interface Why {
  readonly at: number
  readonly by: string
  readonly position: number
  readonly reason?: Reason
  readonly detail?: string
}

const longestTimeline = 200

export const move = (state: State, workflow: Workflow, to: WorkflowState, why: Why): void => {
  leaveLine(state, workflow)
  state.live.get(workflow.state)?.delete(workflow)
  workflow.state = to
  workflow.turn++
  workflow.since = why.at
  workflow.startableAt = why.at
  workflow.detail = why.detail ?? ''
  if (why.reason === undefined) delete workflow.reason
  else workflow.reason = why.reason
  const line = { at: why.at, state: to, by: why.by, detail: workflow.detail, ...(why.reason ? { reason: why.reason } : {}) }
  workflow.timeline.push(line)
  // One that is put back for ever tells of its beginning and of the last time.
  if (workflow.timeline.length > longestTimeline) workflow.timeline.splice(longestTimeline / 2, 1)
  state.did.moved.push({ workflow, line })
  if (isEnd(to)) {
    letGoOf(state, workflow, why.at, to)
    delete workflow.holder
    learn(state, workflow, why.at)
    if (mayClimb(state, workflow)) state.climbing.add(workflow)
  } else {
    state.live.get(to)!.add(workflow)
  }
  announce(state, workflow, why.at)
}

/** What it held is free again; where ends are what counts, this is one. */
export const letGoOf = (state: State, workflow: Workflow, at: number, as?: End): void => {
  for (const key of workflow.heldKeys) release(state, key, workflow.id, { at, ...(as ? { as } : {}) })
  workflow.heldKeys = []
}

/** Puts a workflow to wait: in the line of a key, until a time, or behind a stop (neither). */
export const wait = (state: State, workflow: Workflow, why: Why & { until?: number; key?: string }): void => {
  move(state, workflow, 'waiting', why)
  workflow.wait = { ...(why.until === undefined ? {} : { until: why.until }), ...(why.key === undefined ? {} : { key: why.key }) }
  if (why.key !== undefined) counterOf(state, why.key).line.push(workflow.id)
}

const leaveLine = (state: State, workflow: Workflow): void => {
  const key = workflow.wait?.key
  delete workflow.wait
  if (key === undefined) return
  const line = state.counters.get(key)?.line
  const place = line?.indexOf(workflow.id) ?? -1
  if (place >= 0) line!.splice(place, 1)
}

const quiet: readonly WorkflowState[] = ['planning', 'ready', 'waiting', 'completed', 'rehearsed', 'obsolete', 'cancelled', 'stopping']
const calls: readonly WorkflowState[] = ['asking', 'unproven', 'failed', 'refused', 'expired']

/** People hear of what asks them or went wrong, unless something else is tried next; of what runs once it changed something, to its end. */
const announce = (state: State, workflow: Workflow, at: number): void => {
  const key = `workflow:${workflow.id}`
  if (calls.includes(workflow.state) && !state.climbing.has(workflow)) {
    tell(state, { key, about: { kind: 'workflow', workflow: workflow.id }, urgency: 'page', channel: workflow.channel }, at)
  } else if (state.notices.has(key) || !quiet.includes(workflow.state)) {
    if (workflow.state === 'running' && !changesSomething(workflow)) return
    if (workflow.state === 'verifying' && !state.notices.has(key)) return
    if (workflow.state === 'healed' && !state.notices.has(key)) return
    tell(state, { key, about: { kind: 'workflow', workflow: workflow.id }, urgency: 'info', channel: workflow.channel }, at)
  }
}

const changesSomething = (workflow: Workflow): boolean => workflow.manifest.some((step) => step.effect !== 'read')
