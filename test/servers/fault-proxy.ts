/** Stands between a client and a real server, and does wrong what it is told to do wrong. */
import { createServer, request as plain, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as secure } from 'node:https'
import type { AddressInfo } from 'node:net'

/** `late answer`: it reached the server and was done there, and nobody hears of it. */
export type Fault = 'slow' | 'cut' | '5xx' | '429' | 'garbage' | 'stale version' | 'half a body' | 'late answer'

export interface FaultProxy {
  readonly url: string
  /** For the next so many requests that change something, or for all requests until it is said again. */
  fault(how: Fault | 'none', options?: { times?: number; changesOnly?: boolean }): void
  /** Requests that came, and those that were let through. */
  readonly seen: { came: number; through: number }
  close(): Promise<void>
}

export async function faultProxy(upstream: { url: string; ca?: Buffer }): Promise<FaultProxy> {
  const { protocol, hostname, port } = new URL(upstream.url)
  const seen = { came: 0, through: 0 }
  let now: { how: Fault | 'none'; times: number; changesOnly: boolean } = { how: 'none', times: Infinity, changesOnly: false }
  const server = createServer((req, res) => {
    seen.came++
    const meant = now.how !== 'none' && now.times > 0 && !(now.changesOnly && req.method === 'GET')
    if (!meant) return pass(req, res)
    now.times--
    switch (now.how) {
      case 'slow': return // it never answers
      case 'cut': return void req.socket.destroy()
      case '5xx': return void res.writeHead(500, json).end('{"message":"out of order"}')
      case '429': return void res.writeHead(429, { ...json, 'retry-after': '1' }).end('{"message":"too many"}')
      case 'garbage': return void res.writeHead(200, json).end('<html>proxy</html>')
      case 'stale version': return void res.writeHead(409, json).end('{"message":"the object has been modified","reason":"Conflict"}')
      case 'half a body': return void (res.writeHead(200, { ...json, 'content-length': '1000' }).write('{"items":['), setTimeout(() => res.destroy(), 10))
      case 'late answer': return pass(req, res, true)
      case 'none': return
    }
  })
  const pass = (req: IncomingMessage, res: ServerResponse, swallow = false): void => {
    seen.through++
    const asking = (protocol === 'https:' ? secure : plain)({ hostname, port, method: req.method, path: req.url, headers: { ...req.headers, host: `${hostname}:${port}` }, agent: false, ...(upstream.ca ? { ca: upstream.ca } : {}) }, (answer) => {
      if (swallow) return void answer.resume().once('end', () => req.socket.destroy())
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    asking.on('error', () => res.destroy())
    req.pipe(asking)
  }
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen,
    fault: (how, { times = Infinity, changesOnly = false } = {}) => void (now = { how, times, changesOnly }),
    close: () => (server.closeAllConnections(), new Promise((closed) => server.close(() => closed()))),
  }
}

const json = { 'content-type': 'application/json' }
