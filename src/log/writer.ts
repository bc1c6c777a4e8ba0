/**
 * What every part of a server appends through: many small appends become few commits. A batch is whatever queued while
 * the last one was in flight, so nothing ever waits for a timer, and the busier it is the larger the batches.
 *
 * An append's life:  queued → in flight → landed
 *   queued:    its deadline or signal withdraws it. It is rejected, landed 'no'.
 *   in flight: its deadline or signal rejects it, landed 'maybe': nobody knows, and the batch goes on without it.
 * A batch is said again unchanged until it lands; one is in flight at a time, or a resend would overtake. Readers drop
 * what came twice by the numbers (`n` per identity), which therefore are given in sending order and never again.
 */
import { realClock, type Clock } from './clock.ts'
import { LogError, type Codec, type Log, type Position } from './log.ts'
import { Deadlines } from './writer-deadlines.ts'
import { letGo, WriterQueue, type Waiting } from './writer-queue.ts'
import { sendBatch, type Sent } from './writer-send.ts'

export interface WriterOptions<F, E> {
  /** A UUIDv7, new at every start: the `by` of every entry. */
  readonly identity: string
  readonly codec: Codec<E>
  /** Makes an entry of a fact. */
  readonly stamp: (fact: F, by: string, n: number) => E
  /** Of which facts the senders send again: see `QueueOptions`. */
  readonly yields?: (fact: F) => boolean
  readonly clock?: Clock
  readonly limits?: Partial<WriterLimits>
  /** Told of every batch that landed. */
  readonly onLanded?: (sent: Sent) => void
}

export interface WriterLimits {
  readonly batchEntries: number
  readonly batchBytes: number
  readonly entryBytes: number
  /** What may wait, the batch in flight not counted. Beyond it an append is refused at once. */
  readonly queuedEntries: number
  readonly queuedBytes: number
  /** How long a keeper may leave one attempt unanswered before the batch is said again. */
  readonly attemptMs: number
  /** How long `close` waits for what is still to be written. */
  readonly closeMs: number
}

const defaultLimits: WriterLimits = {
  batchEntries: 500, batchBytes: 800_000, entryBytes: 256_000,
  queuedEntries: 20_000, queuedBytes: 32_000_000, attemptMs: 30_000, closeMs: 5_000,
}

/** For metrics. Counts are since the start. */
export interface WriterStats {
  readonly queuedEntries: number
  readonly queuedBytes: number
  readonly inFlightEntries: number
  readonly batches: number
  readonly entries: number
  readonly bytes: number
  /** Attempts that failed and were followed by another. */
  readonly repeats: number
  readonly givenUp: number
  /** Appends refused because too much waited, and those whose time was over. */
  readonly busy: number
  readonly late: number
  /** Since when nothing could be written, on the clock's `steady`, and why; absent when all is well. */
  readonly failing?: { readonly since: number; readonly error: Error }
}

export interface AppendOptions {
  readonly signal?: AbortSignal
  /** From now. Without one an append waits for as long as it takes. */
  readonly deadlineMs?: number
}

export const createWriter = <F, E>(log: Log<E>, options: WriterOptions<F, E>): Writer<F, E> => new Writer(log, options)

