/**
 * The file itself: one row per commit, holding the batch. Runs in a worker thread only, because every commit waits for
 * the disk. A row's body is the texts of its entries with U+001E between them, a character that no JSON document can
 * contain, packed with zstd where that makes it smaller.
 */
import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { constants, zstdCompressSync } from 'node:zlib'
import { LogError, type Position } from './log.ts'
import { takeLock } from './sqlite-lock.ts'

/** "Para" in the header of the file says whose it is. */
const applicationId = 0x50617261
const format = 1
/** What is smaller is kept as it is: packing it would cost more time than it saves room. */
const packFrom = 512
/**
 * After so much, the WAL is written back at once, which waits for the disk twice; the next commit then begins the WAL
 * anew. So seldom that of the appends of a busy second fewer than one in a hundred wait for it. Leaving it to SQLite means
 * longer pauses; leaving it undone, a WAL without bound.
 */
const checkpointBytes = 3_000_000
const pageBytes = 8192
const separator = 0x1e

const packing = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
}

export interface Opened {
  readonly next: Position
  readonly lastAt: number
}

export class CommitFile {
  readonly opened: Opened
  readonly #database: DatabaseSync
  readonly #unlock: () => void
  readonly #insert: StatementSync
  readonly #checkpoint: StatementSync
  readonly #path: string
  readonly #inode: number
  #next: Position
  #unwritten = 0

  constructor(path: string, maxPages?: number) {
    this.#unlock = takeLock(path)
    try {
      this.#database = openDatabase(path)
      prepareFile(this.#database, path)
      if (maxPages !== undefined) this.#database.exec(`PRAGMA max_page_count = ${maxPages}`)
      this.#insert = this.#database.prepare('INSERT INTO commits (first, count, at, size, body) VALUES (?, ?, ?, ?, ?)')
      this.#checkpoint = this.#database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
      const last = this.#database.prepare('SELECT first + count AS next, at FROM commits ORDER BY first DESC LIMIT 1')
        .get() as { next: number; at: number } | undefined
      this.opened = { next: last?.next ?? 0, lastAt: last?.at ?? 0 }
    } catch (error) {
      this.#unlock()
      throw error
    }
    this.#next = this.opened.next
    this.#path = path
    this.#inode = inodeOf(path)
  }

  /** Durable when it returns, with the position of the first entry. It throws with nothing written. */
  commit(at: number, count: number, bytes: Uint8Array): Position {
    if (countOf(bytes, separator) !== count - 1) {
      throw new LogError('LOG_UNFIT', 'The text of an entry contains U+001E, which no JSON document can. Nothing was written.')
    }
    if (inodeOf(this.#path) !== this.#inode) {
      throw new LogError('LOG_UNREACHABLE', `${this.#path} was removed or replaced while it was in use: what is written now would be lost. Bring it back, or start again.`)
    }
    const body = pack(bytes)
    const first = this.#next
    this.#insert.run(first, count, at, bytes.length, body)
    this.#next += count
    this.#unwritten += body.length + pageBytes
    return first
  }

  /** To be called when nobody waits for the answer of a commit. */
  tidy(): void {
    if (this.#unwritten < checkpointBytes) return
    this.#unwritten = 0
    this.#checkpoint.get() // A reader or a full disk may keep it from finishing: then the next one does.
  }

  /** Removes some commits whose time is before `before` and that end at or below `below`, the newest one never. True if there is more to remove. */
  cut({ before, below }: { before: number; below: Position }): boolean {
    const { changes } = this.#database.prepare(`
      DELETE FROM commits WHERE first IN (SELECT first FROM commits WHERE at < ? AND first + count <= ? ORDER BY first LIMIT 100)
      AND first < (SELECT max(first) FROM commits)`).run(before, below)
    this.#unwritten += Number(changes) * 2 * pageBytes
    return changes === 100
  }

  close(): void {
    this.#database.close()
    this.#unlock()
  }
}

/** Where the file really is: two links to one log are one log. */
export function realPath(path: string): string {
  const folder = dirname(resolve(path))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const inside = join(realpathSync(folder), basename(path))
  try {
    return realpathSync(inside)
  } catch {
    return inside // It does not exist yet.
  }
}

/** 0 where there is none. */
const inodeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.ino ?? 0

export function openDatabase(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: 1000 })
}

function prepareFile(database: DatabaseSync, path: string): void {
  const read = (pragma: string): number => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_master').get() as { n: number }
  const owner = read('application_id')
  if (owner !== applicationId && (owner !== 0 || tables.n > 0)) {
    throw new LogError('LOG_BROKEN', `${path} is a SQLite file of another program. Name another with --log sqlite:PATH.`)
  }
  const version = read('user_version')
  if (version > format) {
    throw new LogError('LOG_BROKEN', `${path} has format ${version}, this Paramedic knows formats up to ${format}. `
      + 'It was written by a newer Paramedic: run that one, or give this one a log of its own with --log sqlite:PATH.')
  }
  database.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 16000000; PRAGMA cache_size = -2000`)
  if (tables.n > 0) return
  database.exec(`BEGIN;
    CREATE TABLE commits (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL);
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${format};
    COMMIT`)
}

function pack(bytes: Uint8Array): Uint8Array {
  if (bytes.length < packFrom) return bytes
  const packed = zstdCompressSync(bytes, packing)
  return packed.length < bytes.length ? packed : bytes
}

function countOf(bytes: Uint8Array, byte: number): number {
  let count = 0
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) count++
  return count
}
