/**
 * Stops that come before the log was read, which may take long where Kafka is away. They are kept in a file of their own,
 * and obeyed before anything is started.
 */
import type { StopOrder } from '../core/entry.ts'
import { readStops, writeStops, type StopFile } from './stop-file.ts'
import type { Pulled } from './stopping.ts'

const note = 'This server is still starting: nothing runs on it, and nothing will start behind this stop. The others hear of it when the log can be reached; to stop them now, call each of them.'

export const createEarlyStops = (file: StopFile, newId: () => string) => {
  /** What one kept that ended before it had read its log is as good as new. */
  const stops = readStops(file, newId)
  return {
    all: (): readonly StopOrder[] => stops,
    /** On the disk when it returns, or it says that it is not. */
    pull: (stop: StopOrder): Pulled => {
      stops.push(stop)
      try {
        writeStops(file, stops)
      } catch (problem) {
        return { id: stop.id, durable: false, note, unkept: problem instanceof Error ? problem.message : String(problem) }
      }
      return { id: stop.id, durable: false, note }
    },
    /** From here on `obey` keeps them. */
    handOver: (obey: (stop: StopOrder) => Pulled): void => {
      if (stops.length > 0 && stops.map(obey).every(({ unkept }) => unkept === undefined)) writeStops(file, [])
    },
  }
}
export type EarlyStops = ReturnType<typeof createEarlyStops>
