/**
 * The file of what memory forgot: alerts, workflows and stops as they were at last, in the order in which they came. It holds
 * nothing that the log does not: where it is missing, wrong or behind, it is made anew.
 */
import { DatabaseSync } from 'node:sqlite'
import { aliveEpisode, aliveStop, aliveWorkflow, plainEpisode, plainStop, plainWorkflow } from '../core/snapshot.ts'
import type { Did, Stop } from '../core/state.ts'
import type { Episode, Workflow } from '../core/workflow.ts'
import type { Position } from '../log/log.ts'

export interface Archived {
  readonly episode: Episode
  readonly workflow: Workflow
  readonly stop: Stop
}
export type ArchivedKind = keyof Archived

export interface ArchiveRow {
  readonly kind: ArchivedKind
  readonly id: string
  /** Where it began. */
  readonly position: Position
  /** Log time of the last word about it. */
  readonly at: number
  /** An alert's fingerprint. */
  readonly tag: string
  readonly body: string
}

/** The place in a list, newest first. */
export type Place = Pick<ArchiveRow, 'position' | 'id'>

export interface PageAsked {
  readonly kind: ArchivedKind
  /** Only what comes after it. */
  readonly below?: Place | undefined
  readonly tag?: string | undefined
  readonly limit: number
}

/** Whether the newest entry made anything forgotten: most do not. */
export const forgets = ({ forgotten: { episodes, workflows, stops } }: Did): boolean => episodes.length + workflows.length + stops.length > 0

export const rowsOf = ({ episodes, workflows, stops }: Did['forgotten']): ArchiveRow[] => [
  ...episodes.map((one): ArchiveRow => ({ kind: 'episode', id: one.id, position: one.position, at: one.lastAt, tag: one.fingerprint, body: JSON.stringify(plainEpisode(one)) })),
  ...workflows.map((one): ArchiveRow => ({ kind: 'workflow', id: one.id, position: one.position, at: one.since, tag: '', body: JSON.stringify(plainWorkflow(one)) })),
  ...stops.map((one): ArchiveRow => ({ kind: 'stop', id: one.id, position: one.position, at: one.lifted?.at ?? one.at, tag: '', body: JSON.stringify(plainStop(one)) })),
]

export const alive: { readonly [K in ArchivedKind]: (body: string) => Archived[K] } = {
  episode: (body) => aliveEpisode(JSON.parse(body) as Parameters<typeof aliveEpisode>[0]),
  workflow: (body) => aliveWorkflow(JSON.parse(body) as Parameters<typeof aliveWorkflow>[0]),
  stop: (body) => aliveStop(JSON.parse(body) as Parameters<typeof aliveStop>[0]),
}

const format = 2
/** So many ids with one ending are enough to say that it is not enough of an id. */
const mostFound = 21

export class ArchiveFile {
  readonly #database: DatabaseSync

  /** `beganAt` says of which log it is: one of another log throws, as one does that cannot be read. */
  constructor(path: string, beganAt: number) {
    this.#database = new DatabaseSync(path)
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS about (format, beganAt, upTo);
      CREATE TABLE IF NOT EXISTS rows (kind, id, position, at, tag, body, PRIMARY KEY (kind, id)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS byPlace ON rows (kind, position, id);
      CREATE INDEX IF NOT EXISTS byTag ON rows (tag, position, id) WHERE tag <> '';
      CREATE INDEX IF NOT EXISTS byTime ON rows (at);`)
    this.#database.prepare('INSERT INTO about SELECT ?, ?, 0 WHERE NOT EXISTS (SELECT * FROM about)').run(format, beganAt)
    const about = this.#database.prepare('SELECT format, beganAt FROM about').get()
    if (about?.['format'] !== format || about['beganAt'] !== beganAt) {
      this.close()
      throw new Error('it is of another log, or in another form')
    }
  }

  /** All that was forgotten before this position is in it. */
  get upTo(): Position {
    return Number(this.#database.prepare('SELECT upTo FROM about').get()!['upTo'])
  }

  put(rows: readonly ArchiveRow[], upTo?: Position): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const put = this.#database.prepare(`INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET position = excluded.position, at = excluded.at, tag = excluded.tag, body = excluded.body WHERE excluded.at >= at`)
      for (const { kind, id, position, at, tag, body } of rows) put.run(kind, id, position, at, tag, body)
      if (upTo !== undefined) this.#database.prepare('UPDATE about SET upTo = ?').run(upTo)
      this.#database.exec('COMMIT')
    } catch (problem) {
      this.#database.exec('ROLLBACK')
      throw problem
    }
  }

  /** By the whole id, or all that end so. */
  find(kind: ArchivedKind, id: string): ArchiveRow[] {
    const exact = this.#database.prepare('SELECT * FROM rows WHERE kind = ? AND id = ?').all(kind, id)
    const found = exact.length > 0 ? exact : this.#database.prepare('SELECT * FROM rows WHERE kind = ? AND substr(id, -length(?2)) = ?2 LIMIT ?').all(kind, id, mostFound)
    return found as unknown as ArchiveRow[]
  }

  /** Newest first. */
  page({ kind, below, tag, limit }: PageAsked): ArchiveRow[] {
    const { position, id } = below ?? { position: Number.MAX_SAFE_INTEGER, id: '' }
    const rows = this.#database.prepare(`SELECT * FROM rows WHERE kind = ? ${tag === undefined ? '' : 'AND tag = ?'} AND (position, id) < (?, ?) ORDER BY position DESC, id DESC LIMIT ?`)
      .all(kind, ...(tag === undefined ? [] : [tag]), position, id, limit)
    return rows as unknown as ArchiveRow[]
  }

  /** What was over before then goes, as the log's entries about it do. */
  cut(before: number): void {
    this.#database.prepare('DELETE FROM rows WHERE at < ?').run(before)
  }

  close(): void {
    this.#database.close()
  }
}
