/**
 * The latch: every stop that this process knows of, however it came (control stream, HTTP, file, log), and that is not
 * lifted on the log. Tripping it is the first thing that a stop does; nothing starts behind it.
 */
import { covers } from '../core/fold/stops.ts'
import type { StopOrder } from '../core/entry.ts'
import { parseMatchers } from '../core/matcher.ts'
import type { State, Stop, Workflow } from '../core/state.ts'

type Latched = StopOrder & Pick<Stop, 'compiled'>

export const createLatch = (state: State) => {
  const tripped = new Map<string, Latched>()
  const listeners: ((stop: StopOrder) => void)[] = []

  const lifted = (id: string): boolean => state.liftedEarly.has(id) || state.stops.get(id)?.lifted !== undefined

  return {
    /** Idempotent. A stop that was lifted before it came stays lifted. */
    trip: (stop: StopOrder): void => {
      if (tripped.has(stop.id) || lifted(stop.id)) return
      tripped.set(stop.id, { ...stop, compiled: parseMatchers(stop.matchers) })
      for (const listener of listeners) listener(stop)
    },
    onTrip: (listener: (stop: StopOrder) => void): void => void listeners.push(listener),
    covers: (workflow: Pick<Workflow, 'labels' | 'runbook' | 'targets'>): boolean => {
      for (const [id, stop] of tripped) {
        if (lifted(id)) tripped.delete(id)
        else if (covers(stop, workflow)) return true
      }
      return false
    },
    /** Those that the log does not know yet. */
    unrecorded: (): StopOrder[] => [...tripped.values()].filter((stop) => !state.stops.has(stop.id) && !lifted(stop.id)),
  }
}
export type Latch = ReturnType<typeof createLatch>
