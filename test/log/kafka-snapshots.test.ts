/** Snapshots on a topic of their own: the newest whole one is found, whatever was interrupted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSnapshotFrom, writeSnapshotTo, type SnapshotPiece } from '../../src/log/snapshot-log.ts'
import type { Log } from '../../src/log/log.ts'
import { memoryLog } from '../../src/log/memory.ts'
import type { SnapshotHead } from '../../src/log/snapshot.ts'
import { noKafka, sharedKafka } from '../servers/kafka.ts'
import { openNotes } from './kafka-fixture.ts'

const head = (position: number): SnapshotHead => ({ form: 1, foldVersion: 1, position, at: position })
/** Noise, so that packing leaves several pieces of it. */
let seed = 1
const long = Array.from({ length: 40 }, () => Array.from({ length: 20_000 }, () => String.fromCharCode(33 + ((seed = (seed * 48271) % 2147483647) % 90))).join(''))
const any = (): boolean => true

const promises: Record<string, (log: Log<SnapshotPiece>) => Promise<void>> = {
  async 'the newest whole one is found; the next goes to the other place'(log) {
    assert.deepEqual(await readSnapshotFrom(log, any, assert.fail), { free: 'a' })
    for (const [position, place] of [[10, 'a'], [20, 'b'], [30, 'a']] as const) {
      const digest = await writeSnapshotTo(log, { head: head(position), lines: [`${position}`, ...long], place, of: `${position}` })
      const { snapshot, free } = await readSnapshotFrom(log, any, assert.fail)
      assert.deepEqual([snapshot?.position, snapshot?.digest, snapshot?.lines.length, free], [position, digest, 41, place === 'a' ? 'b' : 'a'])
    }
  },
  async 'one that was never finished, and one that is shorter than what it replaces, leave the right one'(log) {
    await writeSnapshotTo(log, { head: head(10), lines: long, place: 'a', of: 'whole' })
    await writeSnapshotTo({ ...log, append: (pieces) => (pieces[0]!.index === 1 ? Promise.reject(new Error('killed')) : log.append(pieces)) } as Log<SnapshotPiece>,
      { head: head(20), lines: long, place: 'b', of: 'killed' }).catch(() => {})
    assert.equal((await readSnapshotFrom(log, any, assert.fail)).snapshot?.position, 10)
    await writeSnapshotTo(log, { head: head(30), lines: ['short'], place: 'b', of: 'short' })
    assert.deepEqual((await readSnapshotFrom(log, any, assert.fail)).snapshot?.lines, ['short'])
    assert.equal((await readSnapshotFrom(log, ({ position }) => position < 20, assert.fail)).snapshot?.position, 10)
  },
}

for (const [promise, check] of Object.entries(promises)) {
  test(`memory: ${promise}`, () => check(memoryLog<SnapshotPiece>()))
  test(`Kafka: ${promise}`, { skip: noKafka, timeout: 120_000 }, async () => {
    await using streams = openNotes({ brokers: await sharedKafka() })
    await check(streams.snapshots)
  })
}
