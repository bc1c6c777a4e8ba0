/** Tells people where there is no Slack: on stderr, and so in the log of the process. */
import type { Fact } from '../core/entry.ts'
import { inFlight } from '../follow/in-flight.ts'
import { sendingsDue, stderr } from './due.ts'
import { look, type Sight } from './look.ts'
import { renderText } from './render.ts'

export interface PlainOptions extends Sight {
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly tell: (text: string) => void
  readonly onProblem: (problem: unknown) => void
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
      const sent: Fact = { kind: 'message sent', notice: notice.key, revision: notice.revision, channel: stderr, ts: stderr, ...(notice.urgency === 'page' && how !== 'update' ? { rang: true } : {}) }
      busy.during([notice.key], async () => {
        options.tell(renderText(await look(options, notice)))
        await options.folded(await options.append([sent]))
      })
    }
  }
}
