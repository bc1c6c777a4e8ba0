import assert from 'node:assert/strict'
import test, { after, before, describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogError } from '../../src/log/log.ts'
import { noOwnKafka, ownKafka, type KafkaCluster } from '../servers/kafka.ts'
import { following, kept, notes, openNotes, readAll, until, writeAll } from './kafka-fixture.ts'

describe('a Kafka of one broker that comes and goes', { skip: noOwnKafka, timeout: 240_000 }, () => {
  let kafka: KafkaCluster
  before(async () => {
    kafka = await ownKafka({ brokers: 1, start: false })
  })
  after(() => kafka?.stop())

  test('NotThereAtTheStartItIsWaitedForAndPeopleAreTold', async () => {
    await using streams = openNotes({ brokers: kafka.brokers, giveUpMs: 300 })
    const follower = following(streams.log)
    await assert.rejects(streams.log.append(notes('a', 0, 1)), (error: LogError) =>
      error.code === 'LOG_UNREACHABLE' && error.landed === 'no' && /ECONNREFUSED|no answer within 300 ms/.test(error.message)) // on a busy machine not even the refusal comes in time
    await assert.rejects(streams.log.end(), (error: LogError) => error.code === 'LOG_UNREACHABLE')
    await until('told', () => streams.said.length > 0)
    assert.match(streams.said[0]!, /Kafka at 127\.0\.0\.1:\d+ has not served for .*Start its brokers/)
    assert.match(streams.trouble()!, /ECONNREFUSED/)
    await kafka.start()
    await streams.ready
    await writeAll(streams.log, { by: 'a', total: 20 })
    await until('read', () => kept(follower.entries, 'a').length === 20)
    await follower.stop()
    assert.ok(streams.said.some((text) => /serves again after/.test(text)), streams.said.join('\n'))
    assert.equal(streams.trouble(), undefined)
  })

  test('ClosingWhileItIsNotThereEndsEverything', async () => {
    const streams = openNotes({ brokers: ['127.0.0.1:9'] })
    const follower = following(streams.control)
    const append = streams.log.append(notes('a', 0, 1))
    const [reason] = await Promise.all([append.catch((error: LogError) => error), sleep(100).then(() => streams.close())])
    assert.equal((reason as LogError).landed, 'no')
    await follower.ended.catch((error: LogError) => assert.equal(error.code, 'LOG_CLOSED'))
  })

  test('KilledAndStartedAgainItHasEveryAcknowledgedEntryInOrderAndEveryReaderGoesOn', async () => {
    await using streams = openNotes({ brokers: kafka.brokers })
    const acknowledged: number[] = []
    await streams.log.append(notes('a', 0, 1))
    const followers = [following(streams.log), following(streams.log), following(streams.control)]
    const writing = Promise.all([
      writeAll(streams.log, { by: 'b', total: 4000, batch: 7, pauseMs: 5, acknowledged }),
      writeAll(streams.control, { by: 'b', total: 100, batch: 1, pauseMs: 20 }),
    ])
    await until('under way', () => acknowledged.length > 300)
    await kafka.nodes[0]!.kill()
    await sleep(500)
    await kafka.start()
    await writing
    const all = notes('b', 0, 4000).map(({ n }) => n)
    for (const follower of followers.slice(0, 2)) {
      await until('all read', () => kept(follower.entries, 'b').length >= 4000)
      await follower.stop()
      assert.deepEqual(kept(follower.entries, 'b'), all)
      const positions = follower.entries.map(({ position }) => position)
      assert.deepEqual(positions, positions.map((_, index) => index), 'no position twice, none left out')
    }
    await until('control read', () => followers[2]!.entries.at(-1)?.entry.n === 99)
    await followers[2]!.stop()
    assert.deepEqual(kept(await readAll(streams.log), 'b'), all)
  })

  test('FrozenItFailsWhatIsAppendedInTimeAndServesAgainWhenItWakes', async () => {
    await using streams = openNotes({ brokers: kafka.brokers, giveUpMs: 1000 })
    await streams.log.append(notes('a', 0, 5))
    const follower = following(streams.log)
    await until('read', () => follower.entries.length === 5)
    kafka.nodes[0]!.freeze()
    const started = performance.now()
    const first = streams.log.append(notes('a', 5, 5))
    const second = streams.log.append(notes('a', 10, 5))
    await assert.rejects(first, (error: LogError) => error.code === 'LOG_UNREACHABLE' && error.landed === 'maybe')
    await assert.rejects(second, (error: LogError) => error.code === 'LOG_UNREACHABLE' && error.landed === 'no', 'it waited behind')
    assert.ok(performance.now() - started < 20_000, 'each try has an end')
    kafka.nodes[0]!.thaw()
    await writeAll(streams.log, { by: 'a', total: 30, batch: 5 })
    await until('read on', () => kept(follower.entries, 'a').length === 30)
    await follower.stop()
  })
})
