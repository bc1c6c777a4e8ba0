import { READ_UNCOMMITTED, type Broker, type FetchedRecord, type KafkaClient, type KafkaClients } from './kafka-client.ts'
import { within } from './kafka-stream.ts'
import type { Position } from './log.ts'

/** A fetch waits this long for something new. On a real broker it does not delay what comes. */
const FETCH_WAIT_MS = 200
/** The most that is asked for at once, counted as it is sent: compressed. */
export const FETCH_BYTES = 1024 * 1024
/** Longer than kafkajs's own time limits, which miss some failures. */
const ANSWER_MS = 2500

export interface Fetched {
  readonly records: readonly FetchedRecord[]
  /** Where to read on. Not the last record's position + 1: compaction may have taken a batch's last records. */
  readonly next: Position
  /** The end of the topic when this was fetched. */
  readonly highWatermark: Position
}

/** Reads partition 0 of a topic from its leader, with one client. Connects when first used; good until its first failure. */
export class KafkaReader {
  readonly #clients: KafkaClients
  readonly #topic: string
  #client: KafkaClient | undefined
  #leader: Broker | undefined
  #thrownAway = false

  constructor(clients: KafkaClients, topic: string) {
    this.#clients = clients
    this.#topic = topic
  }

  /** At least one batch, however large, and beyond it no more than `maxBytes`. */
  async fetch(position: Position, maxBytes: number): Promise<Fetched> {
    const leader = await this.#connected()
    const answer = await within(FETCH_WAIT_MS + ANSWER_MS, `reading ${this.#topic}`, leader.fetch({
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes,
      topics: [{ topic: this.#topic, partitions: [{ partition: 0, fetchOffset: String(position), maxBytes }] }],
    }))
    const { messages, highWatermark } = answer.responses[0]!.partitions[0]!
    const batch = messages.at(-1)?.batchContext
    const next = batch === undefined ? position : Number(batch.firstOffset) + batch.lastOffsetDelta + 1
    // The leader has more and sends none: never seen of a healthy one. To ask on and on would be silent and hot.
    if (next <= position && position < Number(highWatermark)) throw new Error(`topic ${this.#topic} goes on after ${position}, but nothing comes`)
    return { records: messages, next: Math.max(position, next), highWatermark: Number(highWatermark) }
  }

  /** The position of the oldest entry that is still there. */
  first(): Promise<Position> {
    return this.#offset('-2')
  }

  /** The position that the next entry gets. */
  end(): Promise<Position> {
    return this.#offset('-1')
  }

  throwAway(): void {
    this.#thrownAway = true
    this.#client?.throwAway()
  }

  async #offset(timestamp: '-1' | '-2'): Promise<Position> {
    const leader = await this.#connected()
    const answer = await within(ANSWER_MS, `asking for the end of ${this.#topic}`, leader.listOffsets({
      replicaId: -1,
      isolationLevel: READ_UNCOMMITTED,
      topics: [{ topic: this.#topic, partitions: [{ partition: 0, timestamp }] }],
    }))
    return Number(answer.responses[0]!.partitions[0]!.offset)
  }

  async #connected(): Promise<Broker> {
    if (this.#leader) return this.#leader
    const client = await this.#clients.next()
    if (this.#thrownAway) throw new Error('this reader was thrown away')
    this.#client = client
    this.#leader = await within(ANSWER_MS, `finding the leader of ${this.#topic}`, findLeader(client, this.#topic))
    return this.#leader
  }
}

async function findLeader(client: KafkaClient, topic: string): Promise<Broker> {
  const cluster = client.cluster()
  await cluster.connect()
  await cluster.addMultipleTargetTopics([topic])
  const nodeId = Object.keys(cluster.findLeaderForPartitions(topic, [0]))[0]
  if (nodeId === undefined || nodeId === '-1') throw new Error(`topic ${topic} has no leader at the moment`)
  return cluster.findBroker({ nodeId })
}
