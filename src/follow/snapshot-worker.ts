/** The thread that makes one snapshot: from the last one on it folds the log, writes what came of it, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { evolve } from '../core/evolve.ts'
import { snapshotForm, snapshotLines } from '../core/snapshot.ts'
import { openPlace, type Opened } from './place-reader.ts'
import { loadState, type FromSnapshotWorker, type SnapshotOrder } from './snapshots.ts'

const say = (message: FromSnapshotWorker): void => parentPort!.postMessage(message)
const problem = (text: string): void => say({ kind: 'problem', text })

const { place, until } = workerData as SnapshotOrder

async function make({ store, entries }: Opened): Promise<void> {
  const state = await loadState(store)
  if (state.position < until) {
    for await (const batch of entries(state.position, until)) {
      if (batch === 'caught up') continue
      for (const recorded of batch) evolve(state, recorded)
      if (state.position >= until) break
    }
  }
  if (state.unknownEntry !== undefined) throw new Error(`the log holds \`${state.unknownEntry}\`, which this version does not know`)
  const { position, at, foldVersion } = state
  say({ kind: 'written', position, digest: await store.write({ form: snapshotForm, foldVersion, position, at }, snapshotLines(state)) })
}

const opened = await openPlace(place, problem)
await make(opened)
  .catch((error: unknown) => problem(`no snapshot was made: ${error instanceof Error ? error.message : String(error)}`))
  .finally(() => opened.close())
