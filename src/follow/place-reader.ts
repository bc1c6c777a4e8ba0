/** A log and its snapshots, opened by a thread that folds history on its own. */
import { entryCodec, type Entry } from '../core/entry.ts'
import type { Position, Recorded } from '../log/log.ts'
import { readSqlite } from '../log/sqlite-reader.ts'
import { folderStore, streamStore, type SnapshotPlace, type SnapshotStore } from './snapshot-store.ts'

/** Longer than reading anything takes: what hangs is ended, and begun again when it is due. */
const readWithinMs = 600_000

export interface Opened {
  readonly store: SnapshotStore
  /** From `from` up to `until`, which must be on the log already, and maybe further. */
  entries(from: Position, until: Position): AsyncIterable<readonly Recorded<Entry>[] | 'caught up'> | Iterable<readonly Recorded<Entry>[]>
  close(): Promise<void>
}

export async function openPlace(place: SnapshotPlace, problem: (text: string) => void): Promise<Opened> {
  if (place.kind === 'sqlite') {
    const { folder, path } = place
    return { store: folderStore(folder, problem), entries: (from, until) => readSqlite(path, entryCodec, { from, until }), close: async () => {} }
  }
  const { kafkaStreams } = await import('../log/kafka.ts')
  const { brokers, prefix, security } = place
  const { log, snapshots, close } = kafkaStreams<Entry, Entry>({ brokers, prefix, security: () => security, log: entryCodec, control: entryCodec, notify: () => {} })
  return { store: streamStore(snapshots, problem), entries: (from) => log.follow(from, AbortSignal.timeout(readWithinMs)), close }
}
