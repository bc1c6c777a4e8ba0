/** Alerts become episodes: one firing of one alert, answered once, however often, late or twice it is told. */
import type { Alert } from '../alert.ts'
import { grant, release } from '../counter.ts'
import { lookAgain } from '../expiries.ts'
import { notificationOf, type Fact, type Received } from '../entry.ts'
import { parseInstant, unset } from '../instant.ts'
import { label, type Labels } from '../labels.ts'
import type { Take } from '../plan.ts'
import type { State } from '../state.ts'
import { isEnd, type Episode, type Workflow } from '../workflow.ts'
import { move, type Why } from './move.ts'
import { tell, tellBadAlerts, tellUnknown, touch } from './notices.ts'

export const foldReceived = (state: State, entry: Received, why: Why): void => {
  const notification = notificationOf(entry)
  state.counts.received++
  for (const alert of notification?.alerts ?? []) foldAlert(state, alert, notification!.receiver, entry.source, why)
  if (entry.problems?.length) {
    const problems = entry.problems.slice(0, 20).map(({ index, field, problem }) => `alerts[${index}].${field}: ${problem}`)
    tellBadAlerts(state, problems, why.at)
  }
}

const foldAlert = (state: State, alert: Alert, receiver: string, source: string, why: Why): void => {
  state.counts.alerts++
  const known = state.episodes.get(alert.episode)
  if (known) return alert.status === 'resolved' ? resolve(state, known, why) : toldAgain(state, known, why.at)
  const episode: Episode = {
    id: alert.episode, position: why.position, fingerprint: alert.fingerprint, startsAt: alert.startsAt, labels: alert.labels,
    annotations: alert.annotations, receiver, source, status: alert.status, firstAt: why.at, lastAt: why.at, told: 1,
  }
  state.episodes.set(episode.id, episode)
  lookAgain(state, 'episode', episode.id, why.at + state.rememberMs)
  if (alert.status === 'firing') {
    state.unanswered.set(episode.id, episode)
    grant(state, firingTake(nameOf(episode.labels)), why.at, episode.id)
  } else {
    // Resolved before it fired, or never announced: the tombstone that keeps a late firing of it from acting.
    episode.resolvedAt = why.at
    answer(state, episode, { reason: 'resolved first', detail: 'it was told of as resolved before it was told of as firing' })
  }
}

export const answer = (state: State, episode: Episode, given: NonNullable<Episode['answer']>): void => {
  episode.answer = given
  state.did.answered.push(episode)
}

/** What fires holds its name, so that others can wait for its end. */
const firingTake = (name: string): Take => ({ key: `firing:${name}`, max: Infinity, window: 'until end', policy: '', otherwise: 'wait' })

export const stopsFiring = (state: State, episode: Episode): void => release(state, firingTake(nameOf(episode.labels)).key, episode.id, state)

const toldAgain = (state: State, episode: Episode, at: number): void => {
  episode.told++
  episode.lastAt = at
  const { heartbeat: route } = episode
  const known = route === undefined ? undefined : state.heartbeats.get(route)
  if (known) beat(state, episode, { everyMs: known.everyMs, at })
}

const resolve = (state: State, episode: Episode, why: Why): void => {
  episode.lastAt = why.at
  if (episode.status === 'resolved') return
  episode.status = 'resolved'
  episode.resolvedAt = why.at
  stopsFiring(state, episode)
  if (state.unanswered.delete(episode.id)) {
    answer(state, episode, { reason: 'resolved', detail: 'it was resolved before it was matched' })
  }
  const workflow = episode.answer && 'workflow' in episode.answer ? state.workflows.get(episode.answer.workflow) : undefined
  if (!workflow) return untell(state, episode)
  if (isEnd(workflow.state)) return touch(state, `workflow:${workflow.id}`)
  const waits = workflow.state === 'planning' || workflow.state === 'ready' || workflow.state === 'asking' || workflow.state === 'waiting'
  if (waits && !workflow.started) move(state, workflow, 'obsolete', { ...why, reason: 'resolved', detail: 'the alert was resolved while this waited; nothing was run' })
}

/** Whoever was told of it as unknown sees that it is over. */
const untell = (state: State, episode: Episode): void => {
  const key = state.unknownNotice.get(nameOf(episode.labels))
  const about = key === undefined ? undefined : state.notices.get(key)?.about
  if (about?.kind === 'unknown' && about.episodes.includes(episode.id)) touch(state, key!)
}

export const foldUnmatched = (state: State, entry: Fact & { kind: 'unmatched' }, why: Why): void => {
  const told = new Map<string, string[]>()
  for (const id of entry.episodes) {
    const episode = state.unanswered.get(id)
    if (!episode) {
      moveHeartbeat(state, id, entry)
      continue // the first answer on the log counts
    }
    state.unanswered.delete(id)
    answer(state, episode, { reason: entry.reason, detail: entry.detail })
    if (entry.heartbeatMs !== undefined) {
      episode.heartbeat = entry.route
      beat(state, episode, { everyMs: entry.heartbeatMs, at: why.at })
    }
    if (entry.tell) {
      const name = nameOf(episode.labels)
      told.set(name, [...(told.get(name) ?? []), id])
    }
  }
  for (const [alertname, episodes] of told) {
    tellUnknown(state, { alertname, episodes, at: why.at, reason: entry.reason, detail: entry.detail }, entry.channel)
  }
}

/** First told of so long after it began that an answer to it may have been forgotten meanwhile. */
export const mayBeOld = (state: State, workflow: Workflow): boolean => {
  const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
  const began = episode && parseInstant(episode.startsAt)
  return began !== undefined && began !== unset && episode!.firstAt - began.ms >= state.rememberMs
}

const nameOf = (labels: Labels): string => label(labels, 'alertname') || '(no alertname)'

/** One late beat may be a restart of ours; from the second in a row it is how often they come. */
const lateInARow = 2

const beat = (state: State, { id, heartbeat: route = '' }: Episode, { everyMs, at }: { everyMs: number; at: number }): void => {
  const before = state.heartbeats.get(route)
  const late = before && !before.missed && (at - before.lastAt) * 2 > everyMs ? before.late + 1 : 0
  if (!before) lookAgain(state, 'heartbeat', route, at + state.rememberMs)
  state.heartbeats.set(route, { everyMs, episode: id, lastAt: at, missed: false, late })
  if (before?.missed) touch(state, `heartbeat:${route}:${before.lastAt}`)
  const key = `heartbeat:${route}:seldom`
  if (late < lateInARow || state.notices.has(key)) return
  tell(state, { key, about: { kind: 'heartbeat', route, lastAt: at, missing: false }, urgency: 'info', channel: undefined }, at)
}

/** Its route stands elsewhere in the catalogue now, or gives it another time: it came when it came. */
const moveHeartbeat = (state: State, id: string, { route, heartbeatMs: everyMs }: Fact & { kind: 'unmatched' }): void => {
  const episode = state.episodes.get(id)
  const known = state.heartbeats.get(episode?.heartbeat ?? '')
  if (!episode || !known || everyMs === undefined) return
  episode.heartbeat = route
  beat(state, episode, { everyMs, at: known.lastAt })
}
