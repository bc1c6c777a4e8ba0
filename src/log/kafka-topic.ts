import type { Admin } from 'kafkajs'
import type { KafkaClient } from './kafka-client.ts'
import { within, type TopicKind } from './kafka-stream.ts'
import { troubleOf } from './kafka-trouble.ts'
import { LogError } from './log.ts'

export interface Topic {
  readonly name: string
  readonly kind: TopicKind
  readonly retentionMs: number
}

/** Longer than creating a topic takes on a busy cluster. */
const ANSWER_MS = 8000

/**
 * Makes sure of the topics: created where they are missing, refused with the reason where they exist with settings that
 * break a promise. `listed` is how many brokers the configuration names: a cluster that is not all there yet gets no topics.
 */
export async function makeSureOfTopics(
  client: KafkaClient, topics: readonly Topic[], options: { listed: number; copies?: number | undefined; notify: (text: string) => void },
): Promise<void> {
  const admin = client.kafka.admin()
  await within(ANSWER_MS, 'connecting', admin.connect())
  for (const topic of topics) {
    const partitions = await partitionsOf(admin, topic.name) ?? await create(admin, topic, options)
    if (partitions !== 1) {
      throw unfit(topic, [`it has ${partitions} partitions and must have one, or the order of entries is lost`],
        'Partitions cannot be taken away: choose another prefix, or delete the topic if nothing in it is needed.')
    }
    await checkSettings(admin, topic, options.notify)
  }
}

async function partitionsOf(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const { topics } = await asked(`asking for topic ${topic}`, admin.fetchTopicMetadata({ topics: [topic] }))
    return topics[0]?.partitions.length
  } catch (error) {
    if (troubleOf(error, topic).code === 'LOG_UNFIT' && troubleOf(error, topic).again) return undefined
    throw error
  }
}

/** Where no broker answers in time, kafkajs reads a property of null. */
const asked = <T>(what: string, answer: Promise<T>): Promise<T> => within(ANSWER_MS, what, answer).catch((error: unknown) => {
  throw error instanceof TypeError ? new Error('no broker answers') : error
})

async function create(
  admin: Admin, topic: Topic, { listed, copies, notify }: { listed: number; copies?: number | undefined; notify: (text: string) => void },
): Promise<number> {
  const up = (await asked('asking for the brokers', admin.describeCluster())).brokers.length
  // On a cluster that is still starting, topics would be made with too few copies, for good.
  if (copies === undefined && up < Math.min(3, listed)) throw new Error(`${up} of ${listed} brokers are up: topic ${topic.name} is created when they all are`)
  const replication = copies ?? (up >= 3 ? 3 : 1)
  const inSync = Math.max(1, replication - 1)
  const settings = { ...wanted(topic), 'min.insync.replicas': String(inSync) }
  const made = await within(ANSWER_MS, `creating topic ${topic.name}`, admin.createTopics({
    timeout: 5000,
    // It would fail where a broker does not know the topic yet; that is looked at below, and tried again.
    waitForLeaders: false,
    topics: [{
      topic: topic.name,
      numPartitions: 1,
      replicationFactor: replication,
      configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
    }],
  }))
  if (made) {
    notify(`Topic ${topic.name} was created with ${replication} ${replication === 1 ? 'copy' : 'copies'}, of which ${inSync} must have an entry before it counts.` +
      (replication === 1 ? ' On one broker an entry is as safe as that machine: if it loses power, what it had not yet written to disk is lost.' : ''))
  }
  // Another process may have made it; in both cases it is there now, and is checked like any other.
  const partitions = await partitionsOf(admin, topic.name)
  if (partitions === undefined) throw new Error(`topic ${topic.name} was created and is not known to every broker yet`)
  return partitions
}

function wanted({ kind, retentionMs }: Topic): Record<string, string> {
  const both = { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'producer', 'unclean.leader.election.enable': 'false' }
  return kind === 'log'
    ? { ...both, 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs), 'retention.bytes': '-1' }
    : {
        ...both,
        'cleanup.policy': 'compact',
        'segment.ms': '3600000',
        'segment.bytes': '16777216',
        'min.cleanable.dirty.ratio': '0.1',
        'delete.retention.ms': '604800000',
      }
}

const all: readonly TopicKind[] = ['log', 'control', 'snapshots']

interface Rule {
  readonly setting: string
  readonly of: readonly TopicKind[]
  readonly fits: (value: string, topic: Topic) => boolean
  readonly why: string
  /** Said aloud only: it costs something but breaks no promise. */
  readonly harmless?: true
}

const rules: readonly Rule[] = [
  { setting: 'cleanup.policy', of: ['log'], fits: (value) => value === 'delete', why: 'compaction would drop entries that are needed' },
  { setting: 'cleanup.policy', of: ['control', 'snapshots'], fits: (value) => value === 'compact', why: 'a stop must stay for as long as it is in force, and a snapshot until the next' },
  { setting: 'message.timestamp.type', of: ['log'], fits: (value) => value === 'LogAppendTime', why: 'windows and limits are counted in the log\'s own time' },
  { setting: 'retention.ms', of: ['log'], fits: (value, topic) => atLeast(value, topic.retentionMs), why: 'entries would go before their time (`retention`)' },
  { setting: 'retention.bytes', of: ['log'], fits: (value) => Number(value) < 0, why: 'a busy day would push out entries before their time' },
  { setting: 'max.message.bytes', of: all, fits: (value) => Number(value) >= 1_000_000, why: 'batches have up to 800 kB' },
  { setting: 'compression.type', of: all, fits: (value) => ['producer', 'gzip', 'uncompressed'].includes(value), why: 'only gzip can be read back' },
  { setting: 'unclean.leader.election.enable', of: all, fits: (value) => value === 'false', why: 'a broker that fell behind could take over and lose what was acknowledged' },
  { setting: 'segment.bytes', of: ['control', 'snapshots'], fits: (value) => Number(value) <= 268_435_456, why: 'reading it takes long at every start, as what is newest is never compacted', harmless: true },
  { setting: 'segment.ms', of: ['control', 'snapshots'], fits: (value) => Number(value) <= 86_400_000, why: 'reading it takes long at every start, as what is newest is never compacted', harmless: true },
]

async function checkSettings(admin: Admin, topic: Topic, notify: (text: string) => void): Promise<void> {
  const { resources } = await within(ANSWER_MS, `asking for the settings of ${topic.name}`, admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: topic.name }],
  }))
  const settings = new Map(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]))
  const broken = rules.filter(({ setting, of, fits }) => {
    const value = settings.get(setting)
    return of.includes(topic.kind) && value !== undefined && !fits(value, topic)
  })
  const said = ({ setting, why }: Rule) => `${setting} is ${settings.get(setting)} (${why})`
  const refused = broken.filter(({ harmless }) => !harmless)
  if (refused.length > 0) {
    const right = wanted(topic)
    const changes = refused.map(({ setting }) => `${setting}=${right[setting] ?? 1048588}`).join(',')
    throw unfit(topic, refused.map(said), `Set it right: kafka-configs.sh --bootstrap-server … --alter --topic ${topic.name} --add-config ${changes}`)
  }
  for (const rule of broken) notify(`Topic ${topic.name}: ${said(rule)}. ${wanted(topic)[rule.setting]} is recommended.`)
}

function atLeast(value: string, least: number): boolean {
  return Number(value) < 0 || Number(value) >= least
}

function unfit(topic: Topic, reasons: readonly string[], remedy: string): LogError {
  return new LogError('LOG_UNFIT', `topic ${topic.name} would break a promise: ${reasons.join('; ')}. ${remedy}`)
}
