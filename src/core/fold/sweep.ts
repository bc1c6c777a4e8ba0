/**
 * What is over is forgotten (protocol rule 25), so that the state is as large as what is open and what may still be asked
 * for. By log time alone, hence at the same entry on every server. docs/operations.md says how long what is kept.
 */
import { lookAgain, takeOverdue } from '../expiries.ts'
import { awaited } from '../heartbeats.ts'
import type { Notice } from '../notice.ts'
import type { Kept, State } from '../state.ts'
import { isEnd } from '../workflow.ts'
import { stopsFiring } from './episodes.ts'
import { forgetNotice } from './notices.ts'
import { untilWatched } from './suspensions.ts'

interface Rule {
  /** Until when it is needed as things stand, by log time; Infinity while it is open, undefined where it is gone already. */
  until(state: State, id: string): number | undefined
  forget(state: State, id: string): void
}

export const sweep = (state: State): void => {
  for (const [kept, id] of takeOverdue(state)) {
    const { until, forget } = rules[kept]
    const end = until(state, id)
    if (end === undefined) continue
    if (end <= state.at) forget(state, id)
    else lookAgain(state, kept, id, Math.min(end, state.at + state.rememberMs))
  }
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** A catalogue can be put back in force for so long after it last was. */
const catalogueMs = 30 * dayMs

const rules: Readonly<Record<Kept, Rule>> = {
  episode: { until: untilEpisode, forget: forgetEpisode },
  workflow: { until: untilWorkflow, forget: forgetWorkflow },
  notice: { until: untilNotice, forget: forgetNotice },
  counter: { until: untilCounter, forget: (state, key) => void state.counters.delete(key) },
  key: { until: ({ keys }, key) => plus(keys.get(key)?.at, dayMs), forget: (state, key) => void state.keys.delete(key) },
  stop: { until: untilStop, forget: forgetStop },
  process: { until: ({ processes }, id) => plus(processes.get(id)?.lostAt, hourMs), forget: (state, id) => void state.processes.delete(id) },
  watched: { until: untilWatched, forget: (state, key) => void state.watched.delete(key) },
  heartbeat: { until: untilHeartbeat, forget: (state, route) => void state.heartbeats.delete(route) },
  announcement: { until: ({ announcing }, id) => plus(announcing.get(id)?.at, hourMs), forget: (state, id) => void state.announcing.delete(id) },
  catalogue: { until: untilCatalogue, forget: (state, digest) => void state.catalogues.delete(digest) },
}

const plus = (at: number | undefined, ms: number): number | undefined => (at === undefined ? undefined : at + ms)

/** A tombstone, as long as it may be sent again; with it goes the workflow that answered it. */
function untilEpisode(state: State, id: string): number | undefined {
  const episode = state.episodes.get(id)
  if (!episode) return undefined
  if (!episode.answer) return Infinity
  const workflow = 'workflow' in episode.answer ? episode.answer.workflow : undefined
  return Math.max(episode.lastAt + state.rememberMs, (workflow === undefined ? undefined : untilWorkflow(state, workflow)) ?? 0)
}

function forgetEpisode(state: State, id: string): void {
  const episode = state.episodes.get(id)!
  stopsFiring(state, episode)
  state.episodes.delete(id)
  state.did.forgotten.episodes.push(episode)
  const workflow = episode.answer && 'workflow' in episode.answer ? state.workflows.get(episode.answer.workflow) : undefined
  if (!workflow) return
  episode.ended = workflow.state
  forgetWorkflow(state, workflow.id)
}

function untilWorkflow(state: State, id: string): number | undefined {
  const workflow = state.workflows.get(id)
  if (!workflow) return undefined
  const own = isEnd(workflow.state) && !isUntold(state, `workflow:${id}`) ? workflow.since + state.rememberMs : Infinity
  return Math.max(own, (workflow.next === undefined ? undefined : untilWorkflow(state, workflow.next)) ?? 0)
}

function forgetWorkflow(state: State, id: string): void {
  const workflow = state.workflows.get(id)!
  state.did.forgotten.workflows.push(workflow)
  state.workflows.delete(id)
  state.climbing.delete(workflow)
  if (workflow.next !== undefined && state.workflows.has(workflow.next)) forgetWorkflow(state, workflow.next)
  forgetNotice(state, `workflow:${id}`)
}

/** People were not told of it yet, or will be called for it again. */
const isUntold = (state: State, key: string): boolean => [state.noticesDue, ...state.ringing].some((some) => some.has(state.notices.get(key)!))

/** Those of workflows and stops go with them. One about alerts stays while one of those is remembered. */
function untilNotice(state: State, key: string): number | undefined {
  const notice = state.notices.get(key)
  if (!notice) return undefined
  const { about } = notice
  if (isUntold(state, key) || (about.kind === 'unknown' && about.episodes.some((id) => state.episodes.has(id)))) return Infinity
  return newestOf(notice) + state.rememberMs
}

const newestOf = ({ lastAt, sent, rung, taken }: Notice): number => Math.max(lastAt, sent?.at ?? 0, rung?.at ?? 0, taken?.at ?? 0)

/** While somebody has a share, waits, or must clear it; then as long as any window looks back. */
function untilCounter(state: State, key: string): number | undefined {
  const counter = state.counters.get(key)
  if (!counter) return undefined
  const { holders, line, latchedAt, usedAt, keptMs } = counter
  return holders.size > 0 || line.length > 0 || latchedAt !== undefined ? Infinity : usedAt + keptMs
}

/** Once it is lifted; its id stays lifted for good, because a copy of it may lie in a file or on the control stream. */
function untilStop(state: State, id: string): number | undefined {
  const stop = state.stops.get(id)
  if (!stop) return undefined
  return stop.lifted && !isUntold(state, `stop:${id}`) ? stop.lifted.at + state.rememberMs : Infinity
}

function forgetStop(state: State, id: string): void {
  state.did.forgotten.stops.push(state.stops.get(id)!)
  state.lifted.add(id)
  state.stops.delete(id)
  forgetNotice(state, `stop:${id}`)
}

/** As long as it is awaited. */
function untilHeartbeat(state: State, route: string): number | undefined {
  const heartbeat = state.heartbeats.get(route)
  if (!heartbeat) return undefined
  return awaited(state).some(({ source }) => source === route) ? Infinity : heartbeat.lastAt + Math.max(heartbeat.everyMs, state.rememberMs)
}

function untilCatalogue(state: State, digest: string): number | undefined {
  if (!state.catalogues.has(digest) || state.catalogue?.digest === digest) return undefined
  return (state.activatedBefore.get(digest) ?? 0) + catalogueMs
}

/** Where each begins its time. */
export const catalogueLooked = (state: State, digest: string): void => lookAgain(state, 'catalogue', digest, state.at + catalogueMs)
