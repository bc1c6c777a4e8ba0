/**
 * Large bodies are read by a thread of their own, one after another: what the main thread has to do for one of them comes
 * in small pieces, and a stop never waits for a parser. The thread is started when it is first needed.
 */
import { Worker } from 'node:worker_threads'
import type { Notification } from '../core/alert.ts'
import type { BigAnswer, BigOrder } from './big-worker.ts'
import { Refusal } from './errors.ts'
import type { Prepared } from './prepare.ts'
import { queueFull, Shares, type Share } from './shares.ts'

export const bigBytes = 256 * 1024
/** What one body may make of itself; beyond it the thread ends, and the body is refused. */
const memoryMb = 768
/** Far longer than the largest good body takes. */
const withinMs = 20_000

/** In a checkout beside this file, in a build under its folder's name. */
const script = import.meta.url.endsWith('.ts') ? new URL('./big-worker.ts', import.meta.url) : new URL('./http/big-worker.js', import.meta.url)

export interface BigBody {
  readonly body: Buffer
  readonly encoding: string | undefined
  readonly source: Notification['source']
  /** Of the line. */
  readonly share: Share
}

interface Waiting extends BigBody {
  resolve(prepared: Prepared): void
  reject(problem: unknown): void
}

export class BigBodies {
  readonly line: Shares
  readonly #line: Waiting[] = []
  #worker: Worker | undefined
  #current: { readonly id: number; readonly one: Waiting; readonly late: NodeJS.Timeout } | undefined
  #ids = 0

  constructor(most: number) {
    this.line = new Shares(most, 'Too many large bodies wait.', queueFull)
  }

  get waiting(): number {
    return this.#line.length
  }

  /** Takes the bytes of `body` away: nobody else reads them afterwards. Throws a Refusal where the body cannot be taken. */
  prepare(big: BigBody): Promise<Prepared> {
    big.share.take(1)
    return new Promise((resolve, reject) => {
      this.#line.push({ ...big, resolve, reject })
      this.#next()
    })
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #next(): void {
    if (this.#current !== undefined) return
    const one = this.#line.shift()
    if (one === undefined) return
    one.share.give(1)
    const id = ++this.#ids
    const late = setTimeout(() => void this.#worker?.terminate(), withinMs)
    this.#current = { id, one, late }
    // A body that came in one piece may lie in a pool that others share: then it is copied.
    const isWhole = one.body.byteLength === one.body.buffer.byteLength
    const body = isWhole ? new Uint8Array(one.body.buffer as ArrayBuffer) : Uint8Array.from(one.body)
    this.#thread().postMessage({ id, body, encoding: one.encoding, source: one.source } satisfies BigOrder, [body.buffer])
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: memoryMb } })
    worker.on('message', (answer: BigAnswer) => this.#answered(answer))
    worker.on('error', () => {}) // its end follows, and says enough
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      this.#settle()?.reject(new Refusal('BAD_JSON', 'The body cannot be read within the memory and the time that a notification may take.'))
    })
    worker.unref()
    return (this.#worker = worker)
  }

  #answered(answer: BigAnswer): void {
    if (this.#current?.id !== answer.id) return
    const one = this.#settle()!
    if ('prepared' in answer) one.resolve(answer.prepared)
    else if ('refused' in answer) one.reject(new Refusal(answer.refused.code, answer.refused.detail, { more: answer.refused.more }))
    else one.reject(new Error(answer.bug))
  }

  #settle(): Waiting | undefined {
    const current = this.#current
    if (current === undefined) return undefined
    clearTimeout(current.late)
    this.#current = undefined
    this.#next()
    return current.one
  }
}
