/**
 * The embedded log: one SQLite file, one row per commit, written by a thread of its own. A commit begins as soon as the
 * last ended; there is no timer. It survives `kill -9`, a torn page and a full disk, and no second process opens it.
 */
import { realClock, type Clock } from './clock.ts'
import { LogError, type Codec, type Log, type Position, type Recorded } from './log.ts'
import { realPath } from './sqlite-file.ts'
import { decodeEntry, followHistory, History } from './sqlite-follow.ts'
import { SqliteThread } from './sqlite-thread.ts'
import { troubleError, troubleOf } from './sqlite-trouble.ts'
import { Tail } from './tail.ts'

export interface SqliteOptions<E> {
  readonly codec: Codec<E>
  /** How long entries are kept; Infinity for ever. The newest commit always stays. */
  readonly retentionMs?: number
  readonly clock?: Clock
  /** Hands followers at the end the very objects that were appended: for a codec that gives back what it was given. */
  readonly shareLive?: boolean
  /** For tests: as if the disk were full after so many pages. */
  readonly maxPages?: number
}

const day = 86_400_000
const cutEveryMs = 3_600_000
/** Appends that wait for the disk, in bytes; whoever appends through a writer has one in flight at most. */
const maxWaitingBytes = 64_000_000
const separator = '\u001e'

export async function openSqliteLog<E>(path: string, options: SqliteOptions<E>): Promise<SqliteLog<E>> {
  const real = attemptPath(path)
  const order = { path: real, ...(options.maxPages === undefined ? {} : { maxPages: options.maxPages }) }
  const { thread, opened } = await SqliteThread.start({ role: 'write', ...order })
  return new SqliteLog(real, thread, opened, options)
}

export class SqliteLog<E> implements Log<E> {
  /** The file, with every link resolved. */
  readonly path: string
  readonly #thread: SqliteThread
  readonly #codec: Codec<E>
  readonly #clock: Clock
  readonly #retentionMs: number
  readonly #shareLive: boolean
  readonly #tail: Tail<E>
  readonly #history: History
  readonly #encoder = new TextEncoder()
  #lastAt: number
  #waitingBytes = 0
  #closing: Promise<void> | undefined
  #cancelCut = (): void => {}

  constructor(path: string, thread: SqliteThread, opened: { next: Position; lastAt: number }, options: SqliteOptions<E>) {
    this.path = path
    this.#thread = thread
    this.#codec = options.codec
    this.#clock = options.clock ?? realClock
    this.#retentionMs = options.retentionMs ?? 30 * day
    this.#shareLive = options.shareLive ?? false
    this.#tail = new Tail(opened.next)
    this.#history = new History(path)
    this.#lastAt = opened.lastAt
    this.#cut()
  }

  async append(entries: readonly E[], texts?: readonly string[]): Promise<Position> {
    if (entries.length === 0) throw new TypeError('an append needs at least one entry')
    if (this.#closing !== undefined) throw this.#closed()
    texts ??= entries.map((entry) => this.#codec.encode(entry))
    const bytes = this.#encoder.encode(texts.join(separator))
    const size = bytes.length
    if (this.#waitingBytes + size > maxWaitingBytes) {
      throw new LogError('LOG_BUSY', `${this.#waitingBytes} bytes wait for the disk of ${this.path} already. Send again later.`)
    }
    this.#lastAt = Math.max(this.#lastAt, Math.floor(this.#clock.now()))
    const at = this.#lastAt
    this.#waitingBytes += size
    try {
      const answer = await this.#thread.ask({ kind: 'commit', at, count: entries.length, bytes }, [bytes.buffer])
      if (answer.kind !== 'committed') throw new TypeError('a commit is answered by its place')
      this.#landed(answer.first, at, size, entries, texts)
      return answer.first + entries.length - 1
    } finally {
      this.#waitingBytes -= size
    }
  }

  async* follow(from: Position, signal: AbortSignal): AsyncGenerator<readonly Recorded<E>[] | 'caught up', void, void> {
    if (from > this.#tail.next) {
      throw new LogError('LOG_BROKEN', `Entry ${from} was asked for, but ${this.path} ends before ${this.#tail.next}: `
        + 'it is not the file that was read before. Bring that one back, or begin without its snapshots.')
    }
    let position = from
    let caughtUp = false
    while (!signal.aborted) {
      if (this.#closing !== undefined) throw this.#closed()
      if (position >= this.#tail.next) {
        if (caughtUp) {
          await this.#tail.wait(signal)
          continue
        }
        caughtUp = true
        yield 'caught up'
        continue
      }
      caughtUp = false
      const live = this.#tail.from(position)
      if (live !== undefined) {
        position += live.length
        yield live
        continue
      }
      for await (const batch of followHistory(this.#history, this.#codec, this.#tail, position, signal)) {
        position += batch.length
        yield batch
      }
    }
  }

  async end(): Promise<Position> {
    return this.#tail.next
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#cancelCut()
    this.#tail.wake()
    await this.#history.close()
    await this.#thread.close()
  }

  #landed(first: Position, at: number, bytes: number, entries: readonly E[], texts: readonly string[]): void {
    let recorded: readonly Recorded<E>[] | undefined
    const entryAt = (index: number): E => this.#shareLive ? entries[index]! : decodeEntry(texts[index]!, this.#codec, first + index)
    const read = (): readonly Recorded<E>[] =>
      recorded ??= entries.map((_, index) => ({ position: first + index, at, entry: entryAt(index) }))
    this.#tail.push({ first, count: entries.length, bytes, read })
  }

  #cut(): void {
    if (this.#retentionMs === Infinity) return
    this.#thread.cut(this.#clock.now() - this.#retentionMs)
    this.#cancelCut = this.#clock.after(cutEveryMs, () => this.#cut())
  }

  #closed(): LogError {
    return new LogError('LOG_CLOSED', `The log ${this.path} is closed.`)
  }
}

function attemptPath(path: string): string {
  try {
    return realPath(path)
  } catch (error) {
    throw troubleError(troubleOf(error, path))
  }
}
