import { setTimeout as sleep } from 'node:timers/promises'
import type { Message, Producer } from 'kafkajs'
import { loadKafkajs, type KafkaClient } from './kafka-client.ts'
import { PAUSE_MS, within, type KafkaStream } from './kafka-stream.ts'
import { troubleOf } from './kafka-trouble.ts'
import { LogError, type Position } from './log.ts'

/** kafkajs groups records in quadratic time, and a broker takes a batch of a little over 1 MB by default. */
const MAX_BATCH_RECORDS = 500
const MAX_BATCH_BYTES = 800_000
const MAX_RECORD_BYTES = 256 * 1024
/** What may wait for Kafka. Above it is a writer that has one batch under way, so this is only ever reached by a mistake. */
const MAX_QUEUED_BYTES = 64_000_000
/** One try: connect, find the leader, send. Longer means a broker that does not answer. */
const TRY_MS = 2500

/**
 * Appends to one topic, one `sendBatch` in flight; the next takes what has queued. A batch that fails is said again by
 * a new client until `giveUpMs` have passed; then it rejects, and with it all that waits behind it, so that nothing
 * overtakes a batch that its writer will say again.
 */
export class KafkaAppender<E> {
  readonly #stream: KafkaStream<E>
  readonly #closing = new AbortController()
  readonly #queue: Piece[] = []
  #queuedBytes = 0
  #sending: Promise<void> | undefined
  #connected: { client: KafkaClient; producer: Producer } | undefined

  constructor(stream: KafkaStream<E>) {
    this.#stream = stream
  }

  async append(entries: readonly E[], texts?: readonly string[]): Promise<Position> {
    if (this.#closing.signal.aborted) throw new LogError('LOG_CLOSED', 'the log is closed')
    if (entries.length === 0) throw new TypeError('an append of nothing')
    const pieces = cut(entries.map((entry, index) => this.#record(entry, texts?.[index])))
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0)
    if (this.#queuedBytes + bytes > MAX_QUEUED_BYTES) {
      throw new LogError('LOG_BUSY', `${Math.round(this.#queuedBytes / 1e6)} MB wait for Kafka already: no more is taken until it takes some`)
    }
    this.#queuedBytes += bytes
    this.#queue.push(...pieces)
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined))
    const results = await Promise.allSettled(pieces.map(({ sent }) => sent.promise))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw results[0]?.status === 'fulfilled' ? landedInPart(failed.reason) : failed.reason
    return results.reduce((_, result) => (result as PromiseFulfilledResult<Position>).value, 0)
  }

