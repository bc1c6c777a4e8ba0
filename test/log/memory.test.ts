import { memoryLog } from '../../src/log/memory.ts'
import { logContract } from '../contract/log.ts'
import type { ContractEntry } from '../contract/log-entries.ts'

const forgets = { test: 'what append resolved is there when the log is opened again', reason: 'memory forgets when the process ends' }

logContract('memory', async (codec) => {
  const log = memoryLog<ContractEntry>({ codec })
  return { log, reopen: async () => log, destroy: () => log.close() }
}, [forgets])
