/** Reading what is no longer in memory, in the reading thread: a chunk of commits, unpacked, in one buffer. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import { LogError, type Position } from './log.ts'
import { openDatabase } from './sqlite-file.ts'

/** Parsing this much keeps the main thread for a few milliseconds. */
const chunkBytes = 1_000_000

const separator = 0x1e
const [open, comma, close] = Buffer.from('[,]') as unknown as [number, number, number]

/** `first`, `count`, `at` and the end of the body in `bytes`, commit by commit. */
export interface Chunk {
  readonly commits: readonly number[]
  readonly bytes: Uint8Array<ArrayBuffer>
}
export const chunkFields = 4

interface Row {
  readonly first: number
  readonly count: number
  readonly at: number
  readonly size: number
  readonly body: Uint8Array
}

export class HistoryFile {
  readonly #path: string
  readonly #asArrays: boolean
  readonly #database: DatabaseSync
  readonly #oldest: StatementSync
  readonly #start: StatementSync
  readonly #rows: StatementSync

  /** `asArrays`: each commit's body becomes a JSON array, here, where it keeps nobody waiting. */
  constructor(path: string, asArrays: boolean) {
    this.#path = path
    this.#asArrays = asArrays
    this.#database = openDatabase(path)
    this.#database.exec('PRAGMA query_only = 1; PRAGMA cache_size = -2000')
    this.#oldest = this.#database.prepare('SELECT min(first) AS first FROM commits')
    this.#start = this.#database.prepare('SELECT max(first) AS first FROM commits WHERE first <= ?')
    this.#rows = this.#database.prepare('SELECT first, count, at, size, body FROM commits WHERE first >= ? ORDER BY first')
  }

  /** At least one commit, from the one that holds `from` on. */
  read(from: Position): Chunk {
    this.#database.exec('BEGIN')
    try {
      const start = this.#startOf(from)
      return this.#collect(start)
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  close(): void {
    this.#database.close()
  }

  #startOf(from: Position): Position {
    const start = this.#start.get(from) as { first: number | null }
    if (start.first !== null) return start.first
    const oldest = this.#oldest.get() as { first: number | null }
    throw new LogError('LOG_CUT', `Entry ${from} is no longer in ${this.#path}: it begins at ${oldest.first ?? 0}, `
      + 'what is older was cut at the end of its retention. Go on from a snapshot that is newer than that.', { oldest: oldest.first ?? 0 })
  }

  #collect(start: Position): Chunk {
    const commits: number[] = []
    const bodies: Uint8Array[] = []
    let size = 0
    let next = start
    for (const row of this.#rows.iterate(start) as Iterable<object> as Iterable<Row>) {
      if (row.first !== next) throw this.#broken(next, 'is missing')
      const body = this.#unpack(row)
      next += row.count
      size += body.length + (this.#asArrays ? 2 : 0)
      commits.push(row.first, row.count, row.at, size)
      bodies.push(body)
      if (size >= chunkBytes) break
    }
    const bytes = new Uint8Array(size)
    let at = 0
    for (const body of bodies) {
      if (this.#asArrays) bytes[at++] = open
      bytes.set(body, at)
      at += body.length
      if (this.#asArrays) bytes[at++] = close
    }
    if (this.#asArrays) {
      for (let found = bytes.indexOf(separator); found !== -1; found = bytes.indexOf(separator, found + 1)) bytes[found] = comma
    }
    return { commits, bytes }
  }

  #unpack({ first, size, body }: Row): Uint8Array {
    if (body.length === size) return body
    try {
      const unpacked = zstdDecompressSync(body, { chunkSize: Math.max(size, 64) })
      if (unpacked.length === size) return unpacked
    } catch {
      // Said below, with the place.
    }
    throw this.#broken(first, 'cannot be unpacked')
  }

  #broken(position: Position, what: string): LogError {
    return new LogError('LOG_BROKEN', `${this.#path} is damaged: the commit at ${position} ${what}. `
      + `Restore a backup, or move the file and ${this.#path}-wal away to begin a new log.`)
  }
}
