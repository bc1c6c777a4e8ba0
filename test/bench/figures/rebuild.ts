/** How fast a log is read, parsed and folded, against reading as many rows of the same texts one by one out of SQLite. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { entryCodec, type Entry } from '../../../src/core/entry.ts'
import { evolve } from '../../../src/core/evolve.ts'
import { initialState } from '../../../src/core/state.ts'
import { openSqliteLog } from '../../../src/log/sqlite.ts'
import type { Figure } from '../figure.ts'
import { lives } from '../load/lives.ts'
import { folder } from '../load/processes.ts'

const entries = 200_000
const perCommit = 100

export const figure: Figure = {
  rows: [{ name: 'rebuild', what: 'rebuild (read, parse, fold) ÷ plain iterate() over as many rows', unit: 'rows/s', goal: { atLeast: 0.8 } }],
  open: async (say) => {
    const place = folder()
    const all = lives(entries)
    const path = join(place, 'log.db')
    const log = await openSqliteLog<Entry>(path, { codec: entryCodec })
    for (let at = 0; at < all.length; at += perCommit) await log.append(all.slice(at, at + perCommit))
    await log.close()
    const plain = new DatabaseSync(join(place, 'plain.db'))
    plain.exec('PRAGMA journal_mode = WAL; CREATE TABLE entries (position INTEGER PRIMARY KEY, at INTEGER, body TEXT); BEGIN')
    const insert = plain.prepare('INSERT INTO entries (at, body) VALUES (?, ?)')
    let bytes = 0
    for (const entry of all) {
      const text = entryCodec.encode(entry)
      bytes += Buffer.byteLength(text)
      insert.run(0, text)
    }
    plain.exec('COMMIT')
    say(`${all.length} entries of ${Math.round(bytes / all.length)} bytes`)
    const iterate = (): number => {
      const began = performance.now()
      let rows = 0
      for (const _ of plain.prepare('SELECT position, at, body FROM entries').iterate()) rows++
      return rows / (performance.now() - began) * 1000
    }
    return {
      round: async () => [{ limit: iterate(), ours: await rebuild(path, all.length) }],
      close: async () => {
        plain.close()
        rmSync(place, { recursive: true, force: true })
      },
    }
  },
}

/** As a server does when it starts: a log that was just opened, followed from its beginning to its end. */
const rebuild = async (path: string, count: number): Promise<number> => {
  const log = await openSqliteLog<Entry>(path, { codec: entryCodec })
  try {
    const state = initialState()
    const began = performance.now()
    for await (const batch of log.follow(0, AbortSignal.timeout(120_000))) {
      if (batch === 'caught up') break
      for (const recorded of batch) evolve(state, recorded)
    }
    const { position, counts: { dropped, voids } } = state
    // A claim that is void ends a life early, and less would be measured than is said.
    if (position !== count || dropped > 0 || voids > 0) throw new Error(`${position} of ${count} entries were folded, ${dropped} dropped, ${voids} claims void`)
    return count / (performance.now() - began) * 1000
  } finally {
    await log.close()
  }
}
