/**
 * Everything that a hostile or desperate sender can do at once, from a process of its own: `node flood.ts URL KIND`, until
 * it is killed. A line on stdout says that it is under way.
 */
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { manyAlerts } from '../fixtures/many-alerts.ts'

const [url = '', kind = ''] = process.argv.slice(2)
const { hostname, port } = new URL(url)
const path = `${url}/webhooks/alertmanager`
const answers = new Map<number, number>()

/** Bodies that differ, so that every alert is a new episode: where the text says `host-`, it says another word each time. */
let round = 0
const fresh = (body: Buffer): Buffer => {
  const mark = Buffer.from((round++ % 46_656).toString(36).padStart(4, '0'))
  const copy = Buffer.from(body)
  for (let at = copy.indexOf('"host-'); at >= 0; at = copy.indexOf('"host-', at + 6)) mark.copy(copy, at + 1)
  return copy
}

const send = (body: Buffer, agent: Agent): Promise<void> => new Promise((resolve) => {
  const req = request(path, { method: 'POST', agent, headers: { 'content-length': body.length } }, (res) => {
    answers.set(res.statusCode!, (answers.get(res.statusCode!) ?? 0) + 1)
    res.resume().on('end', resolve).on('error', () => resolve())
  })
  req.on('error', () => resolve())
  req.end(body)
})

const forever = async (connections: number, body: Buffer): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  await Promise.all(Array.from({ length: connections }, async () => {
    for (;;) {
      await send(fresh(body), agent)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }))
}

/** Connections that never end what they begin: half of them in their headers, half in a body. */
const slowly = (count: number): void => {
  const again = (i: number): void => {
    const socket = connect(Number(port), hostname, () => {
      socket.write('POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\n')
      if (i % 2 === 0) socket.write('content-length: 100000\r\n\r\n{')
    })
    const drip = setInterval(() => socket.write(i % 2 === 0 ? ' ' : 'x: y\r\n'), 3000)
    socket.on('error', () => {}).on('close', () => {
      clearInterval(drip)
      setTimeout(again, 500, i)
    })
  }
  for (let i = 0; i < count; i++) again(i)
}

if (kind.includes('big')) void forever(6, Buffer.from(manyAlerts(25_000)))
if (kind.includes('many')) void forever(32, Buffer.from(manyAlerts(500)))
if (kind.includes('slow')) slowly(2500)
setTimeout(() => process.stdout.write('under way\n'), 1500)
process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(Object.fromEntries(answers))}\n`)
  process.exit(0)
})
