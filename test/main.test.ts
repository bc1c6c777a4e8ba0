/** What `main.ts` itself does between the parts, on a real file: who it is, whom it takes over from, and what comes into force. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { entryCodec, numbered, type Entry, type Fact } from '../src/core/entry.ts'
import { stopFile, writeStops } from '../src/follow/stop-file.ts'
import { openSqliteLog } from '../src/log/sqlite.ts'
import { createWriter } from '../src/log/writer.ts'
import { startParts } from '../src/main.ts'
import { allowing, Story } from './core/story.ts'
import { eventually } from './flow/flow.ts'

const logIn = (stateDirectory: string): string => join(stateDirectory, 'log.db')

const start = async (t: TestContext, stateDirectory: string, more: { forceStop?: boolean } = {}) => {
  const parts = await startParts({
    name: 'here', logUrl: `sqlite:${logIn(stateDirectory)}`, stateDirectory, roles: ['intake', 'decide'], address: '', stopKey: '', killAfterMs: 10_000, lostAfterMs: 45_000,
    hands: { call: () => assert.fail('nothing runs here') }, forceDryRun: false, tellUnmatched: true, onProblem: assert.ifError, notify: () => {}, ...more,
  })
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= parts.close(0))
  t.after(close)
  return { ...parts, close }
}

const folder = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'paramedic-main-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('rule 5: embedded, whoever wrote before us is declared lost at the start', async (t) => {
  const path = folder(t)
  const log = await openSqliteLog<Entry>(logIn(path), { codec: entryCodec })
  const writer = createWriter<Fact, Entry>(log, { identity: 'before', codec: entryCodec, stamp: numbered })
  await writer.append([{ kind: 'joined', name: 'here', host: 'h', roles: ['run'], foldVersion: 1 }])
  await writer.close()
  await log.close()
  const { state, me } = await start(t, path)
  assert.deepEqual([...state.processes].map(([id, { lost }]) => [id, lost]), [['before', true], [me(), false]])
})

test('rule 1: who reads that he was declared lost is somebody else from then on', async (t) => {
  const { state, me, append, folded } = await start(t, folder(t))
  const before = me()
  await folded(await append([{ kind: 'runner lost', runner: before, name: 'here', why: 'test' }]))
  assert.notEqual(me(), before)
  await folded(await append([{ kind: 'noted', workflow: 'none', who: 'ann', text: 'by the new one' }]))
  assert.deepEqual([before, me()].map((id) => state.processes.get(id)?.lost), [true, false])
})

test('a stop that the configuration forces is pulled once, and again when somebody lifts it', async (t) => {
  const path = folder(t)
  const first = await start(t, path, { forceStop: true })
  const [forced] = first.forced()
  await eventually('it is on the log', async () => first.state.stops.has(forced!))
  await first.close()
  const second = await start(t, path, { forceStop: true })
  assert.deepEqual(second.forced(), [forced], 'a new start finds it in force')
  await second.liftStop(forced!, 'ann', 'from a server without it')
  const [again] = await eventually('another is in force', async () => second.forced().length > 0 && second.forced())
  assert.notEqual(again, forced)
  assert.ok(second.latch.covers({ labels: new Map(), runbook: { name: 'r', version: 1, digest: '' }, targets: ['web'], plan: undefined } as never))
  await second.close()
  const third = await start(t, path)
  assert.deepEqual(third.forced(), [], 'without the setting it is a stop like any other')
  assert.ok(third.state.stops.get(again!)?.lifted === undefined)
})

test('rule 11: a catalogue that was in force before does not come back by itself', async (t) => {
  const { state, activate } = await start(t, folder(t))
  const [one, two] = ['1', '2'].map((digest) => ({ ...allowing, digest }))
  assert.deepEqual([await activate(one!), await activate(two!), await activate(two!), await activate(one!)], [true, true, true, false])
  assert.equal(state.catalogue?.digest, '2')
})

const everything = { matchers: [], effect: 'kill', who: 'ann', why: 'test' } as const

test('rule 20: what a stop that only the file knows had killed is not offered again by the start', async (t) => {
  const path = folder(t)
  const story = new Story().later(Date.now()) // its facts are fresh on a log of now
  const workflow = story.workflow()
  story.decideStart(workflow).claim(workflow)
  const log = await openSqliteLog<Entry>(logIn(path), { codec: entryCodec })
  await log.append(story.log.map(({ entry }) => entry))
  await log.close()
  writeStops(stopFile(join(path, 'stops.jsonl')), [{ id: 'killed it', ...everything }])
  const { state } = await start(t, path)
  const { state: came, stoppedBy } = state.workflows.get(workflow.id)!
  assert.deepEqual([came, stoppedBy], ['stopped', 'killed it'])
})

test('rule 20: a stop outlives the log that was restored over it; one that was lifted does not', async (t) => {
  const path = folder(t)
  const backup = join(path, 'backup.db')
  await (await start(t, path)).close()
  copyFileSync(logIn(path), backup)
  const before = await start(t, path)
  const [stands, lifted] = [(await before.pullStop(everything)).id, (await before.pullStop(everything)).id]
  await before.liftStop(lifted, 'ann', 'over')
  await before.close()
  for (const end of ['', '-wal', '-shm']) rmSync(`${logIn(path)}${end}`, { force: true })
  copyFileSync(backup, logIn(path))

  const { state } = await start(t, path)
  await eventually('the log is told again', async () => state.stops.has(stands))
  assert.deepEqual([...state.inForce].filter(({ why }) => why === 'test').map(({ id }) => id), [stands])
  assert.equal(state.stops.has(lifted), false)
})
