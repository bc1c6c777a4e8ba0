/** Requests to the managers of a Swarm, over the edge: another manager is asked when one does not answer. dockerode is loaded by the first. */
import type Dockerode from 'dockerode'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { join } from 'node:path'
import type { Meaning } from '../edge/edge.ts'
import type { Edges } from '../edge/edges.ts'
import type { Call } from './provider.ts'

export interface SwarmAccess {
  /** `unix:///var/run/docker.sock`, `tcp://manager:2376`: managers of one Swarm. */
  readonly hosts: readonly string[]
  /** A folder of ca.pem, cert.pem and key.pem. */
  readonly tls?: string
}

export interface Request {
  readonly method: 'GET' | 'POST'
  /** Each part is one name; it is encoded, which the library does not do. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
  readonly target?: string
}

export const outOfSequence = (error: unknown): boolean => /update out of sequence/.test((error as Error).message)

export function swarmClient({ hosts, tls }: SwarmAccess, edges: Edges) {
  const edge = edges.open('swarm', { meaning, endpoints: hosts })
  const dockers = new Map<string, Dockerode>()
  const agents: (Agent | TlsAgent)[] = []
  const dockerOf = async (host: string): Promise<Dockerode> => {
    const { default: Docker } = await import('dockerode')
    const known = dockers.get(host)
    if (known) return known
    const options = { keepAlive: true, maxSockets: edges.sockets }
    const isSecure = tls !== undefined && !host.startsWith('unix:')
    const agent = isSecure ? new TlsAgent(options) : new Agent(options)
    agents.push(agent)
    const files = tls !== undefined && { ca: readFileSync(join(tls, 'ca.pem')), cert: readFileSync(join(tls, 'cert.pem')), key: readFileSync(join(tls, 'key.pem')) }
    const { protocol, hostname, port, pathname } = new URL(host)
    const docker = protocol === 'unix:'
      ? new Docker({ socketPath: pathname, agent } as Dockerode.DockerOptions)
      : new Docker({ host: hostname, port: Number(port || 2376), protocol: isSecure ? 'https' : 'http', agent, ...(files || {}) } as unknown as Dockerode.DockerOptions)
    dockers.set(host, docker)
    return docker
  }
  return {
    /** Repeatable: a change names the version that it is made for. */
    request: <T>({ method, path, query = {}, body, target }: Request, { signal, deadlineMs }: Call): Promise<T> =>
      edge.call({
        ...(target === undefined ? {} : { target }), effect: method === 'GET' ? 'read' : 'repeatable', signal, deadlineMs,
        run: async ({ endpoint, signal: abortSignal }) => {
          const docker = await dockerOf(endpoint)
          return new Promise<T>((done, fail) => docker.modem.dial({
            // With the body apart from the query: else the library puts all of it, secrets too, into the address.
            path: `/${path.map(encodeURIComponent).join('/')}?`, method, abortSignal, statusCodes: { 200: true, 201: true },
            options: { _query: query, ...(body === undefined ? {} : { _body: body }) },
          } as never, (error: unknown, answer: unknown) => (error ? fail(error as Error) : done(answer as T))))
        },
      }),
    close: (): void => agents.forEach((agent) => agent.destroy()),
  }
}
export type SwarmClient = ReturnType<typeof swarmClient>

/** A stale version is said with 500: the engine is well. */
const meaning = (error: unknown): Meaning => {
  const { statusCode = 0 } = error as { statusCode?: number }
  if (outOfSequence(error)) return 'answered'
  return statusCode >= 400 && statusCode < 500 ? 'answered' : 'fault'
}

/** What the engine answers, as far as we read it. */
export interface Service {
  readonly ID: string
  readonly Version: { readonly Index: number }
  readonly Spec: {
    readonly Name: string
    readonly Labels?: Readonly<Record<string, string>>
    readonly Mode: { readonly Replicated?: { readonly Replicas?: number }; readonly Global?: object }
    readonly TaskTemplate: { readonly ContainerSpec?: { readonly Labels?: Readonly<Record<string, string>> } }
  }
  readonly PreviousSpec?: Service['Spec']
  readonly UpdatedAt: string
  readonly UpdateStatus?: { readonly State?: string }
}

export interface Task {
  readonly ID: string
  readonly CreatedAt: string
  readonly NodeID?: string
  readonly DesiredState: string
  readonly Status: { readonly State: string }
}
