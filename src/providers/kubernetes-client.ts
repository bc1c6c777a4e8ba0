/**
 * Requests to a Kubernetes API server, over the edge. The client library is loaded by the first one, and is asked only for
 * what a kubeconfig or a pod's account means: addresses, certificates, tokens. Paths are made of names that were checked.
 */
import type { RequestOptions } from 'node:https'
import type { Attempt, Meaning } from '../edge/edge.ts'
import type { Edges } from '../edge/edges.ts'
import { createHttp, HttpStatus, type Http, type Tls } from '../edge/http.ts'
import { ProviderError, type Call } from './provider.ts'

export interface KubernetesAccess {
  /** A file. Unset: the account of the pod that this runs in, else what kubectl would take. */
  readonly kubeconfig?: string
  readonly context?: string
}

export interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH'
  /** Of names, each checked by `isName` before. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
  /** Of a PATCH: a merge patch unless it says otherwise. */
  readonly patch?: 'merge-patch' | 'json-patch' | 'strategic-merge-patch'
  /** What the call is about, for breakers and room. */
  readonly target?: string
}

/** An answer that is not 2xx. */
export class KubernetesStatus extends Error {
  readonly code: number
  readonly causes: readonly string[]
  constructor(message: string, code: number, causes: readonly string[]) {
    super(message)
    this.code = code
    this.causes = causes
  }
}

/** Names of objects are DNS subdomains: dots alone, slashes and the like never reach a path. */
export const isName = (text: string): boolean => text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text)

/** What a kubeconfig says is read anew after this long: certificates may have been replaced. Connections before end when they have been idle. */
const freshMs = 600_000

export function kubernetesClient(access: KubernetesAccess, edges: Edges) {
  const edge = edges.open('kubernetes', { meaning })
  let kept: { readonly until: number; readonly access: Promise<Opened> } | undefined
  const opened = (): Promise<Opened> => {
    if (kept === undefined || kept.until < performance.now()) kept = { until: performance.now() + freshMs, access: open(access, edges.sockets) }
    const { access: one } = kept
    // What could not be read is looked for again by the next call.
    one.catch(() => { if (kept?.access === one) kept = undefined })
    return one
  }

  const send = async ({ method, path, query = {}, body, patch = 'merge-patch' }: Request, attempt: Attempt): Promise<unknown> => {
    const { http, server, headers } = await opened()
    const search = new URLSearchParams(query).toString()
    return http.json({
      ...attempt, method, url: `${server}/${path.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`,
      headers: { ...await headers(), ...(body === undefined ? {} : { 'content-type': method === 'PATCH' ? `application/${patch}+json` : 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  return {
    /** The answer's JSON. Throws `KubernetesStatus`. What changes something is repeatable: it names a version, a uid, or an end state. */
    request: <T>(request: Request, { signal, deadlineMs }: Call): Promise<T> =>
      edge.call({
        ...(request.target === undefined ? {} : { target: request.target }), effect: request.method === 'GET' ? 'read' : 'repeatable', signal, deadlineMs,
        run: (attempt) => send(request, attempt).catch((error: unknown) => {
          throw error instanceof HttpStatus ? statusOf(error, request) : error
        }) as Promise<T>,
      }),
    close: async (): Promise<void> => (await kept?.access.catch(() => undefined))?.http.close(),
  }
}
export type KubernetesClient = ReturnType<typeof kubernetesClient>

interface Opened {
  readonly http: Http
  readonly server: string
  /** Asked for each call: tokens are renewed. */
  headers(): Promise<Record<string, string>>
}

async function open({ kubeconfig, context }: KubernetesAccess, sockets: number): Promise<Opened> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig)
  else if (process.env['KUBERNETES_SERVICE_HOST']) config.loadFromCluster()
  else config.loadFromDefault()
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw new ProviderError('TargetUnreachable', 'the kubeconfig names no cluster')
  const { server, proxyUrl } = cluster
  if (proxyUrl?.startsWith('socks')) throw new ProviderError('TargetUnreachable', `the kubeconfig's proxy-url is ${proxyUrl}: it must begin with http:// or https://`)
  const options = async (): Promise<RequestOptions> => {
    const given: RequestOptions = {}
    await config.applyToHTTPSOptions(given)
    return given
  }
  return {
    http: createHttp({ sockets, tls: tlsOf(await options()), proxy: proxyUrl === undefined ? {} : { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } }),
    server: server.replace(/\/+$/, ''),
    headers: async () => {
      const { headers, auth } = await options()
      return { ...(headers as Record<string, string> | undefined), ...(auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}) }
    },
  }
}

/** Only what is given: an authority that is undefined would be none. */
const tlsOf = ({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }: RequestOptions): Tls =>
  Object.fromEntries(Object.entries({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }).filter(([, value]) => value !== undefined))

function statusOf({ status: code, text }: HttpStatus, { method, path }: Request): KubernetesStatus {
  let [said, causes] = ['', [] as string[]]
  try {
    const status = JSON.parse(text) as { message?: string; details?: { causes?: { reason?: string }[] } }
    said = status.message ?? ''
    causes = (status.details?.causes ?? []).map(({ reason = '' }) => reason)
  } catch {
    said = text.slice(0, 200)
  }
  const hint = code === 403 ? ' (what is needed is in deploy/kubernetes/)' : ''
  return new KubernetesStatus(`${method} ${path.join('/')}: ${code}${said === '' ? '' : ` ${said}`}${hint}`, code, causes)
}

/** 429 comes from a disruption budget too: that is for who evicts to wait for, and the server is well. */
const meaning = (error: unknown): Meaning => {
  if (!(error instanceof KubernetesStatus)) return error instanceof ProviderError ? 'answered' : 'fault'
  if (error.code === 429) return error.causes.includes('DisruptionBudget') ? 'answered' : { afterMs: 1000 }
  return error.code >= 500 ? 'fault' : 'answered'
}
