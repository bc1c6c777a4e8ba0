import assert from 'node:assert/strict'
import test, { after, before, describe } from 'node:test'
import { noOwnKafka, ownKafka, withAdmin, type KafkaCluster, type KafkaNode } from '../servers/kafka.ts'
import { following, kept, notes, openNotes, until, writeAll } from './kafka-fixture.ts'

describe('a Kafka of three brokers', { skip: noOwnKafka, timeout: 240_000 }, () => {
  let kafka: KafkaCluster
  before(async () => {
    kafka = await ownKafka({ brokers: 3, start: false })
  })
  after(() => kafka?.stop())

  test('TopicsAreNotMadeBeforeAllBrokersAreThereAndThenHaveThreeCopies', async () => {
    await using streams = openNotes({ brokers: kafka.brokers })
    kafka.controller!.start()
    for (const node of kafka.nodes.slice(0, 2)) node.start()
    await kafka.ready(2)
    await until('told', () => /2 of 3 brokers are up/.test(streams.trouble() ?? ''))
    kafka.nodes[2]!.start()
    await streams.ready
    for (const kind of ['log', 'control']) {
      const { topics } = await withAdmin(kafka.brokers, (admin) => admin.fetchTopicMetadata({ topics: [`${streams.prefix}-${kind}`] }))
      assert.equal(topics[0]!.partitions[0]!.replicas.length, 3)
    }
    assert.ok(streams.said.some((text) => /created with 3 copies, of which 2 must have an entry/.test(text)), streams.said.join('\n'))
  })

  for (const { name, stop, restore } of [
    { name: 'ALeaderThatIsKilled', stop: (node: KafkaNode) => node.kill(), restore: (node: KafkaNode) => node.start() },
    { name: 'ALeaderThatFreezes', stop: (node: KafkaNode) => node.freeze(), restore: (node: KafkaNode) => node.thaw() },
  ]) {
    test(`${name}LosesNothingAcknowledgedAndKeepsTheOrder`, async () => {
      await using streams = openNotes({ brokers: kafka.brokers })
      await kafka.ready()
      const acknowledged: number[] = []
      await streams.log.append(notes('a', 0, 1))
      const followers = [following(streams.log), following(streams.log)]
      let stopped = false
      const writing = (async () => {
        for (let from = 0; !stopped || from < 500; from += 5) {
          const entries = notes('b', from, 5)
          while (!await streams.log.append(entries).then(() => true, () => false));
          acknowledged.push(...entries.map(({ n }) => n))
        }
      })()
      await until('under way', () => acknowledged.length > 200)
      const leader = await kafka.leader(`${streams.prefix}-log`)
      stop(leader)
      const before = acknowledged.length
      // While the old leader is still away: the others have taken over.
      await until('going on without it', () => acknowledged.length > before + 200)
      restore(leader)
      stopped = true
      await writing
      for (const follower of followers) {
        await until('all read', () => kept(follower.entries, 'b').length >= acknowledged.length)
        await follower.stop()
        assert.deepEqual(kept(follower.entries, 'b'), acknowledged)
        const positions = follower.entries.map(({ position }) => position)
        assert.deepEqual(positions, positions.map((_, index) => index), 'no position twice, none left out')
      }
      await writeAll(streams.log, { by: 'c', total: 10 })
    })
  }
})
