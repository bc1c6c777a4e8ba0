/** What `main.ts` itself does between the parts, on a real file: who it is, whom it takes over from, and what comes into force. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { entryCodec, numbered, type Entry, type Fact } from '../src/core/entry.ts'
import { openSqliteLog } from '../src/log/sqlite.ts'
import { createWriter } from '../src/log/writer.ts'
import { startParts } from '../src/main.ts'
import { allowing } from './core/story.ts'

const start = async (t: TestContext, stateDirectory: string) => {
  const problems: unknown[] = []
  const parts = await startParts({
    name: 'here', logUrl: `sqlite:${join(stateDirectory, 'log.db')}`, stateDirectory, roles: ['intake', 'decide'], address: '', stopKey: '', killAfterMs: 10_000, lostAfterMs: 45_000,
    hands: { call: () => assert.fail('nothing runs here') }, forceDryRun: false, tellUnmatched: true, onProblem: (problem) => problems.push(problem), notify: () => {},
  })
  t.after(async () => {
    await parts.close(0)
    assert.deepEqual(problems, [])
  })
  return parts
}

const folder = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'paramedic-main-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('rule 5: embedded, whoever wrote before us is declared lost at the start', async (t) => {
  const path = folder(t)
  const log = await openSqliteLog<Entry>(join(path, 'log.db'), { codec: entryCodec })
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

test('rule 11: a catalogue that was in force before does not come back by itself', async (t) => {
  const { state, activate } = await start(t, folder(t))
  const [one, two] = ['1', '2'].map((digest) => ({ ...allowing, digest }))
  assert.deepEqual([await activate(one!), await activate(two!), await activate(two!), await activate(one!)], [true, true, true, false])
  assert.equal(state.catalogue?.digest, '2')
})
