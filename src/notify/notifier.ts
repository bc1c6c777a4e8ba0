/**
 * The actor that tells people through Slack: sees what is due, sends one thing a channel at a time, appends what was
 * sent. What cannot be sent stays due. Where Slack refuses, people are told on stderr meanwhile.
 */
import type { Fact } from '../core/entry.ts'
import type { Notice } from '../core/notice.ts'
import type { Actor } from '../follow/follower.ts'
import { inFlight } from '../follow/in-flight.ts'
import { realClock, type Clock } from '../log/clock.ts'
import type { Message } from './blocks.ts'
import { firstOf, sendingsDue, type DueSettings, type Sending } from './due.ts'
import { look, seenBy, type Sight } from './look.ts'
import type { Outcome } from './outcome.ts'
import { cardOf, render, renderAgain, renderText } from './render.ts'
import type { SlackEdge } from './slack.ts'
import { slackText } from './text.ts'
import { viewOf } from './view.ts'

export interface NotifierOptions extends Sight {
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly edge: SlackEdge
  readonly settings: DueSettings & { readonly fallbackChannel?: string }
  /** Stderr, where Slack refuses. */
  readonly tell: (text: string) => void
  readonly onProblem: (problem: unknown) => void
  /** Steady, in milliseconds. */
  readonly now?: () => number
  readonly after?: Clock['after']
}

/** Looking costs a walk over what waits: not after every batch of a flood. */
const lookEveryMs = 200
const againMs = 5000

export const createSlackNotifier = (options: NotifierOptions): Actor => {
  const { state, settings, now = () => performance.now() } = options
  const busy = inFlight(options)
  /** Sent, and not on the log yet: only the record is repeated, never the message. */
  const unrecorded = new Map<string, Fact[]>()
  const notBefore = new Map<string, number>()
  const toldHere = new Map<string, number>()
  let lookedAt = -Infinity

  const record = async (channel: string, facts: Fact[]): Promise<void> => {
    if (facts.length === 0) return
    unrecorded.set(channel, facts)
    await options.folded(await options.append(facts))
    unrecorded.delete(channel)
  }

  const wait = (key: string, ms: number): void => {
    if (notBefore.size > 2000) for (const [one, until] of notBefore) if (until < now()) notBefore.delete(one)
    notBefore.set(key, now() + ms)
  }

  const work = async (channel: string, next: Sending | readonly Sending[]): Promise<void> => {
    const sendings = 'how' in next ? [next] : next
    try {
      const { outcome, facts } = await send(sendings, options)
      if (outcome.outcome === 'sent') return await record(channel, facts)
      const waitMs = outcome.outcome === 'later' ? outcome.afterMs : againMs
      wait(channel, Math.min(waitMs, 60_000))
      // What comes next gets its turn first: one message that Slack chokes on must not keep all others.
      if (sendings.length === 1) wait(sendings[0]!.notice.key, Math.min(waitMs + againMs, 120_000))
      if (outcome.outcome === 'refused') tellHere(sendings, outcome.error)
    } catch (problem) {
      wait(channel, againMs)
      throw problem
    }
  }

  /** On stderr, once for what each of them says. */
  const tellHere = (sendings: readonly Sending[], error: string): void => {
    if (toldHere.size > 10_000) toldHere.clear()
    for (const { notice } of sendings) {
      if (toldHere.get(notice.key) === notice.revision) continue
      toldHere.set(notice.key, notice.revision)
      options.tell(`Slack refuses (${error}); it stays due: ${renderText(viewOf(seenBy(options), notice))}`)
    }
  }

  return () => {
    if (now() - lookedAt < lookEveryMs) return
    lookedAt = now()
    for (const [channel, facts] of unrecorded) {
      if (!busy.has(channel) && open(channel)) busy.during([channel], () => record(channel, facts).catch((problem: unknown) => (wait(channel, againMs), options.onProblem(problem))))
    }
    const { sendings, silent } = sendingsDue(state, options.seat(), settings)
    for (const notice of busy.idle(silent, quiet)) {
      busy.append([quiet(notice)], [{ kind: 'message sent', notice: notice.key, revision: notice.revision, channel: '', ts: '' }])
    }
    const ready = sendings.filter(({ channel }) => open(channel) && !busy.has(channel) && !unrecorded.has(channel))
    for (const [channel, waiting] of Map.groupBy(ready, (sending) => sending.channel)) {
      const others = waiting.filter(({ notice }) => open(notice.key))
      const next = firstOf(others.length > 0 ? others : waiting)
      if (next) busy.during([channel], () => work(channel, next))
    }
  }

  function open(key: string): boolean {
    return (notBefore.get(key) ?? -Infinity) <= now()
  }
}

