/** One request straight to a Paramedic, over https with certificates of one's own, and never by way of a proxy: a stop waits for none. */
import { readFileSync } from 'node:fs'
import { request as plain } from 'node:http'
import { request as secure, Agent as TlsAgent } from 'node:https'
import { Readable } from 'node:stream'
import { getCACertificates } from 'node:tls'

/** Paths. */
export interface DialFiles {
  /** Trusted beside those that Node trusts anyway. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface Dialled {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

export type Dial = (url: string | URL, asked: Dialled) => Promise<Response>

const readOf = (path: string | undefined, name: 'cert' | 'key'): { cert?: string; key?: string } => (path === undefined ? {} : { [name]: readFileSync(path, 'utf8') })

/** The files are read for each request: they may have been replaced. Rejects as `fetch` does, and follows no redirect. */
export const dialWith = ({ ca, cert, key }: DialFiles): Dial => async (url, { method, headers, body, signal }) => {
  const isSecure = new URL(url).protocol === 'https:'
  const agent = isSecure ? new TlsAgent({ ...readOf(cert, 'cert'), ...readOf(key, 'key'), ...(ca === undefined ? {} : { ca: [...getCACertificates(), readFileSync(ca, 'utf8')] }) }) : false
  return new Promise((resolve, reject) => {
    const asking = (isSecure ? secure : plain)(url, { method, headers, signal, agent }, (response) => {
      const { statusCode: status = 0 } = response
      const said = Object.entries(response.headers).flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one]))
      resolve(new Response(status === 204 || status === 304 ? null : (Readable.toWeb(response) as ReadableStream), { status, headers: said }))
    })
    asking.on('error', (problem) => reject(signal.aborted ? signal.reason as Error : new TypeError('the request failed', { cause: problem })))
    asking.end(body)
  })
}
