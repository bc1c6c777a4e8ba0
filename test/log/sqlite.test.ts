import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Codec } from '../../src/log/log.ts'
import { openSqliteLog } from '../../src/log/sqlite.ts'
import { logContract, type Subject } from '../contract/log.ts'
import type { ContractEntry } from '../contract/log-entries.ts'

async function open(codec: Codec<ContractEntry>): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'paramedic-log-'))
  const openLog = () => openSqliteLog<ContractEntry>(join(folder, 'log.db'), { codec })
  let log = await openLog()
  return {
    log,
    async reopen() {
      await log.close()
      log = await openLog()
      return log
    },
    async destroy() {
      await log.close()
      await rm(folder, { recursive: true })
    },
  }
}

logContract('sqlite', open)
logContract('sqlite, with a codec that reads many at once', (codec) =>
  open({ ...codec, decodeArray: (text) => JSON.parse(text) as ContractEntry[] }))
