/**
 * The way of a stop: the latch first, then a file that is fsynced, then at once the control stream, the others over HTTP,
 * and the log, which is the record. Each of them is enough to keep it in force. By level, not once: a stop that this process knows of and has not
 * read back from a stream is put there, again and again, until it is there or lifted (protocol rule 20).
 */
import type { Fact, StopOrder } from '../core/entry.ts'
import type { State } from '../core/state.ts'
import { until, type Clock } from '../log/clock.ts'
import type { Actor } from './follower.ts'
import { inFlight, type InFlightOptions } from './in-flight.ts'
import { readStops, writeStops, type StopFile } from './stop-file.ts'

export interface StoppingOptions extends InFlightOptions {
  readonly state: State
  readonly clock: Clock
  readonly file: StopFile
  readonly newId: () => string
  readonly trip: (stop: StopOrder) => void
  readonly inForce: () => readonly StopOrder[]
  /** Those in force that the log does not have. */
  readonly unrecorded: () => readonly StopOrder[]
  /** Those in force that were not read from the control stream. */
  readonly unheard: () => readonly StopOrder[]
  readonly sendOnControl: (stop: StopOrder) => Promise<unknown>
  readonly sendToPeers: (stop: StopOrder) => void
  readonly append: (facts: readonly Fact[], options?: { deadlineMs?: number }) => Promise<number>
}

export interface Pulled {
  readonly id: string
  /** Whether it is on the log already. */
  readonly durable: boolean
  /** Why the file does not hold it either: it is in force, and a restart would forget it. */
  readonly unkept?: string
  /** What else whoever pulled it should know. */
  readonly note?: string
}

/** How long whoever pulls a stop waits to hear that it is on the log: a stop is answered within a second, whatever else goes on. */
const durableWithinMs = 800
/** How long a stop that was sent on the control stream may take to come back before it is sent again. */
const heardWithinMs = 1000

export const createStopping = (options: StoppingOptions) => {
  const busy = inFlight(options)
  for (const stop of readStops(options.file, options.newId)) options.trip(stop)
  let kept: string | undefined
  let unkept: string | undefined

  /**
   * The file holds all that are in force: a log that was restored has forgotten them, and is told again. A full disk keeps nothing
   * from being stopped here and elsewhere: it is said once, and tried again at each turn.
   */
  const keep = (): void => {
    const stops = options.inForce()
    const ids = stops.map(({ id }) => id).join()
    if (ids === kept) return
    try {
      writeStops(options.file, stops)
      kept = ids
      unkept = undefined
    } catch (problem) {
      if (unkept === undefined) options.onProblem(problem)
      unkept = problem instanceof Error ? problem.message : String(problem)
    }
  }

  const spread = (): void => {
    for (const stop of busy.idle(options.unrecorded(), ({ id }) => id)) busy.append([stop.id], [{ kind: 'stop pulled', stop }])
    for (const stop of busy.idle(options.unheard(), onControl)) busy.during([onControl(stop)], () => send(stop))
  }

  const send = async (stop: StopOrder): Promise<void> => {
    const heard = new Promise<void>((resolve) => void options.clock.after(heardWithinMs, resolve))
    options.sendOnControl(stop).catch(options.onProblem)
    await heard
  }

  return {
    record: (() => {
      keep()
      spread()
    }) satisfies Actor,
    /** What another process passed on: in force here when this returns, and sent to the streams by level. */
    obey: (stop: StopOrder): Pulled => {
      options.trip(stop)
      keep()
      return { id: stop.id, durable: options.state.stops.has(stop.id), ...(unkept === undefined ? {} : { unkept }) }
    },
    /** Trips the latch before anything else. */
    pull: async (asked: StopOrder): Promise<Pulled> => {
      const wide = options.inForce().length >= mostScopes
      const stop = wide ? { ...asked, matchers: [] } : asked
      const note = wide ? { note: `${mostScopes} stops are in force: this one is of everything. Lift those that are over.` } : {}
      const same = sameStop(options.inForce(), stop)
      if (same) return { id: same.id, durable: options.state.stops.has(same.id), ...note }
      options.trip(stop)
      keep()
      options.sendToPeers(stop)
      spread()
      const durable = await until(options.clock, () => options.state.stops.has(stop.id), durableWithinMs)
      return { id: stop.id, durable, ...(durable || unkept === undefined ? {} : { unkept }), ...note }
    },
  }
}
export type Stopping = ReturnType<typeof createStopping>

/** A script that pulls the same stop in a loop is answered with one that stands: no stop is ever refused. */
const mostStops = 200
const sameStop = (inForce: readonly StopOrder[], { effect, matchers }: StopOrder): StopOrder | undefined =>
  inForce.length < mostStops ? undefined : inForce.find((one) => one.effect === effect && one.matchers.join('\n') === matchers.join('\n'))

/** Beyond so many scopes nobody knows what is stopped: the next one is of everything. None is refused, and what is kept has an end. */
const mostScopes = 1000

const onControl = ({ id }: StopOrder): string => `control ${id}`
