/** Tells people where there is no Slack: on stderr, and so in the log of the process. */
import type { Fact } from '../core/entry.ts'
import type { Seat } from '../core/seat.ts'
import type { Notice, State } from '../core/state.ts'
import { inFlight } from '../follow/in-flight.ts'
import { sendingsDue, stderr } from './due.ts'
import { renderText } from './render.ts'
import { viewOf, type Seen } from './view.ts'

export interface PlainOptions {
  readonly state: State
  readonly seat: () => Seat
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly tell: (text: string) => void
  readonly onProblem: (problem: unknown) => void
  readonly runners?: () => Seen['runners']
  readonly remindAfterMs?: number
  /** Steady, in milliseconds. */
  readonly now?: () => number
}

/** A line cannot be changed in place: what changes is told again, gathered for this long. */
const gatherMs = 1000
const lookEveryMs = 50

export const createPlainNotifier = (options: PlainOptions) => {
  const { state, remindAfterMs = 900_000, now = () => performance.now() } = options
  let lookedAt = -Infinity
  const busy = inFlight(options)
  const settings = { channel: stderr, gatherMs, remindAfterMs, announce: 'start' } as const
  return (): void => {
    if (now() - lookedAt < lookEveryMs) return
    lookedAt = now()
    const { sendings } = sendingsDue(state, options.seat(), settings)
    for (const { notice, how } of busy.idle(sendings, ({ notice: { key } }) => key)) {
      options.tell(plainText(state, notice, { now: options.seat().now, runners: options.runners?.() ?? [] }))
      busy.append([notice.key], [{
        kind: 'message sent', notice: notice.key, revision: notice.revision, channel: stderr, ts: stderr, ...(notice.urgency === 'page' && how !== 'update' ? { rang: true } : {}),
      }])
    }
  }
}

const plainText = (state: State, notice: Notice, seen: Omit<Seen, 'state'> = { now: state.at, runners: [] }): string =>
  renderText(viewOf({ state, ...seen }, notice))
