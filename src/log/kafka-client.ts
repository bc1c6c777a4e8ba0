import { createRequire } from 'node:module'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { constants, gzip, unzip } from 'node:zlib'
import { promisify } from 'node:util'
import type { Kafka, SASLOptions } from 'kafkajs'
import { LogError } from './log.ts'

/** TLS and SASL as kafkajs takes them. */
export interface KafkaSecurity {
  readonly ssl?: ConnectionOptions | boolean
  readonly sasl?: SASLOptions
}

/** Where Kafka is, and with what right we come. */
export interface KafkaPlace {
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[]
  /** Asked anew for every client, so that a password or certificate that was replaced is taken up. */
  readonly security?: (() => KafkaSecurity) | undefined
}

/**
 * One kafkajs client, good until its first failure: then it is thrown away and the next one is made
 * (docs/decisions/0003-throw-the-client-away.md).
 */
export class KafkaClient {
  readonly kafka: Kafka
  readonly #sockets = new Set<Socket>()
  #thrownAway = false

  private constructor(kafkajs: Kafkajs, brokers: string[], { ssl, sasl }: KafkaSecurity) {
    this.kafka = new kafkajs.Kafka({
      clientId: 'paramedic',
      brokers,
      ...ssl === undefined ? {} : { ssl },
      // A copy: kafkajs writes into it.
      ...sasl === undefined ? {} : { sasl: { ...sasl } },
      connectionTimeout: 1000,
      authenticationTimeout: 1500,
      requestTimeout: 1500,
      retry: { retries: 0 },
      logLevel: kafkajs.logLevel.NOTHING,
      socketFactory: (where) => this.#connect(where),
    })
  }

  static async make(place: KafkaPlace, turn: number): Promise<KafkaClient> {
    const first = turn % place.brokers.length
    // kafkajs always dials the first of the list, so the list is turned.
    const brokers = [...place.brokers.slice(first), ...place.brokers.slice(0, first)]
    return new KafkaClient(await loadKafkajs(), brokers, place.security?.() ?? {})
  }

  /** The part of kafkajs that reads without a consumer group (docs/decisions/0002-read-kafka-without-a-group.md). */
  cluster(): Cluster {
    const create = (this.kafka as unknown as Record<symbol, CreateCluster | undefined>)[clusterSymbol(this.kafka)]
    return create!({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, maxInFlightRequests: null, isolationLevel: READ_UNCOMMITTED })
  }

  /** Every connection is closed at once and every pending request fails. What kafkajs still tries cannot connect again. */
  throwAway(): void {
    this.#thrownAway = true
    // As an error: only then does kafkajs fail its requests and end its timers. A farewell would wait for a frozen broker.
    for (const socket of this.#sockets) socket.destroy(new Error('this client was thrown away'))
  }

  #connect({ host, port, ssl, onConnect }: { host: string; port: number; ssl: ConnectionOptions; onConnect: () => void }): Socket {
    if (this.#thrownAway) throw new Error('this client was thrown away')
    const name = isIP(host) ? {} : { servername: host }
    const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connectPlain({ host, port }, onConnect)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    return socket
  }
}

/** Gives clients, each from the next broker of the list. */
export class KafkaClients {
  readonly #place: KafkaPlace
  #turn = 0

  constructor(place: KafkaPlace) {
    this.#place = place
  }

  next(): Promise<KafkaClient> {
    return KafkaClient.make(this.#place, this.#turn++)
  }
}

type Kafkajs = typeof import('kafkajs')

let loading: Promise<Kafkajs> | undefined

/** kafkajs is loaded when Kafka is used, not before: it costs time and memory that the embedded log does not need. */
export function loadKafkajs(): Promise<Kafkajs> {
  loading ??= load()
  return loading
}

async function load(): Promise<Kafkajs> {
  const kafkajs = (await import('kafkajs')).default
  clusterSymbol(new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING }))
  const inside = createRequire(import.meta.url)
  armTimersOnlyWhenNeeded(inside('kafkajs/src/network/requestQueue') as { prototype: RequestQueue })
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.GZIP] = () => fastGzip
  return kafkajs
}

/**
 * Level 1: the log's time goes into compressing, and the higher levels win little on entries that resemble each other.
 * Pieces as large as a batch: between each two of them a thread and this one wait for each other.
 */
const pieces = { chunkSize: 1 << 20 }
const fastGzip = {
  compress: ({ buffer }: { buffer: Buffer }) => promisify(gzip)(buffer, { ...pieces, level: constants.Z_BEST_SPEED }),
  decompress: (buffer: Buffer) => promisify(unzip)(buffer, pieces),
}

function clusterSymbol(kafka: Kafka): symbol {
  const found = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster')
  if (found) return found
  throw new LogError('LOG_UNFIT', 'this kafkajs is not the one that Paramedic was written for: install kafkajs 2.2.4, as package.json says')
}

/**
 * kafkajs re-arms a timer of 1 ms for ever while nothing waits, which costs 4 % of a core and, with the negative time
 * that it computes, a warning. This arms one only when a request waits or the broker asked us to slow down.
 */
function armTimersOnlyWhenNeeded(queue: { prototype: RequestQueue }): void {
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    const throttledForMs = this.throttledUntil - Date.now()
    if (this.throttleCheckTimeoutId || (this.pending.length === 0 && throttledForMs <= 0)) return
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    }, throttledForMs > 0 ? throttledForMs : 10)
  }
}

/**
 * Reading stops at the high watermark, so that what is read is on enough brokers to stay. Waiting for transactions on
 * top of that ("read committed") would let a stranger's transaction that never ends stop every reader.
 */
export const READ_UNCOMMITTED = 0

type CreateCluster = (options: {
  metadataMaxAge: number
  allowAutoTopicCreation: boolean
  maxInFlightRequests: null
  isolationLevel: number
}) => Cluster

/** What we use of kafkajs's own Cluster, which has no public type. */
export interface Cluster {
  connect(): Promise<void>
  addMultipleTargetTopics(topics: string[]): Promise<void>
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(which: { nodeId: string }): Promise<Broker>
}

export interface Broker {
  fetch(request: {
    isolationLevel: number
    maxWaitTime: number
    minBytes: number
    maxBytes: number
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[]
  }): Promise<{ responses: { partitions: FetchedPartition[] }[] }>
  listOffsets(request: {
    replicaId: number
    isolationLevel: number
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[]
  }): Promise<{ responses: { partitions: { offset: string }[] }[] }>
}

export interface FetchedPartition {
  readonly highWatermark: string
  readonly messages: readonly FetchedRecord[]
}

export interface FetchedRecord {
  readonly offset: string
  readonly timestamp: string
  readonly value: Buffer | null
  readonly isControlRecord: boolean
  readonly batchContext: { readonly firstOffset: string; readonly lastOffsetDelta: number }
}

interface RequestQueue {
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  pending: unknown[]
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}
