/**
 * One process at a time: the file beside the log is a small SQLite file of its own, of which the holder keeps the write
 * lock. The kernel lets go of it when the process dies, however it dies, so there is no stale lock to judge: no pid
 * that another program has by now, no pid of another container. Readers are let in, and read who holds it.
 */
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { LogError } from './log.ts'
import { sqliteCode, SQLITE_BUSY } from './sqlite-trouble.ts'

/** A server that is on its way out gets this long to let go. */
const patienceMs = 500

export function takeLock(path: string): () => void {
  const lock = new DatabaseSync(`${path}-lock`, { timeout: patienceMs })
  try {
    lock.exec('BEGIN IMMEDIATE')
    lock.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER, host TEXT, since TEXT); DELETE FROM holder')
    lock.prepare('INSERT INTO holder VALUES (?, ?, ?)').run(process.pid, hostname(), new Date().toISOString())
    lock.exec('COMMIT')
    lock.exec('BEGIN IMMEDIATE')
  } catch (error) {
    const busy = sqliteCode(error) === SQLITE_BUSY
    const holder = busy ? whoHolds(lock) : undefined
    lock.close()
    if (!busy) throw error
    throw new LogError('LOG_IN_USE', inUse(path, holder))
  }
  return () => lock.close()
}

interface Holder {
  readonly pid: number
  readonly host: string
  readonly since: string
}

function whoHolds(lock: DatabaseSync): Holder | undefined {
  try {
    if (lock.isTransaction) lock.exec('ROLLBACK')
    return lock.prepare('SELECT pid, host, since FROM holder').get() as Holder | undefined
  } catch {
    return undefined // It is writing its name at this moment.
  }
}

function inUse(path: string, holder: Holder | undefined): string {
  const advice = 'Stop that process first, or give this one a log of its own with --log sqlite:PATH.'
  if (holder === undefined) return `${path} is in use by another process. ${advice}`
  const { pid, host, since } = holder
  const who = pid === process.pid && host === hostname() ? `this process itself (pid ${pid})` : `process ${pid} on ${host}`
  return `${path} is in use by ${who}, since ${since}. ${advice}`
}
