/** What SQLite and the file system say, in the log's own words: a code, what to do, and whether it may have landed. */
import { LogError, type LogErrorCode } from './log.ts'

export const SQLITE_BUSY = 5
const SQLITE_PERM = 3
const SQLITE_LOCKED = 6
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_TOOBIG = 18
const SQLITE_NOTADB = 26

/** SQLite's primary result code; 0 for an error that is not SQLite's. */
export const sqliteCode = (error: unknown): number =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0

/** A LogError that can be posted between threads. */
export interface Trouble {
  readonly code: LogErrorCode
  readonly message: string
  readonly landed: 'no' | 'maybe'
  readonly oldest?: number | undefined
}

export const troubleError = ({ code, message, landed, oldest }: Trouble): LogError => new LogError(code, message, { landed, oldest })

export function troubleOf(error: unknown, path: string): Trouble {
  if (error instanceof LogError) return { code: error.code, message: error.message, landed: error.landed, oldest: error.oldest }
  const said = error instanceof Error ? error.message : String(error)
  const trouble = (code: LogErrorCode, what: string, landed: 'no' | 'maybe' = 'no'): Trouble =>
    ({ code, message: `${what} (${said})`, landed })
  switch (sqliteCode(error)) {
    case SQLITE_FULL:
      return trouble('LOG_DISK_FULL', `No room for ${path}. Free some space: it goes on by itself.`)
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return trouble('LOG_IN_USE', `Another program holds ${path} locked. Close it (sqlite3, a backup): it goes on by itself.`)
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return trouble('LOG_REFUSED', `${path} may not be written by this user. Give it and its folder to the user that runs Paramedic.`)
    case SQLITE_CANTOPEN:
      return trouble('LOG_UNREACHABLE', `${path} cannot be opened. See that its folder exists and belongs to the user that runs Paramedic.`)
    case SQLITE_CORRUPT:
      return trouble('LOG_BROKEN', `${path} is damaged. Restore a backup, or move it and ${path}-wal away to begin a new log.`, 'maybe')
    case SQLITE_NOTADB:
      return trouble('LOG_BROKEN', `${path} is not a log of Paramedic. Move it away, or name another with --log sqlite:PATH.`)
    case SQLITE_TOOBIG:
      return trouble('LOG_TOO_LARGE', `The batch is larger than ${path} takes. Send less at once.`)
    case SQLITE_IOERR:
      return trouble('LOG_UNREACHABLE', `The disk of ${path} fails. Look at the kernel's messages; it is tried again.`, 'maybe')
    default:
      return fileTrouble(error, path, trouble)
  }
}

function fileTrouble(
  error: unknown, path: string, trouble: (code: LogErrorCode, what: string, landed?: 'no' | 'maybe') => Trouble,
): Trouble {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return trouble('LOG_DISK_FULL', `No room for ${path}. Free some space.`)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return trouble('LOG_REFUSED', `The folder of ${path} may not be written by this user. Give it to the user that runs Paramedic.`)
  }
  return trouble('LOG_UNREACHABLE', `${path} cannot be used.`, 'maybe')
}
