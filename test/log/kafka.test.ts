import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { before, describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { controlCodec, type ControlRecord } from '../../src/follow/control.ts'
import { kafkaStreams } from '../../src/log/kafka.ts'
import { LogError } from '../../src/log/log.ts'
import { freshPrefix, noKafka, sharedKafka, withAdmin } from '../servers/kafka.ts'
import { logContract } from '../contract/log.ts'
import type { ContractEntry } from '../contract/log-entries.ts'
import { following, kept, noteCodec, notes, openNotes, readAll, until, writeAll, type Note } from './kafka-fixture.ts'

describe('the log on Kafka', { skip: noKafka, timeout: 120_000, concurrency: 4 }, () => {
  let brokers: readonly string[]
  const kafka = () => new kafkajs.Kafka({ brokers: [...brokers], logLevel: 0 })
  before(async () => {
    brokers = await sharedKafka()
    process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
  })

  const quick = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0.01' }
  const setControl = (prefix: string, settings: Readonly<Record<string, string>>) => withAdmin(brokers, (admin) => admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: `${prefix}-control`, configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })) }],
  }))

  test('AnEntryComesBackWithItsPositionAndTheBrokersTime', async () => {
    await using streams = openNotes({ brokers })
    assert.equal(await streams.log.end(), 0)
    const sent = Date.now()
    assert.equal(await streams.log.append(notes('a', 0, 3)), 2)
    assert.equal(await streams.log.end(), 3)
    const read = await readAll(streams.log)
    assert.deepEqual(read.map(({ position, entry }) => [position, entry.n]), [[0, 0], [1, 1], [2, 2]])
    assert.ok(read.every(({ at }) => at >= sent - 1000 && at <= Date.now() + 1000))
    assert.equal(new Set(read.map(({ at }) => at)).size, 1, 'a batch has one time')
  })

  test('WhatIsTheSameWhenItIsReadBackIsHandedToItsOwnProcessOnceAsItWas', async () => {
    await using streams = openNotes({ brokers, log: { ...noteCodec, isSame: ({ by }) => by === 'same' } })
    const sent = [...notes('same', 0, 2), ...notes('other', 0, 1)]
    await streams.log.append(sent)
    const first = (await readAll(streams.log)).map(({ entry }) => entry)
    assert.deepEqual(first.map((entry, index) => entry === sent[index]), [true, true, false])
    assert.deepEqual(first, sent)
    const second = (await readAll(streams.log)).map(({ entry }) => entry)
    assert.deepEqual(second, sent)
    assert.ok(second.every((entry, index) => entry !== sent[index]))
  })

  test('ConcurrentAppendsEachGetThePositionOfTheirLastEntry', async () => {
    await using streams = openNotes({ brokers })
    const positions = await Promise.all(Array.from({ length: 50 }, (_, index) => streams.log.append(notes(`w${index}`, 0, index % 3 + 1))))
    const read = await readAll(streams.log)
    for (const [index, position] of positions.entries()) assert.deepEqual(read[position]!.entry, { by: `w${index}`, n: index % 3 })
    assert.deepEqual(positions, positions.toSorted((a, b) => a - b), 'in the order of the calls')
  })

  test('AnAppendLargerThanABatchStaysInOneOrder', async () => {
    await using streams = openNotes({ brokers })
    const many = streams.log.append(notes('many', 0, 1234))
    const wide = streams.log.append(notes('wide', 0, 9).map((note) => ({ ...note, text: 'x'.repeat(200_000) })))
    assert.equal(await many, 1233)
    assert.equal(await wide, 1242)
    const read = await readAll(streams.log)
    assert.deepEqual(read.map(({ entry }) => entry.n), [...Array(1234).keys(), ...Array(9).keys()])
  })

  test('ABigFetchIsHandedOnInSlices', async () => {
    await using streams = openNotes({ brokers })
    await streams.log.append(notes('a', 0, 6000))
    const sizes: number[] = []
    for await (const batch of streams.log.follow(0, AbortSignal.timeout(30_000))) {
      if (batch === 'caught up') break
      sizes.push(batch.length)
    }
    assert.equal(sizes.reduce((sum, size) => sum + size, 0), 6000)
    assert.ok(Math.max(...sizes) <= 500, `slices of ${sizes}`)
  })

  test('FollowersAtDifferentPositionsEachSeeEverythingFromTheirsOn', async () => {
    await using streams = openNotes({ brokers })
    await streams.log.append(notes('a', 0, 20))
    const followers = [0, 1, 7, 19, 20].map((from) => ({ from, ...following(streams.log, from) }))
    await streams.log.append(notes('a', 20, 20))
    for (const { from, entries } of followers) await until('all read', () => entries.length >= 40 - from)
    for (const { from, entries, stop } of followers) {
      await stop()
      assert.deepEqual(entries.map(({ entry }) => entry.n), notes('a', from, 40 - from).map(({ n }) => n))
    }
  })

  test('FollowingEndsAtOnceWhenItsSignalAborts', async () => {
    await using streams = openNotes({ brokers })
    const follower = following(streams.log)
    await until('at the end', () => follower.seen.caughtUp > 0)
    await follower.stop()
  })

  test('AnEntryOver256kBIsRefusedBeforeAnyOfItsBatchIsSent', async () => {
    await using streams = openNotes({ brokers })
    const refused = streams.log.append([{ by: 'a', n: 0 }, { by: 'a', n: 1, text: 'x'.repeat(300_000) }])
    await assert.rejects(refused, (error: LogError) => error.code === 'LOG_TOO_LARGE' && error.landed === 'no')
    await streams.log.append(notes('b', 0, 1))
    assert.deepEqual((await readAll(streams.log)).map(({ entry }) => entry.by), ['b'])
  })

  test('AControlEntryWithoutAKeyIsRefusedBecauseCompactionNeedsOne', async () => {
    await using streams = openNotes({ brokers })
    await assert.rejects(streams.control.append([{ by: '', n: 0 }]), TypeError)
  })

  test('ARecordOfSomebodyElseReachesTheCodecAndTheOnesBehindItAreRead', async () => {
    await using streams = openNotes({ brokers })
    await streams.log.append(notes('a', 0, 1))
    const producer = kafka().producer()
    await producer.connect()
    for (const value of ['garbage', Buffer.from([0xff, 0x00, 0xfe]), null]) await producer.send({ topic: `${streams.prefix}-log`, messages: [{ value }] })
    await producer.disconnect()
    await streams.log.append(notes('a', 1, 1))
    const read = await readAll(streams.log)
    assert.deepEqual(read.map(({ position, entry }) => [position, entry.by]), [[0, 'a'], [1, 'nobody'], [2, 'nobody'], [4, 'a']])
  })

  test('ACodecThatThrowsIsAnErrorForPeopleThatNamesThePosition', async () => {
    await using streams = openNotes({ brokers, log: { ...noteCodec, decode: (text) => JSON.parse(`${text}!`) as Note } })
    await streams.log.append(notes('a', 0, 1))
    await assert.rejects(readAll(streams.log), (error: LogError) => error.code === 'LOG_BROKEN' && /record 0 of topic/.test(error.message))
  })

  test('WhereOthersMayWriteWhatTheCodecThrowsAtIsPassedOverAndToldOfOnce', async () => {
    const strict: typeof noteCodec = { ...noteCodec, othersMayWrite: true, decode: (text) => JSON.parse(text) as Note }
    await using streams = openNotes({ brokers, log: strict })
    await streams.log.append(notes('a', 0, 1))
    const producer = kafka().producer()
    await producer.connect()
    await producer.send({ topic: `${streams.prefix}-log`, messages: ['garbage', 'more', '{'].map((value) => ({ value })) })
    await producer.disconnect()
    await streams.log.append(notes('a', 1, 1))
    assert.deepEqual((await readAll(streams.log)).map(({ position, entry }) => [position, entry.n]), [[0, 0], [4, 1]])
    assert.deepEqual(streams.said.filter((text) => /was not written by Paramedic/.test(text)).map((text) => /record (\d+)/.exec(text)![1]), ['1'])
  })

  test('AStrangersUnfinishedTransactionStopsNobody', async () => {
    await using streams = openNotes({ brokers })
    await streams.log.append(notes('a', 0, 1))
    const producer = kafka().producer({ transactionalId: freshPrefix('tx'), idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: `${streams.prefix}-log`, messages: [{ value: 'pending' }] })
    await streams.log.append(notes('a', 1, 1))
    assert.deepEqual((await readAll(streams.log)).map(({ entry }) => entry.by), ['a', 'nobody', 'a'])
    await transaction.abort()
    await producer.disconnect()
    await streams.log.append(notes('a', 2, 1))
    assert.deepEqual(kept(await readAll(streams.log), 'a'), [0, 1, 2], 'the marker at its end is skipped')
  })

  test('WhatRetentionCutAwayIsAnErrorForPeopleAndNeverAJump', async () => {
    await using streams = openNotes({ brokers })
    await streams.log.append(notes('a', 0, 10))
    await withAdmin(brokers, async (admin) => {
      await admin.fetchTopicOffsets(`${streams.prefix}-log`)
      await admin.deleteTopicRecords({ topic: `${streams.prefix}-log`, partitions: [{ partition: 0, offset: '6' }] })
    })
    await assert.rejects(readAll(streams.log, 2), (error: LogError) => error.code === 'LOG_CUT' && /begins at 6/.test(error.message))
    assert.deepEqual((await readAll(streams.log, 6)).map(({ entry }) => entry.n), [6, 7, 8, 9])
  })

  test('ATopicThatIsDeletedUnderUsIsAnErrorForPeopleAndIsNotMadeAnew', async () => {
    await using streams = openNotes({ brokers, giveUpMs: 10_000, patienceMs: 2000 })
    await streams.log.append(notes('a', 0, 10))
    const follower = following(streams.log)
    await until('read', () => follower.entries.length === 10)
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [`${streams.prefix}-log`] }))
    await assert.rejects(follower.ended, (error: LogError) => error.code === 'LOG_UNFIT' && /is gone/.test(error.message))
    await assert.rejects(streams.log.append(notes('a', 10, 1)), (error: LogError) => error.code === 'LOG_UNFIT')
    assert.ok(!(await withAdmin(brokers, (admin) => admin.listTopics())).includes(`${streams.prefix}-log`))
  })

  test('CompactionLeavesTheLatestOfEachKeyAndNoReaderStopsAtItsGaps', async () => {
    await using streams = openNotes({ brokers })
    await streams.ready
    await setControl(streams.prefix, quick)
    // Two segments too large to be merged. The last record of the first is an older one of its key: compaction takes it,
    // and the segment then ends in a batch whose own end is a gap.
    const big = (by: string) => [1, 2, 3].map((n) => ({ by: `${by}${n}`, n, text: 'x'.repeat(250_000) }))
    await streams.control.append(big('first'))
    await streams.control.append([{ by: 'stays', n: 0 }, { by: 'tick', n: 0 }])
    await sleep(150)
    await streams.control.append(big('second'))
    const end = performance.now() + 60_000
    for (let n = 1; ; n++) {
      await streams.control.append([{ by: 'tick', n }])
      const read = await readAll(streams.control)
      assert.deepEqual([read[3]!.entry.by, read.at(-1)!.entry], ['stays', { by: 'tick', n }])
      if (read[4]!.entry.by !== 'tick') break
      assert.ok(performance.now() < end, 'nothing was compacted within a minute')
      await sleep(200)
    }
    for (const from of [3, 4, 5]) assert.equal((await readAll(streams.control, from)).at(-1)!.entry.by, 'tick', `from ${from}`)
  })

  test('WhatIsTakenFromTheControlStreamIsGoneOnceItWasCompacted', async () => {
    const prefix = freshPrefix()
    const streams = kafkaStreams({ brokers, prefix, log: noteCodec, control: controlCodec, notify: () => {} })
    await streams.ready
    await setControl(prefix, { ...quick, 'delete.retention.ms': '0' })
    const stop = (id: string): ControlRecord => ({ kind: 'stop', by: 'a', n: 1, stop: { id, matchers: [], effect: 'kill', who: 'ann', why: 'test' } })
    await streams.control.append([stop('settled'), stop('stands'), { kind: 'forgotten', key: 'settled' }])
    const keys = async () => (await readAll(streams.control)).map(({ entry }) => controlCodec.key(entry))
    assert.deepEqual(await keys(), ['settled', 'stands'], 'nobody is given what takes it away')
    const end = performance.now() + 60_000
    while ((await keys()).includes('settled')) {
      assert.ok(performance.now() < end, 'nothing was compacted within a minute')
      await sleep(200)
      await streams.control.append([stop('later')])
    }
    assert.deepEqual([...new Set(await keys())], ['stands', 'later'])
    await streams.close()
  })

  test('TwoProcessesThatStartTogetherMakeTheTopicsOnce', async () => {
    const prefix = freshPrefix()
    await using one = openNotes({ brokers, prefix })
    await using two = openNotes({ brokers, prefix })
    await Promise.all([writeAll(one.log, { by: 'one', total: 50 }), writeAll(two.log, { by: 'two', total: 50 })])
    const read = await readAll(two.log)
    assert.equal(read.length, 100)
    assert.deepEqual([kept(read, 'one').length, kept(read, 'two').length], [50, 50])
  })

  test('AProcessLoadsKafkajsOnlyWhenUsedWarnsOfNoTimerAndEndsByItself', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'kafka-child.ts'), freshPrefix(), ...brokers], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    assert.deepEqual([code, err], [0, ''])
    const { before, after } = JSON.parse(out)
    assert.equal(before, 0)
    assert.ok(after > 0, 'and this way of looking sees it')
  })

  test('ClosingSendsWhatWaitsAndThenRefuses', async () => {
    await using streams = openNotes({ brokers })
    await streams.ready
    const last = Promise.all([streams.log.append(notes('a', 0, 2)), streams.log.append(notes('a', 2, 2))])
    await streams.close()
    assert.deepEqual(await last, [1, 3])
    await assert.rejects(streams.log.append(notes('a', 4, 1)), (error: LogError) => error.code === 'LOG_CLOSED')
  })

})

if (!noKafka) {
  logContract('Kafka', async (codec) => {
    const prefix = freshPrefix('contract')
    const brokers = await sharedKafka()
    const open = () => kafkaStreams<ContractEntry, ContractEntry>({ brokers, prefix, log: codec, control: codec, notify: () => {} })
    let streams = open()
    return {
      log: streams.log,
      async reopen() {
        await streams.close()
        streams = open()
        return streams.log
      },
      destroy: () => streams.close(),
    }
  })
}

test('AProcessThatIsHardlyLetToRunReadsTheLogAllTheSame', { skip: noKafka, timeout: 120_000 }, async () => {
  await using streams = openNotes({ brokers: await sharedKafka() })
  // Each a batch of its own, which is taken apart in a turn of the loop: together more than an answer may take.
  await writeAll(streams.log, { by: 'a', total: 80, batch: 1 })
  const hog = setInterval(() => {
    for (const over = performance.now() + 50; performance.now() < over; );
  }, 1)
  try {
    assert.equal((await readAll(streams.log)).length, 80)
  } finally {
    clearInterval(hog)
  }
})
