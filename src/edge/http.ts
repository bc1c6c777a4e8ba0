/** HTTP for edges: connections that are kept and bounded, answers that are bounded, errors that say what they mean. Redirects are not followed. */
import { Agent, request as plain } from 'node:http'
import { Agent as TlsAgent, request as secure, type AgentOptions } from 'node:https'
import type { Meaning, Within } from './edge.ts'
import { proxyOf } from './proxy.ts'

export interface HttpOptions {
  /** Open connections at most. */
  readonly sockets: number
  /** Which certificates are trusted, and which is shown. */
  readonly tls?: Tls
  /** As everybody's, unless given; empty for a straight way. */
  readonly proxy?: AgentOptions['proxyEnv']
}
export type Tls = Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'rejectUnauthorized' | 'servername'>

export interface HttpAsk extends Within {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON. */
  readonly body?: string
  /** GET without a body, and POST with one, unless it says otherwise. */
  readonly method?: string
}

/** An answer that is not 2xx. */
export class HttpStatus extends Error {
  readonly status: number
  readonly afterMs: number
  /** What came with it. */
  readonly text: string
  constructor(url: string, status: number, afterMs: number, text: string) {
    super(`${url}: ${status}`)
    this.status = status
    this.afterMs = afterMs
    this.text = text
  }
}

const mostBytes = 64 * 1024 * 1024
const idleMs = 30_000

export function createHttp({ sockets, tls = {}, proxy = proxyOf() }: HttpOptions) {
  const options = { ...(proxy ? { proxyEnv: proxy } : {}), keepAlive: true, maxSockets: sockets, maxTotalSockets: sockets, maxFreeSockets: Math.min(sockets, 10), timeout: idleMs }
  const agents = { 'http:': new Agent(options), 'https:': new TlsAgent({ ...options, ...tls }) }
  return {
    /** The answer's JSON. Throws `HttpStatus` for every status but 2xx. */
    json: async ({ url, headers = {}, body, method = body === undefined ? 'GET' : 'POST', signal }: HttpAsk): Promise<unknown> => {
      const { protocol } = new URL(url)
      const agent = protocol === 'https:' ? agents['https:'] : agents['http:']
      return JSON.parse(await new Promise<string>((done, fail) => {
        const asking = (protocol === 'https:' ? secure : plain)(url, { method, headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, signal, agent }, (response) => {
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
            const text = Buffer.concat(chunks).toString()
            if (statusCode >= 200 && statusCode < 300) done(text)
            else fail(new HttpStatus(url, statusCode, 1000 * (Number(after) || 0), text))
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