const quiet = ({ key }: Notice): string => `silent ${key}`

/** At most this many in one digest; the entry that records them stays small. */
const mostTogether = 500

interface Sent {
  readonly outcome: Outcome
  readonly facts: Fact[]
}

const send = async (sendings: readonly Sending[], options: NotifierOptions): Promise<Sent> => {
  const [only] = sendings
  if (sendings.length === 1 && only) return sendOne(only, options)
  const together = sendings.slice(0, mostTogether)
  const revisions = together.map(({ notice }) => notice.revision)
  const message = render({ kind: 'digest', views: together.map(({ notice }) => viewOf(seenBy(options), notice)) })
  const outcome = await post(only!.channel, message, options)
  if (outcome.outcome !== 'sent') return { outcome, facts: [] }
  const { channel } = outcome
  const facts = together.map(({ notice, how }, index): Fact => {
    // Those that have a message of their own keep it; the others get one when there is more to say.
    const kept = how === 'again' ? notice.sent : undefined
    return { kind: 'message sent', notice: notice.key, revision: kept?.revision ?? revisions[index]!, channel: kept?.channel ?? channel, ts: kept?.ts ?? '', rang: true }
  })
  return { outcome, facts }
}

const sendOne = async ({ notice, how, channel }: Sending, options: NotifierOptions): Promise<Sent> => {
  const { key, revision, sent } = notice
  const view = await look(options, notice)
  const fact = (at: { channel: string; ts: string }, more: { revision?: number; rang?: true }): Fact =>
    ({ kind: 'message sent', notice: key, revision, channel: at.channel, ts: at.ts, ...more })
  const waitedMs = waited(notice, options)
  if (how !== 'post' && sent && sent.ts !== '') {
    const message = how === 'update' ? render(view) : renderAgain(view, waitedMs)
    const speak = (one: Message): Promise<Outcome> =>
      how === 'update' ? options.edge.update(channel, sent.ts, one) : options.edge.post(channel, one, { ts: sent.ts, broadcast: true })
    const outcome = await orPlain(speak, message, cardOf(view).line, options)
    if (outcome.outcome === 'sent') return { outcome, facts: [fact(sent, how === 'update' ? {} : { revision: sent.revision, rang: true })] }
    // The message is gone, or its channel: it is told anew, where people can be reached.
    if (outcome.outcome !== 'refused' || (outcome.about !== 'gone' && outcome.about !== 'channel')) return { outcome, facts: [] }
  }
  const message = notice.rung ? renderAgain(view, waitedMs) : render(view)
  const outcome = await orPlain((one) => atPace(() => post(notice.channel ?? options.settings.channel, one, options), options), message, cardOf(view).line, options)
  return { outcome, facts: outcome.outcome === 'sent' ? [fact(outcome, notice.urgency === 'page' ? { rang: true } : {})] : [] }
}

/** Since people were called first: each call before the last was at least as long before the next as it is due. */
const waited = ({ rung }: Sending['notice'], { seat, settings }: NotifierOptions): number =>
  (rung === undefined ? 0 : seat().now - rung.at + settings.remindAfterMs * (2 ** (rung.times - 1) - 1))

/** The route's own channel, the one for all, and the one for when that cannot be reached. */
const post = (channel: string, message: Message, { edge, settings }: NotifierOptions): Promise<Outcome> =>
  edge.postFirst([channel, settings.channel, ...(settings.fallbackChannel === undefined ? [] : [settings.fallbackChannel])], message)

/** The refused call counted for the pace of its channel. */
const longestPaceMs = 2000

/** What Slack will not take as blocks it may take as a line. */
const orPlain = async (speak: (message: Message) => Promise<Outcome>, message: Message, line: string, options: NotifierOptions): Promise<Outcome> => {
  const outcome = await speak(message)
  if (outcome.outcome !== 'refused' || outcome.about !== 'message') return outcome
  return atPace(() => speak({ text: slackText(line, { limit: 2000 }), blocks: [] }), options)
}

/** After a call that was refused another one is made, when its channel may be spoken in again. */
const atPace = async (speak: () => Promise<Outcome>, { after = realClock.after }: NotifierOptions): Promise<Outcome> => {
  const outcome = await speak()
  if (outcome.outcome !== 'later' || outcome.afterMs > longestPaceMs) return outcome
  await new Promise<void>((go) => void after(outcome.afterMs, go))
  return speak()
}