  /** Takes nothing more, sends what waits, closes the connections. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#sending
    this.#throwAway()
  }

  #record(entry: E, text = this.#stream.codec.encode(entry)): Sendable {
    const { codec, kind, own, topic } = this.#stream
    const key = codec.key(entry)
    if (kind !== 'log' && !key) throw new TypeError(`an entry of kind ${codec.kind(entry)} has no key, and ${topic} keeps the latest of each key`)
    const bytes = Buffer.byteLength(text) + Buffer.byteLength(key)
    if (bytes > MAX_RECORD_BYTES) {
      throw new LogError('LOG_TOO_LARGE', `an entry of kind ${codec.kind(entry)} has ${bytes} bytes; Kafka is given at most ${MAX_RECORD_BYTES} in one record`)
    }
    own.keep(text, entry)
    return { bytes, message: { key: key || null, value: text || null, headers: { kind: codec.kind(entry) } } }
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#take()
      try {
        let next = await this.#send(batch.flatMap(({ records }) => records))
        for (const piece of batch) {
          next += piece.records.length
          piece.sent.resolve(next - 1)
        }
      } catch (error) {
        for (const piece of batch) piece.sent.reject(error)
        const behind = this.#queue.splice(0)
        this.#queuedBytes = 0
        const { code, message } = error as LogError
        // Never sent, so it has surely not landed.
        for (const piece of behind) piece.sent.reject(new LogError(code, message, { landed: 'no', cause: error }))
      }
    }
  }

  #take(): Piece[] {
    let records = 0
    let bytes = 0
    let count = 0
    for (const piece of this.#queue) {
      records += piece.records.length
      bytes += piece.bytes
      if (count > 0 && (records > MAX_BATCH_RECORDS || bytes > MAX_BATCH_BYTES)) break
      count++
    }
    const taken = this.#queue.splice(0, count)
    for (const piece of taken) this.#queuedBytes -= piece.bytes
    return taken
  }

  /** The one rule: throw the client away, take a new one from the next broker, say the same batch again. */
  async #send(records: Message[]): Promise<number> {
    const { topic, outage, giveUpMs } = this.#stream
    const until = performance.now() + giveUpMs
    let landed: 'no' | 'maybe' = 'no'
    for (;;) {
      let asked = false
      try {
        await this.#untilReady(until)
        const { producer } = this.#connected ?? await within(TRY_MS, 'connecting', this.#connect())
        asked = true
        const first = await within(TRY_MS, `appending to ${topic}`, this.#sendOnce(producer, records))
        outage.worked(`appending to ${topic}`)
        return first
      } catch (error) {
        this.#throwAway()
        if (error instanceof LogError) throw error
        const trouble = troubleOf(error, topic)
        if (asked && !trouble.refused) landed = 'maybe'
        outage.failed(`appending to ${topic}`, trouble.text)
        const enough = !trouble.again || performance.now() + PAUSE_MS >= until
        if (enough) throw new LogError(trouble.code, trouble.text, { landed, cause: error })
        await sleep(PAUSE_MS)
      }
    }
  }

  async #untilReady(until: number): Promise<void> {
    const { ready, outage, topic } = this.#stream
    await within(until - performance.now(), `checking topic ${topic}`, ready).catch((error) => {
      throw error instanceof LogError ? error : new Error(outage.why ?? error.message)
    })
  }

  async #sendOnce(producer: Producer, messages: Message[]): Promise<number> {
    const { topic, kind } = this.#stream
    const { CompressionTypes } = await loadKafkajs()
    const [answer] = await producer.sendBatch({
      acks: -1,
      timeout: 1500,
      compression: kind === 'log' ? CompressionTypes.GZIP : CompressionTypes.None,
      topicMessages: [{ topic, messages }],
    })
    return Number(answer!.baseOffset)
  }

  async #connect(): Promise<{ client: KafkaClient; producer: Producer }> {
    const client = await this.#stream.clients.next()
    const producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      // Never idempotent: kafkajs's numbering loses records silently after some failures. Readers drop what comes twice.
      idempotent: false,
      createPartitioner: () => () => 0,
    })
    this.#connected = { client, producer }
    await producer.connect()
    return this.#connected
  }

  #throwAway(): void {
    this.#connected?.client.throwAway()
    this.#connected = undefined
  }
}

interface Sendable {
  readonly bytes: number
  readonly message: Message
}

/** Records of one `append` that go in one batch. */
interface Piece {
  readonly records: Message[]
  readonly bytes: number
  readonly sent: PromiseWithResolvers<Position>
}

function cut(records: readonly Sendable[]): Piece[] {
  const pieces: Piece[] = []
  let messages: Message[] = []
  let bytes = 0
  const close = () => pieces.push({ records: messages, bytes, sent: Promise.withResolvers() })
  for (const record of records) {
    if (messages.length === MAX_BATCH_RECORDS || (messages.length > 0 && bytes + record.bytes > MAX_BATCH_BYTES)) {
      close()
      messages = []
      bytes = 0
    }
    messages.push(record.message)
    bytes += record.bytes
  }
  if (messages.length > 0) close()
  return pieces
}

function landedInPart(reason: unknown): unknown {
  return reason instanceof LogError ? new LogError(reason.code, reason.message, { landed: 'maybe', cause: reason.cause }) : reason
}
