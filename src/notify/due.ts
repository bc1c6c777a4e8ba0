/**
 * What is to be sent now. The outbox is the log: a notice is due until what it says was recorded as sent, so a lost
 * answer may send twice and nothing is ever lost. Pure.
 */
import { isOpen } from '../core/fold/notices.ts'
import { isMyTurn, type Seat } from '../core/seat.ts'
import type { Notice } from '../core/notice.ts'
import type { State } from '../core/state.ts'
import { proofMs } from './card-stop.ts'

export interface Sending {
  readonly notice: Notice
  /** A new message; the one there is, brought up to date; people are called (again) in its thread. */
  readonly how: 'post' | 'update' | 'again'
  /** Where to try first. */
  readonly channel: string
  /** Since when somebody could have sent it. */
  readonly since: number
}

export interface DueSettings {
  /** For notices whose route names no channel. */
  readonly channel: string
  /** Changes of one message are gathered for this long. */
  readonly gatherMs: number
  readonly remindAfterMs: number
  /** `problems`: what runs as it should is not announced. */
  readonly announce: 'start' | 'problems'
}

/** What was told in a digest has no message of its own: further changes of it wait this long. */
const digestGatherMs = 600_000

export interface Due {
  readonly sendings: readonly Sending[]
  /** Recorded as told without a message. */
  readonly silent: readonly Notice[]
}

export const sendingsDue = (state: State, seat: Seat, settings: DueSettings): Due => {
  const silent: Notice[] = []
  const found: Sending[] = []
  for (const notice of state.noticesDue) {
    if (settings.announce === 'problems' && notice.urgency === 'info' && notice.about.kind === 'workflow') silent.push(notice)
    else found.push(changed(notice, settings))
  }
  found.push(...remindersDue(state, seat.now, settings), ...proofsOverdue(state, seat.now, settings), ...reportsDue(state, seat.now, settings))
  const sendings = found.filter((one) => one.since <= seat.now && isMyChannel(one, seat)).sort(firstThingsFirst)
  return { sendings, silent: silent.filter((notice) => isMyTurn(notice.key, notice.lastAt, seat)) }
}

const changed = (notice: Notice, settings: DueSettings): Sending => {
  const { sent, urgency, rung, firstAt, lastAt } = notice
  const channel = notice.channel ?? settings.channel
  if (!sent) return { notice, how: 'post', channel, since: firstAt }
  const posted = hasMessage(notice, settings)
  // A message changed in place calls nobody: what has become urgent calls people in its thread.
  if (urgency === 'page' && !rung) return { notice, how: posted ? 'again' : 'post', channel: posted ? sent.channel : channel, since: lastAt }
  if (posted) return { notice, how: 'update', channel: sent.channel, since: sent.at + (notice.about.kind === 'stop' ? Math.min(1000, settings.gatherMs) : settings.gatherMs) }
  return { notice, how: 'post', channel, since: sent.at + digestGatherMs }
}

/** What was told in a digest, or on stderr before there was Slack, has no message that could be changed. */
const hasMessage = ({ sent }: Notice, { channel }: DueSettings): boolean =>
  sent !== undefined && sent.ts !== '' && (sent.channel !== stderr || channel === stderr)

/** The channel of those that have none. */
export const stderr = 'stderr'

/** What nobody took is told again. */
const remindersDue = (state: State, now: number, settings: DueSettings): Sending[] => {
  const due: Sending[] = []
  for (const [index, some] of state.ringing.entries()) {
    for (const notice of some) {
      const since = notice.rung!.at + settings.remindAfterMs * 2 ** index
      if (since > now) break
      if (!isOpen(state, notice)) continue
      const posted = hasMessage(notice, settings)
      due.push({ notice, how: posted ? 'again' : 'post', channel: posted ? notice.sent!.channel : (notice.channel ?? settings.channel), since })
    }
  }
  return due
}

/** A stop's message names the runners that did not answer once their time is over, though nothing new came to the log. */
const proofsOverdue = (state: State, now: number, settings: DueSettings): Sending[] => {
  const due: Sending[] = []
  for (const stop of state.inForce) {
    const notice = state.notices.get(`stop:${stop.id}`)
    const since = stop.at + proofMs
    if (!notice?.sent || !hasMessage(notice, settings) || state.noticesDue.has(notice) || notice.sent.at >= since || since > now) continue
    due.push({ notice, how: 'update', channel: notice.sent.channel ?? settings.channel, since })
  }
  return due
}

/** What a lifted stop had held is judged after that: its message says what became of it, once nothing more happens for a moment. */
const reportsDue = (state: State, now: number, settings: DueSettings): Sending[] => {
  const due: Sending[] = []
  for (const { id, held, lifted } of state.stops.values()) {
    if (lifted === undefined || held.length === 0 || now - lifted.at > reportedForMs) continue
    const notice = state.notices.get(`stop:${id}`)
    if (!notice?.sent || !hasMessage(notice, settings) || state.noticesDue.has(notice)) continue
    const since = held.reduce((last, one) => Math.max(last, state.workflows.get(one)?.since ?? 0), lifted.at) + quietMs
    if (notice.sent.at < since && since <= now) due.push({ notice, how: 'update', channel: notice.sent.channel, since })
  }
  return due
}
const reportedForMs = 3_600_000
const quietMs = 2000

/** So slow that whoever is at work at a channel, at its pace of a message a second, is not overtaken while it lives. */
const slower = 30

/** One process speaks in a channel: it keeps the pace, and sees what can be told together. */
const isMyChannel = ({ channel, since }: Sending, seat: Seat): boolean =>
  isMyTurn(`channel ${channel}`, since, { ...seat, now: since + (seat.now - since) / slower })

const weight = ({ notice, how }: Sending): number =>
  (notice.about.kind === 'stop' ? 0 : notice.urgency === 'page' ? 1 : 2) * 2 + (how === 'update' ? 1 : 0)

const firstThingsFirst = (a: Sending, b: Sending): number => weight(a) - weight(b) || a.since - b.since

/** More new messages than this wait for one channel: they are told in one. */
const tellTogetherAbove = 10

/** The first thing to do in a channel: one message, or all that wait in one. A stop is always told by itself. */
export const firstOf = (sendings: readonly Sending[]): Sending | readonly Sending[] | undefined => {
  const first = sendings[0]
  if (!first || first.notice.about.kind === 'stop') return first
  const fresh = sendings.filter(({ how, notice }) => how === 'post' && notice.about.kind !== 'stop')
  const called = sendings.filter(({ how, notice }) => how === 'again' && notice.about.kind !== 'stop')
  if (fresh.length > tellTogetherAbove) return fresh
  return called.length > tellTogetherAbove ? called : first
}
