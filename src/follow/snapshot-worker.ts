/** The thread that makes one snapshot: from the last one on it folds the log, writes what came of it, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { entryCodec, type Entry } from '../core/entry.ts'
import { evolve } from '../core/evolve.ts'
import { snapshotForm, snapshotLines } from '../core/snapshot.ts'
import type { Position, Recorded } from '../log/log.ts'
import { readSqlite } from '../log/sqlite-reader.ts'
import { folderStore, streamStore, type SnapshotStore } from './snapshot-store.ts'
import { loadState, type FromSnapshotWorker, type SnapshotOrder } from './snapshots.ts'

/** Longer than reading anything takes: what hangs is ended, and begun again when the next one is due. */
const readWithinMs = 600_000

const say = (message: FromSnapshotWorker): void => parentPort!.postMessage(message)
const problem = (text: string): void => say({ kind: 'problem', text })

interface Opened {
  readonly store: SnapshotStore
  entries(from: Position): AsyncIterable<readonly Recorded<Entry>[] | 'caught up'> | Iterable<readonly Recorded<Entry>[]>
  close(): Promise<void>
}

const { place, until } = workerData as SnapshotOrder

async function open(): Promise<Opened> {
  if (place.kind === 'sqlite') {
    const { folder, path } = place
    return { store: folderStore(folder, problem), entries: (from) => readSqlite(path, entryCodec, { from, until }), close: async () => {} }
  }
  const { kafkaStreams } = await import('../log/kafka.ts')
  const { brokers, prefix, security } = place
  const { log, snapshots, close } = kafkaStreams<Entry, Entry>({ brokers, prefix, security: () => security, log: entryCodec, control: entryCodec, notify: () => {} })
  return { store: streamStore(snapshots, problem), entries: (from) => log.follow(from, AbortSignal.timeout(readWithinMs)), close }
}

async function make({ store, entries }: Opened): Promise<void> {
  const state = await loadState(store)
  if (state.position < until) {
    for await (const batch of entries(state.position)) {
      if (batch === 'caught up') continue
      for (const recorded of batch) evolve(state, recorded)
      if (state.position >= until) break
    }
  }
  const { position, at, foldVersion } = state
  say({ kind: 'written', position, digest: await store.write({ form: snapshotForm, foldVersion, position, at }, snapshotLines(state)) })
}

const opened = await open()
await make(opened)
  .catch((error: unknown) => problem(`no snapshot was made: ${error instanceof Error ? error.message : String(error)}`))
  .finally(() => opened.close())
