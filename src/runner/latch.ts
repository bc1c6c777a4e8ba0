/**
 * The latch: every stop that this process knows of, however it came (control stream, HTTP, file, log), and that is not
 * lifted on the log. Tripping it is the first thing that a stop does; nothing starts behind it.
 */
import { compiledOf, covers, isLifted, type Coverable } from '../core/fold/stops.ts'
import type { StopOrder } from '../core/entry.ts'
import type { State, Stop } from '../core/state.ts'

type Latched = StopOrder & Pick<Stop, 'compiled'>

export const createLatch = (state: State) => {
  const tripped = new Map<string, Latched>()
  const heard = new Set<string>()
  const listeners: ((stop: StopOrder) => void)[] = []

  const lifted = (id: string): boolean => isLifted(state, id)

  const inForce = (): Latched[] => {
    for (const id of tripped.keys()) if (lifted(id)) tripped.delete(id)
    return [...tripped.values()]
  }

  const trip = (stop: StopOrder): void => {
    if (tripped.has(stop.id) || lifted(stop.id)) return
    tripped.set(stop.id, { ...stop, compiled: compiledOf(stop) })
    for (const listener of listeners) listener(stop)
  }

  return {
    /** Idempotent. A stop that was lifted before it came stays lifted. */
    trip,
    /** It came by the control stream, where every other process reads it too. */
    hear: (stop: StopOrder): void => {
      if (!lifted(stop.id)) heard.add(stop.id)
      trip(stop)
    },
    onTrip: (listener: (stop: StopOrder) => void): void => void listeners.push(listener),
    covers: (workflow: Coverable): boolean => tripped.size > 0 && inForce().some((stop) => covers(stop, workflow)),
    inForce: (): StopOrder[] => inForce().map(orderOf),
    /** Whether one covers it that the log does not know yet, and so does not count against it. */
    coversUnknown: (workflow: Coverable): boolean => tripped.size > 0 && inForce().some((stop) => !state.stops.has(stop.id) && covers(stop, workflow)),
    /** Those that the log does not know yet. */
    unrecorded: (): StopOrder[] => (tripped.size === 0 ? [] : inForce().filter((stop) => !state.stops.has(stop.id)).map(orderOf)),
    /** Those that the control stream has not brought. */
    unheard: (): StopOrder[] => {
      for (const id of heard) if (lifted(id)) heard.delete(id)
      return tripped.size === 0 ? [] : inForce().filter((stop) => !heard.has(stop.id)).map(orderOf)
    },
  }
}
export type Latch = ReturnType<typeof createLatch>

const orderOf = ({ id, matchers, effect, forMs, who, why }: StopOrder): StopOrder => ({ id, matchers, effect, ...(forMs === undefined ? {} : { forMs }), who, why })
