/**
 * Writes a log that was kept elsewhere to an empty topic: each entry at its own position and with its own time, so that whoever
 * folds it comes to the same state. Only for that the topic takes times from its writer; servers refuse one that is left so.
 */
import type { Admin, Message } from 'kafkajs'
import { loadKafkajs, KafkaClients, type KafkaPlace } from './kafka-client.ts'
import { within } from './kafka-stream.ts'
import { LogError, type Position } from './log.ts'

export interface Imported {
  readonly position: Position
  /** Milliseconds since 1970. */
  readonly at: number
  readonly key: string
  readonly kind: string
  readonly text: string
}

const answerMs = 10_000
const mostRecords = 500
const mostBytes = 800_000

/** Resolves with how many entries there were. Rejects where the topic is not as it must be afterwards: then it is of no use, and is deleted. */
export async function importToKafka(place: KafkaPlace, topic: string, entries: AsyncIterable<Imported> | Iterable<Imported>, onProgress: (entries: number) => void): Promise<number> {
  const client = await new KafkaClients(place).next()
  const admin = client.kafka.admin()
  const producer = client.kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } })
  const { CompressionTypes } = await loadKafkajs()
  let next: Position | undefined
  let count = 0

  /** Said once: a batch that may have landed twice would shift all that follows. */
  const send = async (messages: Message[]): Promise<void> => {
    if (messages.length === 0) return
    const [{ baseOffset } = {}] = await within(answerMs, `writing to ${topic}`, producer.sendBatch({
      acks: -1, timeout: 5000, compression: CompressionTypes.GZIP, topicMessages: [{ topic, messages: messages.map((message) => ({ ...message, partition: 0 })) }],
    }))
    if (Number(baseOffset) !== (next ?? 0)) throw new LogError('LOG_BROKEN', `topic ${topic} went on at ${baseOffset} instead of ${next ?? 0}: somebody else writes to it`)
    next = (next ?? 0) + messages.length
  }

  try {
    await within(answerMs, 'connecting', Promise.all([admin.connect(), producer.connect()]))
    await setTimestamps(admin, topic, 'CreateTime')
    let batch: Message[] = []
    let bytes = 0
    let first: Position | undefined
    const flush = async (): Promise<void> => {
      await send(batch)
      batch = []
      bytes = 0
      onProgress(count)
    }
    for await (const { position, at, key, kind, text } of entries) {
      first ??= position
      // What retention had cut away, and whatever else is not there, keeps its place.
      for (let gap = position - (next ?? 0) - batch.length; gap > 0; gap--) {
        batch.push({ key: null, value: null, timestamp: String(at) })
        if (batch.length === mostRecords) await flush()
      }
      const size = Buffer.byteLength(text)
      if (batch.length === mostRecords || bytes + size > mostBytes) await flush()
      batch.push({ key: key || null, value: text, timestamp: String(at), headers: { kind } })
      bytes += size
      count++
    }
    await flush()
    if (first !== undefined && first > 0) await within(answerMs, `cutting ${topic}`, admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(first) }] }))
    await setTimestamps(admin, topic, 'LogAppendTime')
    return count
  } finally {
    client.throwAway()
  }
}

/** kafkajs replaces all settings of a topic at once: those that it has of its own are said again. */
async function setTimestamps(admin: Admin, topic: string, type: 'CreateTime' | 'LogAppendTime'): Promise<void> {
  const { resources } = await within(answerMs, `asking for the settings of ${topic}`, admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] }))
  const own = resources[0]!.configEntries.filter(({ configSource, isDefault }) => (configSource === undefined ? !isDefault : configSource === ofTheTopic))
  const configEntries = [...own.filter(({ configName }) => configName !== timestampType).map(({ configName: name, configValue: value }) => ({ name, value })), { name: timestampType, value: type }]
  await within(answerMs, `changing the settings of ${topic}`, admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] }))
}
const timestampType = 'message.timestamp.type'
const ofTheTopic = 1
