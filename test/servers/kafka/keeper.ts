import { createServer, type Socket } from 'node:net'
import { isAlive, startCluster } from './cluster.ts'
import { keeperAddress } from './keeper-address.ts'

/**
 * Keeps one broker for all the test files of a run. It is started by the first file that asks and listens on a socket
 * whose name only one process can have. Each test file stays connected while it lives and names the run it belongs to;
 * when no file and no run is left, the broker is killed and the keeper ends. Nobody has to say goodbye: the kernel
 * closes the connections of a test that crashed.
 */
const runs = new Set<number>()
const users = new Set<Socket>()

const server = createServer((user) => {
  users.add(user)
  user.on('close', () => users.delete(user))
  user.on('error', () => {})
  user.once('data', (run) => {
    runs.add(Number(run))
    broker.then(({ brokers }) => user.write(`${JSON.stringify({ brokers })}\n`), (error: Error) => user.end(`${JSON.stringify({ error: error.message })}\n`))
  })
})
// Another keeper was quicker: that one serves.
server.on('error', () => process.exit(0))
await new Promise<void>((resolve) => server.listen(keeperAddress(), resolve))
const broker = startCluster({ brokers: 1 })
broker.catch(() => {})

let idle = 0
setInterval(async () => {
  for (const run of runs) if (!isAlive(run)) runs.delete(run)
  idle = users.size === 0 && runs.size === 0 ? idle + 1 : 0
  // Two seconds: long enough for the file that started this keeper to come and connect.
  if (idle < 8) return
  server.close()
  await broker.then((cluster) => cluster.stop(), () => {})
  process.exit(0)
}, 250)
