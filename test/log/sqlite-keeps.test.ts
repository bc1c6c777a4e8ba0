/** What the file keeps and for how long, and how it is read back. */
import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { contractCodec, entry, readAll, Reader, type ContractEntry } from '../contract/log-entries.ts'
import { logFiles, refusal, type TestLog } from './log-files.ts'

const { open, fresh } = logFiles()

describe('time', () => {
  test('at never goes back, whatever the clock does, nor when the log is opened again', async () => {
    const path = fresh()
    let now = 1_000_000
    const clock = { now: () => now, steady: () => 0, after: () => () => {} }
    let log = await open(path, { clock })
    const ats: number[] = []
    for (const time of [1_000_000, 2_000_000, 1_500_000.7, 2_000_001.9]) {
      now = time
      await log.append([entry(1)])
    }
    await log.close()
    now = 5
    log = await open(path, { clock })
    await log.append([entry(1)])
    for (const { at } of await readAll(log)) ats.push(at)
    assert.deepEqual(ats, [1_000_000, 2_000_000, 2_000_000, 2_000_001, 2_000_001])
    await log.close()
  })

  test('what is older than the retention is cut, and whoever asks for it is told', async () => {
    const path = fresh()
    let now = 0
    let cutAgain = (): void => {}
    const after = (_: number, act: () => void): (() => void) => {
      cutAgain = act
      return () => {}
    }
    const reopen = (): Promise<TestLog> => open(path, { clock: { now: () => now, steady: () => 0, after }, retentionMs: 1_000 })
    let log = await reopen()
    for (let n = 0; n < 250; n++) {
      now = n * 10
      await log.append([entry(n)])
    }
    await log.close()

    now = 2_500
    log = await reopen()
    await untilOldest(path, 150)
    assert.deepEqual((await readAll(log, 150)).map(({ entry }) => entry.n), Array.from({ length: 100 }, (_, index) => 150 + index))
    await assert.rejects(readAll(log, 149), refusal('LOG_CUT', /Entry 149 is no longer in .* begins at 150,.*snapshot/))

    now = 1e9
    cutAgain()
    await untilOldest(path, 249)
    assert.equal(await log.end(), 250, 'the newest commit stays, so that the end is known')
    await log.close()
  })

  test('a position beyond the end is another file\'s', async () => {
    const log = await open(fresh())
    await log.append([entry(0)])
    await assert.rejects(readAll(log, 2), refusal('LOG_BROKEN', /Entry 2 was asked for, but .* ends before 1/))
    await log.close()
  })

  async function untilOldest(path: string, wanted: number): Promise<void> {
    const file = new DatabaseSync(path)
    const oldest = file.prepare('SELECT min(first) AS first FROM commits')
    for (let tries = 0; (oldest.get() as { first: number }).first !== wanted; tries++) {
      assert.ok(tries < 1_000, `the oldest is ${JSON.stringify(oldest.get())}, not ${wanted}`)
      await sleep(10)
    }
    file.close()
  }
})

describe('reading history', () => {
  test('a follower from the beginning sees all of a long log, while it is written to', async () => {
    const path = fresh()
    let log = await open(path)
    const filling = 'x'.repeat(400)
    let n = 0
    const more = (): ContractEntry[] => Array.from({ length: 500 }, () => entry(n++, filling))
    while (n < 20_000) await log.append(more())
    await log.close()
    log = await open(path)
    const writing = (async () => { while (n < 40_000) await log.append(more()) })()
    const reader = new Reader(log, 0)
    let seen = 0
    while (seen < 40_000) {
      for (const { position, entry } of await reader.toEnd()) {
        assert.equal(position, seen)
        assert.equal(entry.n, seen++)
      }
    }
    await writing
    await reader.close()
    await log.close()
  })

  test('more than the shared memory holds, at once: in order, whole, also for who follows', async () => {
    const log = await open(fresh())
    const reader = new Reader(log, 0)
    await reader.toEnd()
    const sizes = [3_000_000, 700_000, 700_000, 700_000, 700_000, 700_000, 700_000, 700_000, 700_000, 10, 2_000_000, 10]
    const batches = sizes.map((size, n) => [entry(n, `${n}`.repeat(size)), entry(n)])
    const texts = batches.map((batch) => batch.map((it) => contractCodec.encode(it)))
    await Promise.all(batches.map((batch, n) => log.append(batch, texts[n])))
    const read = [...await reader.toEnd()]
    while (read.length < 2 * sizes.length) read.push(...await reader.toEnd())
    assert.deepEqual(read.map(({ entry }) => entry.n), sizes.flatMap((_, n) => [n, n]))
    read.filter((_, index) => index % 2 === 0).forEach(({ entry }, n) => assert.ok(entry.content === `${n}`.repeat(sizes[n]!), `entry ${n}`))
    assert.deepEqual(await readAll(log), read)
    await reader.close()
  })

  test('the WAL stays small under steady writing', async () => {
    const path = fresh()
    const log = await open(path)
    let largest = 0
    for (let n = 0; n < 600; n++) {
      await log.append([entry(n, Array.from({ length: 2_000 }, (_, index) => Math.sin(n * 9_999 + index)))])
      largest = Math.max(largest, (await stat(`${path}-wal`)).size)
    }
    assert.ok((await stat(path)).size > 2 * largest, `a WAL of ${largest} bytes`)
    assert.ok(largest < 4_500_000, `a WAL of ${largest} bytes`)
    await log.close()
    await assert.rejects(stat(`${path}-wal`), { code: 'ENOENT' })
  })

  test('followers at the end may share the very objects that were appended', async () => {
    const log = await open(fresh(), { codec: { ...contractCodec, isSame: () => true } })
    const reader = new Reader(log, 0)
    await reader.toEnd()
    const sent = entry(1, {})
    await log.append([sent])
    assert.equal((await reader.toEnd())[0]!.entry, sent)
    await reader.close()
    await log.close()
  })
})
