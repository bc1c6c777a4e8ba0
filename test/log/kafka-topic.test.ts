import assert from 'node:assert/strict'
import test, { before, describe } from 'node:test'
import type { LogError } from '../../src/log/log.ts'
import { freshPrefix, noKafka, sharedKafka, withAdmin } from '../servers/kafka.ts'
import { notes, openNotes } from './kafka-fixture.ts'

const fitLog = { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '2592000000' }
const fitControl = { 'cleanup.policy': 'compact', 'segment.ms': '3600000', 'segment.bytes': '16777216' }

describe('topics that exist already', { skip: noKafka, timeout: 120_000, concurrency: 4 }, () => {
  let brokers: readonly string[]
  before(async () => {
    brokers = await sharedKafka()
  })

  for (const { topic, partitions = 1, settings, refused, because } of [
    { topic: 'log', partitions: 3, settings: fitLog, refused: /3 partitions/, because: 'three partitions have no order' },
    { topic: 'log', settings: { ...fitLog, 'cleanup.policy': 'compact' }, refused: /cleanup\.policy is compact/, because: 'compaction drops entries' },
    { topic: 'log', settings: { ...fitLog, 'message.timestamp.type': 'CreateTime' }, refused: /message\.timestamp\.type is CreateTime/, because: 'a producer\'s clock is not the log\'s' },
    { topic: 'log', settings: { ...fitLog, 'retention.ms': '86400000' }, refused: /retention\.ms is 86400000/, because: 'a day is less than 30' },
    { topic: 'log', settings: { ...fitLog, 'retention.ms': '-1' }, refused: undefined, because: 'for ever is long enough' },
    { topic: 'log', settings: { ...fitLog, 'retention.bytes': '1000000' }, refused: /retention\.bytes/, because: 'a busy day would cut it' },
    { topic: 'log', settings: { ...fitLog, 'compression.type': 'zstd' }, refused: /compression\.type is zstd/, because: 'kafkajs reads only gzip' },
    { topic: 'log', settings: { ...fitLog, 'max.message.bytes': '10000' }, refused: /max\.message\.bytes/, because: 'batches would not fit' },
    { topic: 'log', settings: { ...fitLog, 'unclean.leader.election.enable': 'true' }, refused: /unclean/, because: 'what was acknowledged could go' },
    { topic: 'log', settings: fitLog, refused: undefined, because: 'made by an operator as the docs say' },
    { topic: 'control', settings: { ...fitControl, 'cleanup.policy': 'delete' }, refused: /cleanup\.policy is delete/, because: 'a stop would expire' },
    { topic: 'control', settings: { ...fitControl, 'cleanup.policy': 'compact,delete' }, refused: /cleanup\.policy/, because: 'a stop would expire here too' },
    { topic: 'control', settings: fitControl, refused: undefined, because: 'made by an operator as the docs say' },
  ] as { topic: 'log' | 'control'; partitions?: number; settings: Record<string, string>; refused: RegExp | undefined; because: string }[]) {
    test(`${refused ? 'Refuses' : 'Takes'} ${topic} ${partitions === 1 ? JSON.stringify(settings) : `with ${partitions} partitions`}: ${because}`, async () => {
      const prefix = freshPrefix()
      await make(`${prefix}-${topic}`, partitions, settings)
      await using streams = openNotes({ brokers, prefix })
      if (refused === undefined) {
        await streams.ready
        await streams[topic].append(notes('a', 0, 1))
        return
      }
      const isRefusal = (error: LogError) => error.code === 'LOG_UNFIT' && refused.test(error.message) && error.message.includes(`${prefix}-${topic}`)
      await assert.rejects(streams.ready, isRefusal)
      await assert.rejects(streams.log.append(notes('a', 0, 1)), isRefusal)
      await assert.rejects(streams.log.follow(0, AbortSignal.timeout(10_000))[Symbol.asyncIterator]().next(), isRefusal)
    })
  }

  test('ARefusalSaysTheCommandThatSetsItRight', async () => {
    const prefix = freshPrefix()
    await make(`${prefix}-log`, 1, { ...fitLog, 'retention.ms': '1000', 'cleanup.policy': 'compact' })
    await using streams = openNotes({ brokers, prefix })
    await assert.rejects(streams.ready, /kafka-configs\.sh .* --add-config cleanup\.policy=delete,retention\.ms=2592000000/)
  })

  test('SettingsThatOnlyCostTimeAreSaidAloud', async () => {
    const prefix = freshPrefix()
    await make(`${prefix}-control`, 1, { 'cleanup.policy': 'compact' })
    await using streams = openNotes({ brokers, prefix })
    await streams.ready
    assert.ok(streams.said.some((text) => /segment\.bytes is 1073741824.*16777216 is recommended/.test(text)), streams.said.join('\n'))
  })

  test('ANewPairIsMadeWithTheSettingsThatItsPromisesNeed', async () => {
    await using streams = openNotes({ brokers, retentionMs: 7200_000 })
    await streams.ready
    const { resources } = await withAdmin(brokers, (admin) => admin.describeConfigs({
      includeSynonyms: false, resources: ['log', 'control'].map((kind) => ({ type: 2, name: `${streams.prefix}-${kind}` })),
    }))
    const of = (kind: string) => Object.fromEntries(resources.find(({ resourceName }) => resourceName.endsWith(kind))!.configEntries
      .map(({ configName, configValue }) => [configName, configValue]))
    const log = of('-log')
    assert.deepEqual([log['cleanup.policy'], log['message.timestamp.type'], log['retention.ms']], ['delete', 'LogAppendTime', '7200000'])
    const control = of('-control')
    assert.deepEqual(['cleanup.policy', 'segment.ms', 'segment.bytes', 'min.cleanable.dirty.ratio', 'delete.retention.ms'].map((name) => control[name]),
      ['compact', '3600000', '16777216', '0.1', '604800000'])
  })

  test('APrefixThatIsNoNameForATopicIsRefusedAtOnce', () => {
    assert.throws(() => openNotes({ brokers, prefix: 'prod/paramedic' }), (error: LogError) => error.code === 'LOG_UNFIT')
  })

  async function make(topic: string, numPartitions: number, settings: Record<string, string>): Promise<void> {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
    await withAdmin(brokers, (admin) => admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] }))
  }
})
