/**
 * Followers that are not at the end: their commits are read and unpacked in a second thread, one chunk ahead of what
 * the main thread parses. The thread is there only while somebody reads history.
 */
import { LogError, type Codec, type Position, type Recorded } from './log.ts'
import { chunkFields, type Chunk } from './sqlite-history.ts'
import { SqliteThread } from './sqlite-thread.ts'
import type { Tail } from './tail.ts'

const separator = '\u001e'
/** What a follower is handed at once, or a commit, if that is more. */
const batchEntries = 500

/** The reading thread, shared by all who read. */
export class History {
  readonly #path: string
  readonly #asArrays: boolean
  #thread: Promise<SqliteThread> | undefined
  #readers = 0
  #ending: Promise<void> = Promise.resolve()
  #closed = false

  constructor(path: string, asArrays: boolean) {
    this.#path = path
    this.#asArrays = asArrays
  }

  async read(from: Position): Promise<Chunk> {
    if (this.#closed) throw new LogError('LOG_CLOSED', `The log ${this.#path} is closed.`)
    this.#thread ??= SqliteThread.start({ role: 'read', path: this.#path, asArrays: this.#asArrays }).then(({ thread }) => thread)
    const answer = await (await this.#thread).ask({ kind: 'read', from })
    if (answer.kind !== 'chunk') throw new TypeError('a read is answered by a chunk')
    return answer.chunk
  }

  enter(): void {
    this.#readers++
  }

  leave(): void {
    if (--this.#readers === 0) this.#end()
  }

  close(): Promise<void> {
    this.#closed = true
    this.#end()
    return this.#ending
  }

  #end(): void {
    const thread = this.#thread
    if (thread === undefined) return
    this.#thread = undefined
    const ended = thread.then((it) => it.close(), () => {})
    this.#ending = Promise.all([this.#ending, ended]).then(() => {})
  }
}

/** From `from` up to what the tail still holds. */
export async function* followHistory<E>(
  history: History, codec: Codec<E>, tail: Tail<E>, from: Position, signal: AbortSignal,
): AsyncGenerator<readonly Recorded<E>[], void, void> {
  history.enter()
  try {
    let ahead = history.read(from)
    let position = from
    while (!signal.aborted) {
      const chunk = await orAborted(ahead, signal)
      if (chunk === undefined) return
      const next = endOf(chunk)
      const more = next < tail.next && !tail.holds(next)
      if (more) ahead = quiet(history.read(next))
      yield* decodeChunk(chunk, codec, position)
      position = next
      if (!more) return
    }
  } finally {
    history.leave()
  }
}

export const endOf = ({ commits }: Chunk): Position => commits[commits.length - chunkFields]! + commits[commits.length - chunkFields + 1]!

/** Some commits at a time: entries that are folded and dropped soon never have to be moved by the garbage collector. */
export function* decodeChunk<E>({ commits, bytes }: Chunk, codec: Codec<E>, from: Position): Generator<readonly Recorded<E>[], void, void> {
  let batch: Recorded<E>[] = []
  let start = 0
  for (let index = 0; index < commits.length; index += chunkFields) {
    const [first, at, end] = [commits[index]!, commits[index + 2]!, commits[index + 3]!]
    const commit = { first, at, bytes: bytes.subarray(start, end) }
    if (codec.decodeArray === undefined) decodeCommit(commit, codec, from, batch)
    else decodeArray(commit, codec.decodeArray, from, batch)
    start = end
    if (batch.length < batchEntries && index + chunkFields < commits.length) continue
    if (batch.length > 0) yield batch
    batch = []
  }
}

interface CommitBytes {
  readonly first: Position
  readonly at: number
  readonly bytes: Uint8Array
}

const textOf = ({ bytes }: CommitBytes): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')

/** The entries of one commit from `from` on, added to `batch`. What cannot be decoded is named by its place, and never skipped. */
export function decodeCommit<E>(commit: CommitBytes, codec: Codec<E>, from: Position, batch: Recorded<E>[]): void {
  const { first, at } = commit
  let position = first
  try {
    for (const text of textOf(commit).split(separator)) {
      if (position >= from) batch.push({ position, at, entry: codec.decode(text) })
      position++
    }
  } catch (error) {
    throw unreadable(`Entry ${position}`, error)
  }
}

function decodeArray<E>(commit: CommitBytes, decode: (text: string) => readonly E[], from: Position, batch: Recorded<E>[]): void {
  const { first, at } = commit
  try {
    let position = first
    for (const entry of decode(textOf(commit))) {
      if (position >= from) batch.push({ position, at, entry })
      position++
    }
  } catch (error) {
    throw unreadable(`An entry of the commit at ${first}`, error)
  }
}

const unreadable = (what: string, error: unknown): LogError =>
  new LogError('LOG_BROKEN', `${what} cannot be read: ${String(error)}. It may be of a newer Paramedic: run that one.`, { cause: error })

/** A chunk that was asked for ahead and is not wanted any more may fail unheard. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** Undefined when `signal` aborts first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let leave = (): void => {}
  const aborted = new Promise<undefined>((resolve) => {
    leave = () => resolve(undefined)
    signal.addEventListener('abort', leave)
  })
  try {
    return await Promise.race([quiet(promise), aborted])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
