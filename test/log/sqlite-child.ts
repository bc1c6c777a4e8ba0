/** A process of its own that writes to a log as fast as it can, until it is killed. Each answer is told on stdout. */
import { openSqliteLog } from '../../src/log/sqlite.ts'
import { contractCodec, entries } from '../contract/log-entries.ts'

const [path, mode] = process.argv.slice(2)
const log = await openSqliteLog(path!, { codec: contractCodec })
process.stdout.write('open\n')
if (mode === 'hold') await new Promise((resolve) => process.stdin.on('data', resolve))
for (let n = 1; mode === 'write'; n += 3) {
  const last = await log.append(entries(n, 3))
  process.stdout.write(`${last}\n`)
}
await log.close()
