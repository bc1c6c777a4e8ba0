/** A folder of its own for the logs of one test file, and an end for every log that was opened in it. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before } from 'node:test'
import { LogError, type LogErrorCode } from '../../src/log/log.ts'
import { openSqliteLog, type SqliteLog, type SqliteOptions } from '../../src/log/sqlite.ts'
import { contractCodec, type ContractEntry } from '../contract/log-entries.ts'

export type TestLog = SqliteLog<ContractEntry>
export type OpenLog = (path: string, options?: Partial<SqliteOptions<ContractEntry>>) => Promise<TestLog>

export function logFiles(): { open: OpenLog; fresh: () => string; folder: () => string; closeAll: () => Promise<void> } {
  const opened = new Set<TestLog>()
  let folder = ''
  let count = 0
  const closeAll = async (): Promise<void> => {
    for (const log of opened) await log.close()
    opened.clear()
  }
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'paramedic-sqlite-')) })
  afterEach(closeAll)
  after(() => rm(folder, { recursive: true }))
  return {
    async open(path, options = {}) {
      const log = await openSqliteLog(path, { codec: contractCodec, ...options })
      opened.add(log)
      return log
    },
    fresh: () => join(folder, `${++count}.db`),
    folder: () => folder,
    closeAll,
  }
}

export const refusal = (code: LogErrorCode, pattern: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof LogError, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, pattern)
  return true
}
