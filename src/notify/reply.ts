/** The answers that come after the first: by the response_url, five times within 30 minutes, then as messages of our own. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Edge, Meaning } from '../edge/edge.ts'
import type { Message } from './blocks.ts'
import type { Outcome } from './outcome.ts'

export interface ReplyOptions {
  readonly responseUrl: string
  /** Where it goes when the address is used up. */
  readonly channel: string
  readonly post: (channel: string, message: Message) => Promise<Outcome>
  /** Only these may be dialled: Slack's own, and that of a configured `slack.apiUrl`. */
  readonly origins: readonly string[]
  readonly signal: AbortSignal
  /** Every one of them goes out over it. */
  readonly over?: Edge
  /** Steady, in milliseconds. */
  readonly now?: () => number
}

const uses = 5
/** A minute less than Slack's own. */
const goodForMs = 29 * 60_000
const answerWithinMs = 10_000
const tries = 5

/** An address that is used up, or of yesterday, says so: Slack is well. */
export const replyMeaning = (error: unknown): Meaning => (error instanceof Refused ? 'answered' : 'fault')
class Refused extends Error {}

export const replier = ({ responseUrl, channel, post, origins, signal, over, now = () => performance.now() }: ReplyOptions) => {
  const began = now()
  let used = 0

  const byAddress = async (message: Message, seenByAll: boolean): Promise<boolean> => {
    if (used >= uses || now() - began > goodForMs || !origins.includes(URL.parse(responseUrl)?.origin ?? 'none')) return false
    used++
    const run = async (within: AbortSignal): Promise<void> => {
      const response = await fetch(responseUrl, {
        method: 'POST', redirect: 'error', signal: within, headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ ...message, response_type: seenByAll ? 'in_channel' : 'ephemeral', replace_original: false }),
      })
      await response.body?.cancel()
      if (!response.ok) throw new (response.status < 500 && response.status !== 429 ? Refused : Error)(`Slack answered ${response.status}`)
    }
    try {
      // What was sent may have been shown although its answer was lost: it is said once.
      if (over) await over.call({ effect: 'once', signal, deadlineMs: answerWithinMs, run: (attempt) => run(attempt.signal) })
      else await run(AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]))
      return true
    } catch {
      return false
    }
  }

  const byMessage = async (message: Message): Promise<boolean> => {
    for (let left = tries; left > 0 && !signal.aborted; left--) {
      const outcome = await post(channel, message)
      if (outcome.outcome === 'sent') return true
      if (outcome.outcome === 'refused') return false
      await sleep(Math.min(outcome.afterMs, 30_000), undefined, { signal }).catch(() => undefined)
    }
    return false
  }

  /** Whether it arrived. */
  return async (message: Message, { seenByAll = false } = {}): Promise<boolean> =>
    (await byAddress(message, seenByAll)) || (channel !== '' && (await byMessage(message)))
}
export type Reply = ReturnType<typeof replier>
