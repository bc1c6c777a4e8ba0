/** What memory forgot, in its file: as it was, after a restart, and made anew of a real log where the file is missing, wrong, behind or another's. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { entryCodec, type Entry } from '../../src/core/entry.ts'
import { evolve } from '../../src/core/evolve.ts'
import { initialState, type State } from '../../src/core/state.ts'
import { createArchive } from '../../src/follow/archive.ts'
import { realClock } from '../../src/log/clock.ts'
import { openSqliteLog, type SqliteLog } from '../../src/log/sqlite.ts'
import { Story } from '../core/story.ts'
import { eventually } from '../notify/desk.ts'

const root = mkdtempSync(join(tmpdir(), 'paramedic-archive-'))
after(() => rmSync(root, { recursive: true, force: true }))
const day = 86_400_000
let count = 0

/** Twenty alerts and a workflow, a day each; the older ones are forgotten by the end. */
const story = (): Story => {
  const told = new Story()
  const workflow = told.workflow({ id: '01900000-0000-7000-8000-00000000abcd' })
  told.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'expired', reason: 'expired', detail: 'nobody answered' })
  told.says({ kind: 'message sent', notice: `workflow:${workflow.id}`, revision: 9, channel: 'C', ts: '1' })
  for (let n = 0; n < 20; n++) {
    told.alert({ alertname: 'Novel', n: String(n) }, { status: 'resolved' })
    told.later(day)
  }
  return told
}

/** The same on a real file, at the same times. */
const written = async (t: TestContext, { retentionMs }: { retentionMs?: number } = {}): Promise<{ path: string; told: Story; log: SqliteLog<Entry> }> => {
  const told = story()
  const path = join(root, `${++count}.db`)
  let now = 0
  const open = () => openSqliteLog<Entry>(path, { codec: entryCodec, clock: { ...realClock, now: () => now }, ...(retentionMs === undefined ? {} : { retentionMs, keepFrom: () => told.state.position }) })
  let log = await open()
  for (const { at, entry } of told.log) {
    now = at
    await log.append([entry])
  }
  if (retentionMs !== undefined) {
    await log.close()
    log = await open() // which cuts
  }
  t.after(() => log.close())
  return { path, told, log }
}

const archiveOf = (t: TestContext, path: string, state: State) => {
  const problems: string[] = []
  const archive = createArchive({ state, path: `${path}-archive`, place: () => ({ kind: 'sqlite', path, folder: `${path}-snapshots` }), onProblem: (problem) => problems.push(String(problem)) })
  t.after(() => archive.close())
  const ids = async (): Promise<string[]> => (await archive.page({ kind: 'episode', limit: 100 })).map(({ id }) => id)
  return { ...archive, problems, ids }
}

/** As a server that reads all: it hands over what it forgets. */
const handedOver = async (t: TestContext, path: string, told: Story, entries = told.log.length) => {
  const state = initialState()
  const archive = archiveOf(t, path, state)
  for (const read of told.log.slice(0, entries)) {
    evolve(state, read)
    archive.take()
  }
  const ids = await archive.ids()
  assert.deepEqual(ids, [...ids].sort((a, b) => placeOf(told, b) - placeOf(told, a)), 'newest first')
  return { archive, ids }
}
const placeOf = ({ log }: Story, id: string): number => log.findIndex((read) => evolve(Object.assign(initialState(), { swept: Infinity }), read).episodes.has(id))

test('what was forgotten is found by its id or its ending, as it was at last, and listed newest first', async (t) => {
  const told = story()
  const { archive, ids } = await handedOver(t, join(root, `${++count}.db`), told)
  assert.ok(ids.length >= 17, `${ids.length} were forgotten`)
  const [workflow] = await archive.find('workflow', '00abcd')
  assert.deepEqual([workflow?.state, workflow?.detail, workflow?.labels.get('alertname'), workflow?.timeline.length], ['expired', 'nobody answered', 'HighLatency', 3])
  const [first, second] = await archive.page({ kind: 'episode', limit: 2 })
  assert.deepEqual((await archive.page({ kind: 'episode', below: first, limit: 1 })).map(({ id }) => id), [second?.id])
  assert.deepEqual((await archive.page({ kind: 'episode', tag: second!.fingerprint, limit: 9 })).map(({ id }) => id), [second?.id])
  const answered = (await archive.find('episode', workflow!.episode!))[0]
  assert.deepEqual(answered?.ended, 'expired')
  assert.deepEqual(await archive.find('workflow', 'nothing'), [])
})

const wrongs: Readonly<Record<string, (file: string) => void>> = {
  'is missing': (file) => rmSync(file),
  'is no such file': (file) => writeFileSync(file, 'garbage '.repeat(2000)),
}
for (const [what, spoil] of Object.entries(wrongs)) {
  test(`where it ${what} it is made of the log again`, async (t) => {
    const { path, told } = await written(t)
    const { archive, ids } = await handedOver(t, path, told)
    await archive.close()
    for (const end of ['-wal', '-shm']) rmSync(`${path}-archive${end}`, { force: true })
    spoil(`${path}-archive`)
    const again = archiveOf(t, path, told.state)
    evolve(told.state, { position: told.state.position, at: told.state.at + 3 * day, entry: { kind: 'taken', notice: 'none', who: 'ann', by: 'A', n: 1e6 } })
    again.take() // something to hand over, and the thread is begun
    await eventually('the old ones are there again', async () => {
      const found = new Set(await again.ids())
      return ids.every((id) => found.has(id))
    })
    assert.equal((await again.find('workflow', '00abcd')).length, 1)
  })
}

test('one that is behind, as after a crash, is brought up to date', async (t) => {
  const { path, told } = await written(t)
  const { archive, ids } = await handedOver(t, path, told, 12)
  assert.ok(ids.length > 0 && ids.length < 10, `${ids.length} of them`)
  await archive.close()
  const again = archiveOf(t, path, told.state)
  await eventually('it has them all', async () => (await again.ids()).length >= 17)
})

test('one of another log is not taken for this one', async (t) => {
  const { path, told } = await written(t)
  await (await handedOver(t, path, told)).archive.close()
  const other = initialState()
  const entry = { kind: 'taken', notice: 'none', who: 'ann', by: 'Z', n: 1 } as const
  const archive = archiveOf(t, path, other)
  evolve(other, { position: 0, at: 5, entry })
  assert.deepEqual(await archive.ids(), [])
  await eventually('it is said', () => archive.problems.some((text) => /another log/.test(text)))
})

test('of a log that was cut it is made of what is left', async (t) => {
  const { path, told, log } = await written(t, { retentionMs: 10 * day })
  await eventually('it was cut', async () => {
    const reading = log.follow(0, new AbortController().signal)[Symbol.asyncIterator]()
    return reading.next().then(() => false, ({ code, oldest }: { code: string; oldest: number }) => code === 'LOG_CUT' && oldest > 0)
  })
  writeFileSync(`${path}-archive`, '')
  const archive = archiveOf(t, path, told.state)
  await eventually('some are there', async () => (await archive.ids()).length >= 6)
  assert.deepEqual(await archive.find('workflow', '00abcd'), [], 'that one is older than the log')
})
