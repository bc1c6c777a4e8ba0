/** Calls people for what no runner that lives can do: after a while, since runners come and go. */
import { unserved } from '../core/serving.ts'
import { isMyTurn, type Seat } from '../core/seat.ts'
import type { State } from '../core/state.ts'
import type { Actor } from './follower.ts'
import { inFlight, type InFlightOptions } from './in-flight.ts'

export interface UnservedOptions extends InFlightOptions {
  readonly state: State
  /** Among those that decide, and among those that run. */
  readonly seat: () => Seat
  readonly runners: () => Seat
  /** How long somebody may take to come: on a log of our own nobody will, else as long as one may be silent. */
  readonly waitMs: number
}

export const createUnserved = (options: UnservedOptions): Actor => {
  const busy = inFlight(options)
  let since = new Map<string, number>()
  return () => {
    const seat = options.seat()
    const found = unserved(options.state, options.runners())
    since = new Map(found.map(({ workflow: { id } }) => [id, since.get(id) ?? seat.now]))
    for (const { workflow, reason, detail } of busy.idle(found, ({ workflow: { id, turn } }) => `${id} ${turn}`)) {
      const { id, turn } = workflow
      const dueAt = since.get(id)! + options.waitMs
      if (seat.now >= dueAt && isMyTurn(id, dueAt, seat)) busy.append([`${id} ${turn}`], [{ kind: 'ended', workflow: id, turn, state: 'failed', reason, detail }])
    }
  }
}