export class Writer<F, E> {
  readonly #log: Log<E>
  readonly #options: WriterOptions<F, E>
  readonly #limits: WriterLimits
  readonly #clock: Clock
  readonly #queue: WriterQueue<F, E>
  readonly #deadlines: Deadlines<Waiting<F, E>>
  readonly #giveUp = new AbortController()
  readonly #count = { batches: 0, entries: 0, bytes: 0, repeats: 0, givenUp: 0, busy: 0, late: 0 }
  #inFlight: readonly Waiting<F, E>[] = []
  #failing: { since: number; error: Error } | undefined
  #sending: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(log: Log<E>, options: WriterOptions<F, E>) {
    this.#log = log
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#clock = options.clock ?? realClock
    this.#queue = new WriterQueue(options, this.#limits)
    this.#deadlines = new Deadlines(this.#clock, (waiting) => this.#late(waiting, 'its deadline passed'))
  }

  get identity(): string {
    return this.#queue.identity
  }

  get stats(): WriterStats {
    const { entries: queuedEntries, bytes: queuedBytes } = this.#queue
    const inFlightEntries = this.#inFlight.reduce((sum, { count }) => sum + count, 0)
    return { ...this.#count, queuedEntries, queuedBytes, inFlightEntries, ...(this.#failing && { failing: this.#failing }) }
  }

  /**
   * All of `facts` in one batch, in order. Resolves with the position of the last of them once they are durable, as
   * sent by this call: a reader may see them at an earlier place, where an attempt landed that was reported as failed.
   */
  append(facts: readonly F[], { signal, deadlineMs }: AppendOptions = {}): Promise<Position> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== undefined) return reject(closedError('no'))
      if (signal?.aborted === true) return reject(this.#lateError('it was called off', 'no', signal.reason))
      const waiting = this.#enqueue(facts, resolve, reject)
      if (deadlineMs !== undefined) this.#deadlines.add(waiting, deadlineMs)
      if (signal !== undefined) this.#heed(signal, waiting)
      this.#sending ??= Promise.resolve().then(() => this.#send())
    })
  }

  /** The process begins anew under this identity, its numbers from 1. What is in flight keeps the old ones. */
  renew(identity: string): void {
    this.#queue.renew(identity)
  }

  /** Takes no more, waits `closeMs` for what is still to be written, gives up the rest. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Throws what the caller is to be told: too large, too much waiting, cannot be written as text. */
  #enqueue(facts: readonly F[], resolve: (position: Position) => void, reject: (error: unknown) => void): Waiting<F, E> {
    try {
      return this.#queue.add(facts, resolve, reject)
    } catch (error) {
      if (error instanceof LogError && error.code === 'LOG_BUSY') this.#count.busy++
      throw error
    }
  }

  async #send(): Promise<void> {
    for (let batch = this.#queue.take(); batch !== undefined; batch = this.#queue.take()) {
      this.#inFlight = batch.waiting
      const began = this.#clock.steady()
      try {
        const attempt = { log: this.#log, clock: this.#clock, attemptMs: this.#limits.attemptMs, signal: this.#giveUp.signal }
        const { last, attempts } = await sendBatch(batch, attempt, (error) => this.#failed(error))
        this.#landed(batch.waiting, last)
        this.#count.batches++
        this.#count.entries += batch.entries.length
        this.#count.bytes += batch.bytes
        this.#options.onLanded?.({ entries: batch.entries.length, bytes: batch.bytes, attempts, tookMs: this.#clock.steady() - began })
      } catch (error) {
        this.#count.givenUp++
        this.#failing = { since: this.#failing?.since ?? this.#clock.steady(), error: error as Error }
        for (const waiting of batch.waiting) this.#settle(waiting)?.reject(error)
      }
      this.#inFlight = []
    }
    this.#sending = undefined
  }

  #landed(batch: readonly Waiting<F, E>[], last: Position): void {
    this.#failing = undefined
    let position = last
    for (let index = batch.length - 1; index >= 0; index--) {
      const waiting = batch[index]!
      const settled = this.#settle(waiting)
      settled?.resolve(position)
      position -= waiting.count
    }
  }

  #failed(error: Error): void {
    this.#count.repeats++
    this.#failing = { since: this.#failing?.since ?? this.#clock.steady(), error }
  }

  #late(waiting: Waiting<F, E>, why: string, cause?: unknown): void {
    const withdrawn = this.#queue.withdraw(waiting)
    const settled = this.#settle(waiting)
    if (settled === undefined) return
    this.#count.late++
    settled.reject(this.#lateError(why, withdrawn ? 'no' : 'maybe', cause))
  }

  #lateError(why: string, landed: 'no' | 'maybe', cause?: unknown): LogError {
    const what = landed === 'no' ? 'Not written' : 'Not known to be written'
    const trouble = this.#failing === undefined ? '' : ` The log cannot be written now: ${this.#failing.error.message}`
    return new LogError('LOG_LATE', `${what}: ${why}.${trouble}`, { landed, cause: cause ?? this.#failing?.error })
  }

  #heed(signal: AbortSignal, waiting: Waiting<F, E>): void {
    const abort = (): void => this.#late(waiting, 'it was called off', signal.reason)
    signal.addEventListener('abort', abort)
    waiting.unheed = () => signal.removeEventListener('abort', abort)
  }

  /** Undefined if its caller was answered before. */
  #settle(waiting: Waiting<F, E>): Waiting<F, E> | undefined {
    if (waiting.settled) return undefined
    waiting.settled = true
    letGo(waiting)
    waiting.unheed?.()
    this.#deadlines.remove(waiting)
    return waiting
  }

  async #close(): Promise<void> {
    const cancel = this.#clock.after(this.#limits.closeMs, () => this.#abandon())
    await this.#sending
    cancel()
    this.#abandon()
    this.#deadlines.close()
  }

  #abandon(): void {
    for (const waiting of this.#queue.clear()) this.#settle(waiting)?.reject(closedError('no'))
    this.#giveUp.abort()
  }
}

const closedError = (landed: 'no' | 'maybe'): LogError => new LogError('LOG_CLOSED', 'The server is stopping: nothing more is written.', { landed })
