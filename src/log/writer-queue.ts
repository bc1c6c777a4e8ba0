/** What waits to be written, in order, already as text: so its size is known at the door and nothing is encoded twice. */
import { LogError, type Codec, type Position } from './log.ts'

/** One caller's facts. They stay together and in order. */
export interface Waiting<F, E> {
  readonly count: number
  facts: readonly F[]
  entries: E[]
  texts: string[]
  bytes: number
  readonly resolve: (position: Position) => void
  readonly reject: (error: unknown) => void
  settled: boolean
  queued: boolean
  unheed?: () => void
}

export interface Batch<F, E> {
  readonly waiting: readonly Waiting<F, E>[]
  readonly entries: readonly E[]
  readonly texts: readonly string[]
  readonly bytes: number
}

export interface QueueOptions<F, E> {
  readonly identity: string
  readonly codec: Codec<E>
  readonly stamp: (fact: F, by: string, n: number) => E
  /** What is refused first when much waits: its sender sends it again. The last tenth of the queue is for all else. */
  readonly yields?: (fact: F) => boolean
}

export interface QueueLimits {
  readonly batchEntries: number
  readonly batchBytes: number
  readonly entryBytes: number
  readonly queuedEntries: number
  readonly queuedBytes: number
}

const shareOfWhatYields = 0.9

export class WriterQueue<F, E> {
  identity: string
  entries = 0
  bytes = 0
  readonly #options: QueueOptions<F, E>
  readonly #limits: QueueLimits
  #queue: Waiting<F, E>[] = []
  #head = 0
  #n = 0

  constructor(options: QueueOptions<F, E>, limits: QueueLimits) {
    this.identity = options.identity
    this.#options = options
    this.#limits = limits
  }

  /**
   * Numbered here: nothing overtakes in the queue, so its order is the sending order. What is withdrawn or refused
   * leaves a gap, which means nothing.
   */
  add(facts: readonly F[], resolve: (position: Position) => void, reject: (error: unknown) => void): Waiting<F, E> {
    if (facts.length === 0) throw new TypeError('an append needs at least one fact')
    this.#refuseIfFull(facts)
    const waiting: Waiting<F, E> = { count: facts.length, facts, entries: [], texts: [], bytes: 0, resolve, reject, settled: false, queued: true }
    this.#write(waiting)
    this.#refuseIfTooLarge(waiting)
    this.#queue.push(waiting)
    this.entries += facts.length
    this.bytes += waiting.bytes
    return waiting
  }

  /** The next batch: as much as fits of what waits. */
  take(): Batch<F, E> | undefined {
    const { batchEntries, batchBytes } = this.#limits
    const batch = { waiting: [] as Waiting<F, E>[], entries: [] as E[], texts: [] as string[], bytes: 0 }
    while (this.#head < this.#queue.length) {
      const waiting = this.#queue[this.#head]!
      if (waiting.queued) {
        const fits = batch.entries.length + waiting.count <= batchEntries && batch.bytes + waiting.bytes <= batchBytes
        if (!fits) break
        this.#leave(waiting)
        batch.waiting.push(waiting)
        batch.entries.push(...waiting.entries)
        batch.texts.push(...waiting.texts)
        batch.bytes += waiting.bytes
      }
      this.#head++
    }
    this.#compact()
    return batch.waiting.length > 0 ? batch : undefined
  }

  /** True if it was still queued, and so never will be sent. */
  withdraw(waiting: Waiting<F, E>): boolean {
    if (!waiting.queued) return false
    this.#leave(waiting)
    return true
  }

  renew(identity: string): void {
    this.identity = identity
    this.#n = 0
    for (let index = this.#head; index < this.#queue.length; index++) {
      const waiting = this.#queue[index]!
      if (!waiting.queued) continue
      this.bytes -= waiting.bytes
      this.#write(waiting)
      this.bytes += waiting.bytes
    }
  }

  clear(): readonly Waiting<F, E>[] {
    const left = this.#queue.slice(this.#head).filter(({ queued }) => queued)
    for (const waiting of left) this.#leave(waiting)
    this.#queue = []
    this.#head = 0
    return left
  }

  #write(waiting: Waiting<F, E>): void {
    const { stamp, codec } = this.#options
    waiting.entries = []
    waiting.texts = []
    waiting.bytes = 0
    for (const fact of waiting.facts) {
      const entry = stamp(fact, this.identity, ++this.#n)
      const text = codec.encode(entry)
      waiting.entries.push(entry)
      waiting.texts.push(text)
      waiting.bytes += Buffer.byteLength(text)
    }
  }

  #leave(waiting: Waiting<F, E>): void {
    waiting.queued = false
    this.entries -= waiting.count
    this.bytes -= waiting.bytes
  }

  /** A flood of webhooks never keeps a stop, or what came of a step, from the log. */
  #refuseIfFull(facts: readonly F[]): void {
    const { queuedEntries, queuedBytes } = this.#limits
    const share = facts.every((fact) => this.#options.yields?.(fact)) ? shareOfWhatYields : 1
    if (this.entries + facts.length <= queuedEntries * share && this.bytes < queuedBytes * share) return
    throw new LogError('LOG_BUSY', `${this.entries} entries (${this.bytes} bytes) wait to be written already. Send again later.`)
  }

  #refuseIfTooLarge({ texts, bytes }: Waiting<F, E>): void {
    const { entryBytes, batchBytes, batchEntries } = this.#limits
    const large = texts.find((text) => text.length * 3 > entryBytes && Buffer.byteLength(text) > entryBytes)
    if (large !== undefined) {
      throw new LogError('LOG_TOO_LARGE', `An entry of ${Buffer.byteLength(large)} bytes is more than the ${entryBytes} that are taken. Send it in parts.`)
    }
    if (texts.length > batchEntries || bytes > batchBytes) {
      throw new LogError('LOG_TOO_LARGE', `${texts.length} entries of ${bytes} bytes do not fit into one batch of ${batchEntries} `
        + `entries and ${batchBytes} bytes. Append them in parts.`)
    }
  }

  /** What was taken is let go of, now and then: an append costs O(1) in the long run. */
  #compact(): void {
    if (this.#head < this.#queue.length && this.#head < 1_000) return
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
  }
}

/**
 * Of who has his answer nothing is kept but how many facts it was. To the collector a place that he had in a table which has
 * grown old still holds him, and with him all this, for far longer than a commit takes.
 */
export function letGo(waiting: Waiting<unknown, unknown>): void {
  waiting.facts = []
  waiting.entries = []
  waiting.texts = []
}
