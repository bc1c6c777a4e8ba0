/**
 * The way of a stop: the latch first, then a file that is fsynced, then the control stream, then the log, which is the
 * record. Each of them is enough to keep it in force; a stop that is not on the log yet is put there as soon as that works.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import type { Fact, StopOrder } from '../core/entry.ts'
import type { State } from '../core/state.ts'
import type { Actor } from './follower.ts'
import { inFlight, type InFlightOptions } from './in-flight.ts'

export interface StoppingOptions extends InFlightOptions {
  readonly state: State
  readonly file: string
  readonly trip: (stop: StopOrder) => void
  readonly unrecorded: () => readonly StopOrder[]
  readonly sendOnControl: (stop: StopOrder) => Promise<unknown>
  readonly append: (facts: readonly Fact[], options?: { deadlineMs?: number }) => Promise<number>
}

/** How long whoever pulls a stop waits to hear that it is on the log. */
const durableWithinMs = 2000

export const createStopping = (options: StoppingOptions) => {
  const busy = inFlight(options)
  for (const stop of readStops(options.file)) options.trip(stop)

  const keep = (): void => writeStops(options.file, options.unrecorded())

  const record: Actor = () => {
    const waiting = options.unrecorded()
    if (waiting.length === 0 && !kept) return
    for (const stop of busy.idle(waiting, ({ id }) => id)) busy.append([stop.id], [{ kind: 'stop pulled', stop }])
    if (waiting.length === 0) keep()
    kept = waiting.length > 0
  }
  let kept = true

  return {
    record,
    /** Trips the latch before anything else. `durable`: whether it is on the log already. */
    pull: async (stop: StopOrder): Promise<{ id: string; durable: boolean }> => {
      options.trip(stop)
      keep()
      kept = true
      options.sendOnControl(stop).catch(options.onProblem)
      busy.append([stop.id], [{ kind: 'stop pulled', stop }])
      const durable = await until(() => options.state.stops.has(stop.id), durableWithinMs)
      return { id: stop.id, durable }
    },
  }
}
export type Stopping = ReturnType<typeof createStopping>

/** Polls `check` until it is true or the time is up. */
export const until = async (check: () => boolean, withinMs: number, everyMs = 5): Promise<boolean> => {
  const over = performance.now() + withinMs
  while (!check()) {
    if (performance.now() > over) return false
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  return true
}

const readStops = (file: string): StopOrder[] => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as StopOrder)
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return []
    // A file of stops that cannot be read is a stop of everything: nobody knows what it would have covered.
    return [{ id: 'ffffffff-ffff-7fff-bfff-ffffffffffff', matchers: [], effect: 'kill', who: 'paramedic', why: `${file} cannot be read; delete it and lift this stop` }]
  }
}

const writeStops = (file: string, stops: readonly StopOrder[]): void => {
  const handle = openSync(`${file}.new`, 'w', 0o600)
  writeSync(handle, stops.map((stop) => `${JSON.stringify(stop)}\n`).join(''))
  fsyncSync(handle)
  closeSync(handle)
  renameSync(`${file}.new`, file)
}
