/**
 * A small real service: `service.ts PORT`. One request at a time takes its 40 ms, and whoever comes meanwhile waits in a
 * queue with a bound. How long requests took is all that it tells; it does not know how many of it there are.
 */
import { createServer } from 'node:http'

const serviceMs = 40
const longestQueueMs = 3000
const bounds = [0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2, 3, 5]
const counts = bounds.map(() => 0)
let [count, sumSeconds, refused, freeAt] = [0, 0, 0, 0]

createServer((request, response) => {
  if (request.url === '/healthz') return void response.end('well')
  if (request.url === '/metrics') return void response.setHeader('content-type', 'text/plain; version=0.0.4').end(metrics())
  const now = performance.now()
  freeAt = Math.max(now, freeAt)
  if (freeAt - now > longestQueueMs) {
    refused++
    return void response.writeHead(503).end('too many at once\n')
  }
  freeAt += serviceMs
  const tookSeconds = (freeAt - now) / 1000
  setTimeout(() => {
    count++
    sumSeconds += tookSeconds
    bounds.forEach((bound, at) => tookSeconds <= bound && counts[at]!++)
    response.end('thank you\n')
  }, freeAt - now)
}).listen(Number(process.argv[2]), '127.0.0.1')

const metrics = (): string => `# TYPE shop_request_seconds histogram
${bounds.map((bound, at) => `shop_request_seconds_bucket{le="${bound}"} ${counts[at]}`).join('\n')}
shop_request_seconds_bucket{le="+Inf"} ${count}
shop_request_seconds_sum ${sumSeconds}
shop_request_seconds_count ${count}
# TYPE shop_requests_refused_total counter
shop_requests_refused_total ${refused}
`
