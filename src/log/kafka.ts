import { KafkaAppender } from './kafka-append.ts'
import { KafkaClients, type KafkaPlace, type KafkaSecurity } from './kafka-client.ts'
import { followKafka } from './kafka-follow.ts'
import { Outage } from './kafka-outage.ts'
import { Own } from './kafka-own.ts'
import { KafkaReader } from './kafka-reader.ts'
import { PAUSE_MS, pause, untilAborted, type KafkaStream } from './kafka-stream.ts'
import { makeSureOfTopics, type Topic } from './kafka-topic.ts'
import { Patience, troubleOf } from './kafka-trouble.ts'
import { LogError, type Codec, type Log } from './log.ts'
import { snapshotPieceCodec, type SnapshotPiece } from './snapshot-log.ts'

export type { KafkaSecurity } from './kafka-client.ts'

export interface KafkaOptions<L, C> {
  /** `host:port` of some brokers of the cluster. All of them, if they are three or less. */
  readonly brokers: readonly string[]
  /** The topics are `<prefix>-log`, `<prefix>-control` and `<prefix>-snapshots`. */
  readonly prefix: string
  readonly log: Codec<L>
  readonly control: Codec<C>
  /** How long the log is kept: 30 days, if not given. */
  readonly retentionMs?: number
  /** Copies of each topic when it is created; if not given, 3 where there are three brokers, else 1. */
  readonly copies?: number
  /** TLS and SASL, asked for at every new connection. */
  readonly security?: () => KafkaSecurity
  /** After this an append that Kafka does not take rejects: 5 s, if not given. */
  readonly giveUpMs?: number
  /** After this people are called because of a refusal that may also be a broker that just started: 10 s, if not given. */
  readonly patienceMs?: number
  /** What people should know: an outage and its end, topics made, weak settings. */
  readonly notify: (text: string) => void
}

export interface KafkaStreams<L, C> {
  readonly log: Log<L>
  readonly control: Log<C>
  readonly snapshots: Log<SnapshotPiece>
  /** Resolves when Kafka is there and the topics are fit. Rejects with LogError where only a person can help. */
  readonly ready: Promise<void>
  /** Why Kafka does not serve at the moment; undefined while it does. */
  readonly trouble: string | undefined
  close(): Promise<void>
}

/**
 * The log on Kafka: topics of one partition each. Comes back at once, whether Kafka is there or not: until it is, people
 * are told, appends reject after `giveUpMs` and followers wait.
 */
export function kafkaStreams<L, C>(options: KafkaOptions<L, C>): KafkaStreams<L, C> {
  const place: KafkaPlace = { brokers: options.brokers, security: options.security }
  const topics = topicsOf(options)
  const outage = new Outage({ where: options.brokers.join(','), notify: options.notify })
  const closing = new AbortController()
  const { giveUpMs = 5000, patienceMs = 10_000 } = options
  const ready = untilReady({ ...options, patienceMs, place, topics, outage, signal: closing.signal })
  ready.catch(() => {})
  const open = <E>(topic: Topic, codec: Codec<E>): Log<E> =>
    new KafkaLog({ topic: topic.name, kind: topic.kind, codec, own: new Own(codec), clients: new KafkaClients(place), outage, notify: options.notify, ready, giveUpMs, patienceMs })
  const log = open(topics[0], options.log)
  const control = open(topics[1], options.control)
  const snapshots = open(topics[2], snapshotPieceCodec)
  return {
    log,
    control,
    snapshots,
    ready,
    get trouble() {
      return outage.why
    },
    async close() {
      closing.abort()
      await Promise.all([log.close(), control.close(), snapshots.close()])
    },
  }
}

class KafkaLog<E> implements Log<E> {
  readonly #stream: KafkaStream<E>
  readonly #appender: KafkaAppender<E>
  readonly #closing = new AbortController()

  constructor(stream: KafkaStream<E>) {
    this.#stream = stream
    this.#appender = new KafkaAppender(stream)
  }

  append(entries: readonly E[], texts?: readonly string[]) {
    return this.#appender.append(entries, texts)
  }

  follow(from: number, signal: AbortSignal) {
    return followKafka(this.#stream, from, AbortSignal.any([signal, this.#closing.signal]))
  }

  async end() {
    const { topic, clients, ready, giveUpMs } = this.#stream
    const until = performance.now() + giveUpMs
    for (;;) {
      const reader = new KafkaReader(clients, topic)
      try {
        await untilAborted(ready, AbortSignal.any([this.#closing.signal, AbortSignal.timeout(giveUpMs)]))
        return await reader.end()
      } catch (error) {
        if (error instanceof LogError) throw error
        const trouble = troubleOf(error, topic)
        if (!trouble.again || performance.now() >= until) throw new LogError(trouble.code, trouble.text, { cause: error })
        await pause(PAUSE_MS, this.#closing.signal)
      } finally {
        reader.throwAway()
      }
    }
  }

  async close() {
    this.#closing.abort()
    await this.#appender.close()
  }
}

/** Tries until Kafka is there. The pause grows, as an address that is wrong stays wrong for a while. */
async function untilReady({ place, topics, outage, signal, copies, notify, patienceMs }: {
  place: KafkaPlace; topics: readonly Topic[]; outage: Outage; signal: AbortSignal; copies?: number; notify: (text: string) => void
  patienceMs: number
}): Promise<void> {
  const clients = new KafkaClients(place)
  const patience = new Patience(patienceMs)
  for (let waitMs = PAUSE_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, 1000)) {
    const client = await clients.next()
    try {
      await makeSureOfTopics(client, topics, { listed: place.brokers.length, copies, notify })
      outage.worked('starting')
      return
    } catch (error) {
      if (error instanceof LogError) throw error
      const trouble = troubleOf(error, topics[0]!.name)
      outage.failed('starting', trouble.text)
      if (!trouble.again || patience.over(trouble.code)) throw new LogError(trouble.code, trouble.text, { cause: error })
      await pause(waitMs, signal)
    } finally {
      client.throwAway()
    }
  }
  throw new LogError('LOG_CLOSED', 'the log was closed before Kafka was there')
}

function topicsOf({ prefix, retentionMs = 30 * 24 * 3600_000 }: { prefix: string; retentionMs?: number }): readonly [Topic, Topic, Topic] {
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(prefix)) {
    throw new LogError('LOG_UNFIT', `"${prefix}" cannot begin the name of a topic: letters, digits, dot, dash and underscore, 1 to 200 of them`)
  }
  return [
    { name: `${prefix}-log`, kind: 'log', retentionMs }, { name: `${prefix}-control`, kind: 'control', retentionMs },
    { name: `${prefix}-snapshots`, kind: 'snapshots', retentionMs },
  ]
}
