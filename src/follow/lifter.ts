/** Lifts pauses whose time is over, and ends what a stop held for too long. */
import type { Fact } from '../core/entry.ts'
import { formatDuration } from '../core/duration.ts'
import { liftsDue, staleDue } from '../core/lifting.ts'
import type { Seat } from '../core/seat.ts'
import type { State } from '../core/state.ts'
import type { Actor } from './follower.ts'
import { inFlight, type InFlightOptions } from './in-flight.ts'

export interface LifterOptions extends InFlightOptions {
  readonly state: State
  readonly seat: () => Seat
  /** A day, unless it is said. */
  readonly staleAfterMs: number | undefined
}

export const createLifter = ({ state, seat, staleAfterMs = 86_400_000, ...options }: LifterOptions): Actor => {
  const busy = inFlight(options)
  return () => {
    const now = seat()
    const facts: Fact[] = [
      ...liftsDue(state, now).map(({ id, forMs }) => ({ kind: 'stop lifted', stop: id, who: 'paramedic', why: `its ${formatDuration(forMs!)} are over` }) as const),
      ...staleDue(state, now, staleAfterMs).map(({ id, turn }) => ({ kind: 'ended', workflow: id, turn, state: 'expired', reason: 'expired', detail: `a stop held it for more than ${formatDuration(staleAfterMs)}` }) as const),
    ]
    for (const fact of busy.idle(facts, keyOf)) busy.append([keyOf(fact)], [fact])
  }
}

const keyOf = (fact: Fact): string => ('stop' in fact ? String(fact.stop) : 'workflow' in fact ? fact.workflow : '')
