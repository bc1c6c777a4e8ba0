/** The thread that makes one snapshot: from the last one on it folds the log, writes what came of it, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { entryCodec, type Entry } from '../core/entry.ts'
import { evolve } from '../core/evolve.ts'
import { snapshotForm, snapshotLines } from '../core/snapshot.ts'
import { kafkaStreams } from '../log/kafka.ts'
import type { Position, Recorded } from '../log/log.ts'
import { writeSnapshot, type SnapshotHead } from '../log/snapshot-file.ts'
import { readSqlite } from '../log/sqlite-reader.ts'
import { loadState, type FromSnapshotWorker, type SnapshotOrder } from './snapshots.ts'

/** Longer than reading anything takes: what hangs is ended, and begun again when the next one is due. */
const readWithinMs = 600_000

const say = (message: FromSnapshotWorker): void => parentPort!.postMessage(message)
const problem = (text: string): void => say({ kind: 'problem', text: `no snapshot was made: ${text}` })

const { source, folder, until } = workerData as SnapshotOrder
try {
  const state = await loadState(folder, (text) => say({ kind: 'problem', text }))
  for await (const batch of entries(state.position)) {
    for (const recorded of batch) evolve(state, recorded)
    if (state.position >= until) break
  }
  const head: SnapshotHead = { form: snapshotForm, foldVersion: state.foldVersion, position: state.position, at: state.at }
  say({ kind: 'written', position: state.position, digest: await writeSnapshot(folder, head, snapshotLines(state)) })
} catch (error) {
  problem(error instanceof Error ? error.message : String(error))
}

async function* entries(from: Position): AsyncGenerator<readonly Recorded<Entry>[], void, void> {
  if (from >= until) return
  if (source.kind === 'sqlite') return yield* readSqlite(source.path, entryCodec, { from, until })
  const { brokers, prefix, security } = source
  const streams = kafkaStreams<Entry, Entry>({ brokers, prefix, security: () => security, log: entryCodec, control: entryCodec, notify: () => {} })
  try {
    for await (const batch of streams.log.follow(from, AbortSignal.timeout(readWithinMs))) if (batch !== 'caught up') yield batch
  } finally {
    await streams.close()
  }
}
