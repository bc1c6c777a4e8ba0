/**
 * Followers that are not at the end: their commits are read and unpacked in a second thread, one chunk ahead of what
 * the main thread parses. The thread is there only while somebody reads history.
 */
import { LogError, type Codec, type Position, type Recorded } from './log.ts'
import { chunkFields, type Chunk } from './sqlite-history.ts'
import { SqliteThread } from './sqlite-thread.ts'
import type { Tail } from './tail.ts'

const separator = '\u001e'

/** The reading thread, shared by all who read. */
export class History {
  readonly #path: string
  #thread: Promise<SqliteThread> | undefined
  #readers = 0
  #ending: Promise<void> = Promise.resolve()
  #closed = false

  constructor(path: string) {
    this.#path = path
  }

  async read(from: Position): Promise<Chunk> {
    if (this.#closed) throw new LogError('LOG_CLOSED', `The log ${this.#path} is closed.`)
    this.#thread ??= SqliteThread.start({ role: 'read', path: this.#path }).then(({ thread }) => thread)
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
      yield decodeChunk(chunk, codec, position)
      position = next
      if (!more) return
    }
  } finally {
    history.leave()
  }
}

const endOf = ({ commits }: Chunk): Position => commits[commits.length - chunkFields]! + commits[commits.length - chunkFields + 1]!

function decodeChunk<E>({ commits, bytes }: Chunk, codec: Codec<E>, from: Position): readonly Recorded<E>[] {
  const batch: Recorded<E>[] = []
  let start = 0
  for (let index = 0; index < commits.length; index += chunkFields) {
    const [first, at, end] = [commits[index]!, commits[index + 2]!, commits[index + 3]!]
    decodeCommit({ first, at, bytes: bytes.subarray(start, end) }, codec, from, batch)
    start = end
  }
  return batch
}

/** The entries of one commit from `from` on, added to `batch`. What cannot be decoded is named by its place, and never skipped. */
export function decodeCommit<E>(
  { first, at, bytes }: { first: Position; at: number; bytes: Uint8Array }, codec: Codec<E>, from: Position, batch: Recorded<E>[],
): void {
  let position = first
  try {
    for (const text of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8').split(separator)) {
      if (position >= from) batch.push({ position, at, entry: codec.decode(text) })
      position++
    }
  } catch (error) {
    throw new LogError('LOG_BROKEN', `Entry ${position} cannot be read: ${String(error)}. `
      + 'It may be of a newer Paramedic: run that one.', { cause: error })
  }
}

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
