/**
 * Requests to a Kubernetes API server, over the edge. The client library is loaded by the first one, and is asked only for
 * what a kubeconfig or a pod's account means: addresses, certificates, tokens. Paths are made of names that were checked.
 */
import type { KubeConfig, RequestContext } from '@kubernetes/client-node'
import type { Meaning } from '../edge/edge.ts'
import type { Edges } from '../edge/edges.ts'
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

type Library = typeof import('@kubernetes/client-node')
type Dispatcher = Parameters<RequestContext['setDispatcher']>[0]

/** Connections are kept this long at most: certificates may have been replaced. */
const freshMs = 600_000

export function kubernetesClient(access: KubernetesAccess, edges: Edges) {
  const edge = edges.open('kubernetes', { meaning })
  let loading: Promise<{ library: Library; config: KubeConfig }> | undefined
  let kept: { dispatcher: Dispatcher & { close?(): Promise<void> }; until: number } | undefined

  const prepare = async ({ method, path, query = {}, body, patch = 'merge-patch' }: Request): Promise<{ library: Library; context: RequestContext }> => {
    const { library, config } = await (loading ??= load(access))
    const server = config.getCurrentCluster()?.server.replace(/\/+$/, '')
    if (server === undefined) throw new ProviderError('TargetUnreachable', 'the kubeconfig names no cluster')
    const context = new library.RequestContext(`${server}/${path.map(encodeURIComponent).join('/')}`, method as never)
    for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value)
    context.setHeaderParam('accept', 'application/json')
    if (body !== undefined) {
      context.setHeaderParam('content-type', method === 'PATCH' ? `application/${patch}+json` : 'application/json')
      context.setBody(JSON.stringify(body))
    }
    await config.applySecurityAuthentication(context)
    // The library makes connections of their own for each request: they are kept instead.
    if (kept === undefined || kept.until < performance.now()) {
      void kept?.dispatcher?.close?.()
      kept = { dispatcher: context.getDispatcher() as never, until: performance.now() + freshMs }
    }
    if (kept.dispatcher !== undefined) context.setDispatcher(kept.dispatcher)
    return { library, context }
  }

  return {
    /** The answer's JSON. Throws `KubernetesStatus`. What changes something is repeatable: it names a version, a uid, or an end state. */
    request: <T>(request: Request, { signal, deadlineMs }: Call): Promise<T> =>
      edge.call({
        ...(request.target === undefined ? {} : { target: request.target }), effect: request.method === 'GET' ? 'read' : 'repeatable', signal, deadlineMs,
        run: async (attempt) => {
          const { library, context } = await prepare(request)
          context.setSignal(attempt.signal as never)
          const answer = await new library.IsomorphicFetchHttpLibrary().send(context).toPromise()
          const text = await answer.body.text()
          if (answer.httpStatusCode >= 200 && answer.httpStatusCode < 300) return JSON.parse(text) as T
          throw statusOf(answer.httpStatusCode, text, request)
        },
      }),
    close: async (): Promise<void> => {
      await kept?.dispatcher?.close?.()
    },
  }
}
export type KubernetesClient = ReturnType<typeof kubernetesClient>

const load = async ({ kubeconfig, context }: KubernetesAccess): Promise<{ library: Library; config: KubeConfig }> => {
  const library = await import('@kubernetes/client-node')
  const config = new library.KubeConfig()
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig)
  else if (process.env['KUBERNETES_SERVICE_HOST']) config.loadFromCluster()
  else config.loadFromDefault()
  if (context !== undefined) config.setCurrentContext(context)
  return { library, config }
}

function statusOf(code: number, text: string, { method, path }: Request): KubernetesStatus {
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
