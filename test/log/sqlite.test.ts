import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteLog } from '../../src/log/sqlite.ts'
import { logContract, type ContractEntry } from '../contract/log.ts'

logContract('sqlite', async (codec) => {
  const folder = await mkdtemp(join(tmpdir(), 'paramedic-log-'))
  const open = () => openSqliteLog<ContractEntry>(join(folder, 'log.db'), { codec })
  let log = await open()
  return {
    log,
    async reopen() {
      await log.close()
      log = await open()
      return log
    },
    async destroy() {
      await log.close()
      await rm(folder, { recursive: true })
    },
  }
})
