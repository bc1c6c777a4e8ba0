/**
 * The embedded log: one SQLite file, one row per commit, written by a thread of its own. A commit begins as soon as the
 * last ended; there is no timer. It survives `kill -9`, a torn page and a full disk, and no second process opens it.
 */
import { realClock, type Clock } from './clock.ts'
import { LogError, type Codec, type Log, type Position, type Recorded } from './log.ts'
import { Ring, type Place } from './ring.ts'
import { realPath, type Opened } from './sqlite-file.ts'
import { decodeCommit, followHistory, History } from './sqlite-follow.ts'
import { SqliteThread, type Question } from './sqlite-thread.ts'
import { troubleError, troubleOf } from './sqlite-trouble.ts'
import { Tail } from './tail.ts'

export interface SqliteOptions<E> {
  readonly codec: Codec<E>
  /** How long entries are kept; for ever unless it is said. The newest commit always stays. */
  readonly retentionMs?: number
  /** Whatever its age, nothing from this position on is cut: what a snapshot does not hold yet. Asked before each cut. */
  readonly keepFrom?: () => Position
  readonly clock?: Clock
  /** For tests: as if the disk were full after so many pages. */
  readonly maxPages?: number
}

const cutEveryMs = 3_600_000
/** Appends that wait for the disk, in bytes; whoever appends through a writer has one in flight at most. */
const maxWaitingBytes = 64_000_000
const separator = 0x1e

export async function openSqliteLog<E>(path: string, options: SqliteOptions<E>): Promise<SqliteLog<E>> {
  const real = attemptPath(path)
  const ring = new Ring()
  const maxPages = options.maxPages === undefined ? {} : { maxPages: options.maxPages }
  const { thread, opened } = await SqliteThread.start({ role: 'write', path: real, shared: ring.shared, ...maxPages })
  return new SqliteLog({ path: real, ring, thread, opened }, options)
}

export class SqliteLog<E> implements Log<E> {
  /** The file, with every link resolved. */
  readonly path: string
  readonly #thread: SqliteThread
  readonly #codec: Codec<E>
  readonly #clock: Clock
  readonly #retentionMs: number
  readonly #keepFrom: () => Position
  readonly #ring: Ring
  readonly #tail: Tail<E>
  readonly #history: History
  /** Addresses of what waits for the disk, oldest first: it is answered in that order. */
  readonly #waiting: number[] = []
  #lastAt: number
  #waitingBytes = 0
  #closing: Promise<void> | undefined
  #cancelCut = (): void => {}

  constructor(parts: { path: string; ring: Ring; thread: SqliteThread; opened: Opened }, options: SqliteOptions<E>) {
    const { path, opened } = parts
    this.path = path
    this.#ring = parts.ring
    this.#thread = parts.thread
    this.#codec = options.codec
    this.#clock = options.clock ?? realClock
    this.#retentionMs = options.retentionMs ?? Infinity
    this.#keepFrom = options.keepFrom ?? (() => Infinity)
    this.#tail = new Tail(opened.next, (commit) => this.#decode(commit))
    this.#history = new History(path, this.#codec.decodeArray !== undefined)
    this.#lastAt = opened.lastAt
    this.#cut()
  }

  async append(entries: readonly E[], texts?: readonly string[]): Promise<Position> {
    if (entries.length === 0) throw new TypeError('an append needs at least one entry')
    if (this.#closing !== undefined) throw this.#closed()
    texts ??= entries.map((entry) => this.#codec.encode(entry))
    const size = sizeOf(texts)
    if (this.#waitingBytes + size > maxWaitingBytes) {
      throw new LogError('LOG_BUSY', `${this.#waitingBytes} bytes wait for the disk of ${this.path} already. Send again later.`)
    }
    this.#lastAt = Math.max(this.#lastAt, Math.floor(this.#clock.now()))
    const at = this.#lastAt
    const place = this.#ring.reserve(size, this.#waiting[0])
    this.#waitingBytes += size
    this.#waiting.push(place?.address ?? this.#ring.head)
    try {
      const first = place === undefined
        ? await this.#commitApart(at, texts, size)
        : await this.#commitFrom(place, at, texts)
      this.#landed({ first, at, place }, entries, texts)
      return first + entries.length - 1
    } finally {
      this.#waiting.shift()
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

  /** The usual way: from the memory that the committing thread shares. */
  #commitFrom(place: Place, at: number, texts: readonly string[]): Promise<Position> {
    this.#tail.forget(this.#ring.oldest)
    writeTexts(texts, this.#ring.bytes(place))
    return this.#ask({ kind: 'commit', at, count: texts.length, from: place })
  }

  /** What is too large for the ring, or comes while it is full, is handed over in a buffer of its own. */
  #commitApart(at: number, texts: readonly string[], size: number): Promise<Position> {
    const buffer = new ArrayBuffer(size)
    writeTexts(texts, Buffer.from(buffer))
    return this.#ask({ kind: 'commit', at, count: texts.length, from: new Uint8Array(buffer) }, [buffer])
  }

  async #ask(question: Question, transfer: readonly ArrayBuffer[] = []): Promise<Position> {
    const answer = await this.#thread.ask(question, transfer)
    if (answer.kind !== 'committed') throw new TypeError('a commit is answered by its place')
    return answer.first
  }

  #landed({ first, at, place }: { first: Position; at: number; place: Place | undefined }, entries: readonly E[], texts: readonly string[]): void {
    if (place === undefined) return this.#tail.skip(first, entries.length)
    const decoded = this.#codec.isSame && entries.map((entry, index) => ({ position: first + index, at, entry: this.#codec.isSame!(entry) ? entry : this.#codec.decode(texts[index]!) }))
    this.#tail.push({ first, count: entries.length, at, place, decoded })
  }

  #decode({ first, at, place }: { first: Position; at: number; place: Place }): readonly Recorded<E>[] {
    const batch: Recorded<E>[] = []
    decodeCommit({ first, at, bytes: this.#ring.bytes(place) }, this.#codec, first, batch)
    return batch
  }

  #cut(): void {
    if (this.#retentionMs === Infinity) return
    this.#thread.cut({ before: this.#clock.now() - this.#retentionMs, below: Math.min(this.#keepFrom(), this.#tail.next) })
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

/** With one separator between each two. */
function sizeOf(texts: readonly string[]): number {
  let size = texts.length - 1
  for (const text of texts) size += Buffer.byteLength(text)
  return size
}

/** One by one: a string of the whole batch would go to the old heap and bring on its collection. */
function writeTexts(texts: readonly string[], into: Buffer): void {
  let end = 0
  texts.forEach((text, index) => {
    if (index > 0) into[end++] = separator
    end += into.write(text, end)
  })
}
