/** The main thread's end of one worker: questions and answers by number. */
import { Worker } from 'node:worker_threads'
import { LogError } from './log.ts'
import type { Opened } from './sqlite-file.ts'
import { troubleError } from './sqlite-trouble.ts'
import type { CommitFrom, FromWorker, ToWorker, WorkerOrder } from './sqlite-worker.ts'

/** Longer than any disk should hang; then the thread is left to its fate. */
const closeMs = 10_000

/** In a checkout beside this file, in a build under its folder's name: see `package.json`, "build". */
const script = import.meta.url.endsWith('.ts')
  ? new URL('./sqlite-worker.ts', import.meta.url)
  : new URL('./log/sqlite-worker.js', import.meta.url)

type Answer = Exclude<FromWorker, { kind: 'trouble' }>
/** Without its number, which is given here. */
export type Question =
  | { readonly kind: 'commit'; readonly at: number; readonly count: number; readonly from: CommitFrom }
  | { readonly kind: 'read'; readonly from: number }

export class SqliteThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: LogError): void }>()
  readonly #exited: Promise<void>
  #id = 0
  #gone: LogError | undefined

  /** Resolves when the file is open, rejects with the reason why it is not. */
  static async start(order: WorkerOrder): Promise<{ thread: SqliteThread; opened: Opened }> {
    const thread = new SqliteThread(order)
    try {
      const answer = await new Promise<Answer>((resolve, reject) => thread.#waiting.set(0, { resolve, reject }))
      if (answer.kind !== 'opened') throw new TypeError('a thread that is open says so first')
      return { thread, opened: answer.opened }
    } catch (error) {
      await thread.#exited
      throw error
    }
  }

  private constructor(order: WorkerOrder) {
    this.#worker = new Worker(script, { workerData: order })
    this.#worker.on('message', (message: FromWorker) => this.#answered(message))
    this.#worker.on('error', (error) => this.#lost(order, error))
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#lost(order)
        resolve()
      })
    })
  }

  ask(question: Question, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    if (this.#gone !== undefined) return Promise.reject(new LogError(this.#gone.code, this.#gone.message, { landed: 'no' }))
    const id = ++this.#id
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ ...question, id } satisfies ToWorker, transfer)
    })
  }

  cut(what: { before: number; below: number }): void {
    this.#worker.postMessage({ kind: 'cut', ...what } satisfies ToWorker)
  }

  /** What was asked before is answered first. */
  async close(): Promise<void> {
    this.#worker.postMessage({ kind: 'close' } satisfies ToWorker)
    const late = setTimeout(() => void this.#worker.terminate(), closeMs)
    await this.#exited
    clearTimeout(late)
  }

  #answered(message: FromWorker): void {
    const id = message.kind === 'opened' ? 0 : message.id
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (message.kind === 'trouble') waiting?.reject(troubleError(message.trouble))
    else waiting?.resolve(message)
  }

  #lost(order: WorkerOrder, error?: unknown): void {
    this.#gone ??= error === undefined
      ? new LogError('LOG_CLOSED', `The log ${order.path} is closed.`, { landed: 'maybe' })
      : new LogError('LOG_UNREACHABLE', `The thread of the log ${order.path} died. Start the server again. (${String(error)})`,
        { landed: 'maybe', cause: error })
    for (const { reject } of this.#waiting.values()) reject(this.#gone)
    this.#waiting.clear()
  }
}
