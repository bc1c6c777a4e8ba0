/**
 * One replica of the demo's shop: `replica.ts PORT SERVICE_MS`. It serves one customer at a time, so whoever comes while
 * it serves waits in its queue: too many customers for too few replicas, and latency grows until there are more.
 */
import { createServer } from 'node:http'

const [port = '', serviceMs = '40'] = process.argv.slice(2)
/** Whoever would wait longer is sent away. */
const longestQueueMs = 5000

let freeAt = 0
createServer((request, response) => {
  if (request.url === '/healthz') return void response.end('well')
  const now = performance.now()
  freeAt = Math.max(now, freeAt)
  if (freeAt - now > longestQueueMs) return void response.writeHead(503).end('too many customers\n')
  freeAt += Number(serviceMs)
  setTimeout(() => response.end('thank you\n'), freeAt - now)
}).listen(Number(port), '127.0.0.1')
