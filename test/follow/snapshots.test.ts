/** Snapshots on a real SQLite log: made in a thread, begun with, and never taken for those of another log. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { entryCodec, numbered, type Entry, type Fact } from '../../src/core/entry.ts'
import { evolve } from '../../src/core/evolve.ts'
import { snapshotLines } from '../../src/core/snapshot.ts'
import { initialState, type State } from '../../src/core/state.ts'
import { folderStore, streamStore, type SnapshotPlace } from '../../src/follow/snapshot-store.ts'
import { createSnapshots, firstState } from '../../src/follow/snapshots.ts'
import type { Log } from '../../src/log/log.ts'
import { openSqliteLog, type SqliteLog } from '../../src/log/sqlite.ts'
import { createWriter } from '../../src/log/writer.ts'
import { kafkaStreams } from '../../src/log/kafka.ts'
import { alertBody } from '../core/story.ts'
import { freshPrefix, noKafka, sharedKafka } from '../servers/kafka.ts'

const root = await mkdtemp(join(tmpdir(), 'paramedic-snapshots-'))
after(() => rm(root, { recursive: true, force: true }))
let count = 0
const place = () => ({ path: join(root, `${++count}.db`), folder: join(root, `${count}-snapshots`) })

const stop = (id: string): Fact => ({ kind: 'stop pulled', stop: { id, matchers: ['target="web"'], effect: 'pause', who: 'ann', why: id } })
const alert = (n: number): Fact => ({ kind: 'received', source: 'alertmanager', payload: alertBody([{ labels: { alertname: 'Novel', n: `${n}` } }]) })

const write = async (log: Log<Entry>, identity: string, facts: readonly Fact[]): Promise<void> => {
  const writer = createWriter<Fact, Entry>(log, { identity, codec: entryCodec, stamp: numbered })
  await Promise.all(facts.map((fact) => writer.append([fact])))
  await writer.close()
}

const foldTo = async (log: Log<Entry>, state: State): Promise<State> => {
  for await (const batch of log.follow(state.position, new AbortController().signal)) {
    if (batch === 'caught up') break
    for (const recorded of batch) evolve(state, recorded)
  }
  return state
}

/** Folds what the log holds, and makes a snapshot of it an hour later; gives from where on the log must then be kept. */
const make = async (log: Log<Entry>, place: SnapshotPlace): Promise<number> => {
  const state = await foldTo(log, initialState())
  const made = Promise.withResolvers<readonly Fact[]>()
  const snapshots = createSnapshots({
    state, held: 0, place: () => place, seat: () => ({ me: 'A', live: ['A'], now: state.at + 3_600_000 }),
    append: (facts) => (made.resolve(facts), Promise.resolve(0)), onProblem: made.reject,
  })
  assert.equal(snapshots.keepFrom(), 0, 'nothing may go before there is one')
  snapshots.actor()
  const [fact] = await made.promise
  assert.partialDeepStrictEqual(fact, { kind: 'snapshot made', position: state.position })
  await snapshots.close()
  return snapshots.keepFrom()
}

const lines = (state: State): string[] => [...snapshotLines(state)]
const open = (path: string, options: { retentionMs?: number; keepFrom?: () => number } = {}) => openSqliteLog<Entry>(path, { codec: entryCodec, ...options })
const silent = (): void => {}

test('a server that begins with a snapshot comes to the same state as one that reads all', async () => {
  const { path, folder } = place()
  const log = await open(path)
  await write(log, 'A', [stop('s1'), ...Array.from({ length: 300 }, (_, n) => alert(n))])
  await make(log, { kind: 'sqlite', path, folder })
  await write(log, 'B', [stop('s2'), { kind: 'stop lifted', stop: 's1', who: 'ann', why: 'over' }, alert(301)])
  const begun = await firstState(folderStore(folder, silent), log, silent)
  assert.deepEqual([begun.replaced, begun.state.position], [false, 301])
  assert.deepEqual(lines(await foldTo(log, begun.state)), lines(await foldTo(log, initialState())))
  await log.close()
})

test('what outlived its retention is cut only below a snapshot, and the stops of then still hold', async () => {
  const { path, folder } = place()
  const old = await open(path)
  await write(old, 'A', [stop('s1')])
  await write(old, 'A2', [alert(1)])
  await old.close()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const reopen = async (keepFrom: () => number): Promise<{ cut: boolean; log: SqliteLog<Entry> }> => {
    const log = await open(path, { retentionMs: 1, keepFrom })
    await write(log, `${count++}`, [alert(2)]) // is done after the cut that opening asked for
    const cut = await foldTo(log, initialState()).then(() => false, (problem: { code: string }) => problem.code === 'LOG_CUT')
    return { cut, log }
  }
  const kept = await reopen(() => 0)
  assert.equal(kept.cut, false, 'nothing is cut before there is a snapshot')
  const keepFrom = await make(kept.log, { kind: 'sqlite', path, folder })
  await kept.log.close()
  const { cut, log } = await reopen(() => keepFrom)
  assert.equal(cut, true)
  const { state } = await firstState(folderStore(folder, silent), log, silent)
  await foldTo(log, state)
  assert.deepEqual([...state.inForce].map(({ id }) => id), ['s1'])
  assert.equal(state.episodes.size, 2)
  await log.close()
})

for (const [what, other] of Object.entries({ 'shorter than the snapshot': 3, 'longer, of other entries': 400 })) {
  test(`another log in its place, ${what}, is read from its beginning, and said`, async () => {
    const { path, folder } = place()
    const log = await open(path)
    await write(log, 'A', Array.from({ length: 30 }, (_, n) => alert(n)))
    await make(log, { kind: 'sqlite', path, folder })
    await log.close()
    const restored = await open(`${path}-other`)
    await write(restored, 'Z', Array.from({ length: other }, (_, n) => alert(n)))
    const said: string[] = []
    const begun = await firstState(folderStore(folder, silent), restored, (text) => said.push(text))
    assert.deepEqual([begun.replaced, begun.state.position], [true, 0])
    assert.match(said.join(), /are not of this log/)
    await restored.close()
  })
}

test('over a real Kafka a server begins with what another one wrote', { skip: noKafka, timeout: 120_000 }, async () => {
  const brokers = await sharedKafka()
  const prefix = freshPrefix()
  const open = () => kafkaStreams<Entry, Entry>({ brokers, prefix, log: entryCodec, control: entryCodec, notify: silent })
  const first = open()
  await write(first.log, 'A', [stop('s1'), ...Array.from({ length: 50 }, (_, n) => alert(n))])
  await make(first.log, { kind: 'kafka', brokers, prefix, security: {} })
  await write(first.log, 'A2', [alert(51)])
  await first.close()
  const second = open()
  const begun = await firstState(streamStore(second.snapshots, silent), second.log, silent)
  assert.deepEqual([begun.replaced, begun.state.position], [false, 51])
  assert.deepEqual(lines(await foldTo(second.log, begun.state)), lines(await foldTo(second.log, initialState())))
  await second.close()
})
