/** HTTP for edges: connections that are kept and bounded, answers that are bounded, errors that say what they mean. Redirects are not followed. */
import { Agent, request as plain } from 'node:http'
import { Agent as TlsAgent, request as secure } from 'node:https'
import type { Meaning, Within } from './edge.ts'
import { proxyOf } from './proxy.ts'

export interface HttpOptions {
  /** Open connections at most. */
  readonly sockets: number
  /** Certificates to trust, PEM. */
  readonly ca?: string
}

export interface HttpAsk extends Within {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON to post. Without it the call is a GET. */
  readonly body?: string
}

class HttpStatus extends Error {
  readonly status: number
  readonly afterMs: number
  constructor(message: string, status: number, afterMs: number) {
    super(message)
    this.status = status
    this.afterMs = afterMs
  }
}

const mostBytes = 64 * 1024 * 1024
const idleMs = 30_000

export function createHttp({ sockets, ca }: HttpOptions) {
  const proxyEnv = proxyOf()
  const options = { ...(proxyEnv ? { proxyEnv } : {}), keepAlive: true, maxSockets: sockets, maxTotalSockets: sockets, maxFreeSockets: Math.min(sockets, 10), timeout: idleMs }
  const agents = { 'http:': new Agent(options), 'https:': new TlsAgent({ ...options, ...(ca === undefined ? {} : { ca }) }) }
  return {
    /** The answer's JSON. Throws `HttpStatus` for every status but 2xx. */
    json: async ({ url, headers = {}, body, signal }: HttpAsk): Promise<unknown> => {
      const { protocol } = new URL(url)
      const agent = protocol === 'https:' ? agents['https:'] : agents['http:']
      return JSON.parse(await new Promise<string>((done, fail) => {
        const asking = (protocol === 'https:' ? secure : plain)(url, { method: body === undefined ? 'GET' : 'POST', headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, signal, agent }, (response) => {
          const { statusCode = 0, headers: { 'retry-after': after } } = response
          const chunks: Buffer[] = []
          let bytes = 0
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes > mostBytes) asking.destroy(new Error(`${url}: the answer is longer than ${mostBytes} bytes`))
            else chunks.push(chunk)
          })
          response.on('error', fail)
          response.once('end', () => {
            if (statusCode >= 200 && statusCode < 300) done(Buffer.concat(chunks).toString())
            else fail(new HttpStatus(`${url}: ${statusCode}`, statusCode, 1000 * (Number(after) || 0)))
          })
          // Half an answer is no answer.
          response.once('close', () => fail(new Error(`${url}: the answer broke off`)))
        })
        asking.on('error', fail)
        asking.end(body)
      }))
    },
    close: (): void => Object.values(agents).forEach((agent) => agent.destroy()),
  }
}
export type Http = ReturnType<typeof createHttp>

/** Who says 4xx is well, and does not want this call. */
const meaningOfStatus = (status: number, afterMs = 0): Meaning => {
  if (status === 429 || status === 503) return { afterMs }
  return status >= 400 && status < 500 && status !== 408 ? 'answered' : 'fault'
}

export const httpMeaning = (error: unknown): Meaning => (error instanceof HttpStatus ? meaningOfStatus(error.status, error.afterMs) : 'fault')
