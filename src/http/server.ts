/**
 * The way in. Slow senders are cut, connections and everything else that can pile up are bounded, and what must answer
 * while all that is full (stops, health, metrics) waits in no line.
 */
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import express from 'express'
import type { TokenEntry } from '../core/person.ts'
import { refuse } from './answer.ts'
import { BigBodies } from './big.ts'
import { Gone } from './body.ts'
import type { Call, Door } from './call.ts'
import type { Certificates } from './certificates.ts'
import { boundConnections, type Connections } from './connections.ts'
import { errors, later, problemDocument, Refusal, type Code } from './errors.ts'
import { handlers } from './handlers.ts'
import { listenWide } from './listen.ts'
import { createLogins, type Logins } from './logins.ts'
import type { Ports, StartingPorts } from './ports.ts'
import { busy, queueFull, Shares } from './shares.ts'
import type { SignatureOptions } from './signature.ts'
import { operations, type Operation, type OperationId } from './table.ts'
import { checkOrigin, createDoorkeeper, isHere, type Doorkeeper } from './tokens.ts'

export interface DoorOptions {
  readonly listen: { readonly host: string; readonly port: number }
  /** None: plain HTTP. */
  readonly certificates?: Certificates
  /** Of the table, what is served here: everything, unless it is said. */
  readonly serves?: (operation: Operation) => boolean
  /** The names by which people reach this server, `host:port`. */
  readonly names?: readonly string[]
  /** None: everybody may do everything. */
  readonly tokens: readonly TokenEntry[]
  /** See `DoorkeeperOptions`. */
  readonly people?: readonly string[]
  readonly isPeer?: (token: string) => boolean
  /** Whether alerts are taken here, and whether the page is shown. */
  readonly intake: boolean
  readonly console: boolean
  readonly grafana?: Omit<SignatureOptions, 'now'>
  /** Undefined while the parts behind are starting. */
  readonly ports: () => Ports | undefined
  /** What answers meanwhile: a stop, and whether all is well. */
  readonly starting: StartingPorts
  /** Further calls that have their own ways of proving who calls: Slack's. They answer by themselves. */
  readonly also?: readonly Also[]
  readonly onProblem: (problem: unknown) => void
  /** For metrics: of every call of the table that was answered, and of every refusal. */
  readonly onAnswered?: (call: OperationId, status: number, tookMs: number) => void
  readonly onRefused?: (code: Code) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly limits?: Partial<DoorLimits>
  /** How long refused logins are gathered to one entry. */
  readonly loginsEveryMs?: number
}

export interface Also {
  readonly method: 'get' | 'post'
  readonly path: string
  handle(req: IncomingMessage, res: ServerResponse): Promise<void> | void
}

export interface DoorLimits {
  readonly connections: number
  /** Requests of a kind that are being worked on. */
  readonly notifications: number
  readonly reads: number
  readonly bodyBytes: number
  readonly bigBodies: number
  readonly headersMs: number
  readonly requestMs: number
  readonly idleMs: number
}

const usual: DoorLimits = {
  connections: 2000, notifications: 1000, reads: 200, bodyBytes: 128 << 20, bigBodies: 16, headersMs: 10_000, requestMs: 30_000, idleMs: 65_000,
}

export interface DoorLoad {
  readonly connections: number
  readonly notifications: number
  readonly reads: number
  readonly bodyBytes: number
  readonly bigBodies: number
  readonly streams: number
}

export interface OpenDoor {
  readonly url: string
  readonly address: AddressInfo
  /** How much is going on at the door. */
  load(): DoorLoad
  /** No more alerts; everything else goes on, stops above all. */
  drain(): void
  /** Lets answers that are being given end within `withinMs`. */
  close(withinMs?: number): Promise<void>
}

/** Resolves once it listens. */
export async function openDoor(options: DoorOptions): Promise<OpenDoor> {
  const limits = { ...usual, ...options.limits }
  const ended = new AbortController()
  const door: Door & { draining: boolean } = {
    budget: new Shares(limits.bodyBytes, 'Too many large bodies at once.', queueFull), big: new BigBodies(limits.bigBodies), ending: ended.signal, streams: 0, draining: false,
    ...(options.grafana === undefined ? {} : { grafana: { ...options.grafana, now: options.now ?? Date.now } }),
  }
  const app = express()
  const direct = new Map<string, Serve>()
  const { certificates } = options
  const served = {
    headersTimeout: limits.headersMs, requestTimeout: limits.requestMs, keepAliveTimeout: limits.idleMs, connectionsCheckingInterval: Math.min(1000, limits.headersMs / 2), maxHeaderSize: 16 * 1024,
  }
  const serve = (req: IncomingMessage, res: ServerResponse): void => {
    // What is asked for as it stands in the table, webhooks above all, needs no router.
    const straight = direct.get(`${req.method} ${req.url}`)
    if (straight === undefined) app(req, res)
    else straight(req, res, '').catch((problem: unknown) => answerProblem(problem, res, options))
  }
  const secure = certificates && createSecureServer({ ...served, ...certificates.now(), requestCert: certificates.asksClients, rejectUnauthorized: false, handshakeTimeout: limits.headersMs }, serve)
  if (secure) certificates.serve(secure)
  const server: Server = secure ?? createServer(served, serve)
  const connections = boundConnections(server, limits.connections)
  const gates = { notifications: new Shares(limits.notifications, 'Too many notifications at once.', busy), reads: new Shares(limits.reads, 'Too many requests at once.', busy) }
  const logins = createLogins({ ports: options.ports, everyMs: options.loginsEveryMs, onProblem: options.onProblem })
  route({ app, direct }, options, { door, gates, connections, logins })
  server.on('clientError', (problem: NodeJS.ErrnoException, socket: Socket) => answerBroken(problem, socket, options.onRefused))
  const listening = await listenWide(server, options.listen)
  const { address } = listening
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http${secure ? 's' : ''}://${host === '0.0.0.0' ? '127.0.0.1' : host === '[::]' ? '[::1]' : host}:${address.port}`,
    address,
    load: () => ({
      connections: connections.count(), notifications: gates.notifications.held, reads: gates.reads.held, bodyBytes: door.budget.held, bigBodies: door.big.waiting, streams: door.streams,
    }),
    drain: () => {
      logins.close()
      door.draining = true
    },
    close: async (withinMs = 2000) => {
      listening.close()
      ended.abort()
      await closeServer(server, connections, withinMs)
      await door.big.close()
    },
  }
}

/** Answers that are being given end; connections without one end now, and all at the end of `withinMs`. */
async function closeServer(server: Server, connections: Connections, withinMs: number): Promise<void> {
  server.close()
  const late = setTimeout(() => server.closeAllConnections(), withinMs)
  while (connections.count() > 0) {
    server.closeIdleConnections()
    await sleep(closingEveryMs)
  }
  clearTimeout(late)
}
const closingEveryMs = 10

interface Inside {
  readonly door: Door & { draining: boolean }
  readonly gates: { readonly notifications: Shares; readonly reads: Shares }
  readonly connections: Connections
  readonly logins: Logins
}

/** `id` of the address. Rejects with what is to be answered then. */
type Serve = (req: IncomingMessage, res: ServerResponse, id: string) => Promise<void>

function route({ app, direct }: { app: express.Express; direct: Map<string, Serve> }, options: DoorOptions, inside: Inside): void {
  app.disable('x-powered-by').disable('etag')
  app.set('query parser', false)
  const know = createDoorkeeper({ tokens: options.tokens, ...(options.people === undefined ? {} : { people: options.people }), now: options.now ?? Date.now, ...(options.isPeer === undefined ? {} : { isPeer: options.isPeer }) })
  const { gates } = inside
  const list = Object.entries(operations) as [OperationId, Operation][]
  for (const [id, operation] of list) {
    if ((operation.path === '/' && !options.console) || options.serves?.(operation) === false) continue
    const gate = operation.urgent ? undefined : operation.right === 'send' ? gates.notifications : gates.reads
    const serve = serveOne(id, operation, { options, inside, know, gate })
    app[operation.method](operation.path.replace('{id}', ':id'), (req, res) => serve(req, res, String(req.params['id'] ?? '')))
    if (!operation.path.includes('{id}')) direct.set(`${operation.method.toUpperCase()} ${operation.path}`, serve)
  }
  for (const { method, path, handle } of options.also ?? []) {
    const serve = noting(inside.logins, { method, path }, async (req, res) => {
      inside.connections.begin(req, res, true)
      checkCertificate(req, options)
      await handle(req, res)
    })
    app[method](path, (req, res) => serve(req, res, ''))
  }
  const byPath = Map.groupBy([...list.filter(([, operation]) => options.serves?.(operation) !== false).map(([, { path, method }]) => ({ path, method })), ...(options.also ?? [])], ({ path }) => path)
  for (const [path, all] of byPath) {
    const allow = [...new Set(all.map(({ method }) => method.toUpperCase()))].join(', ')
    app.all(path.replace('{id}', ':id'), () => {
      throw new Refusal('METHOD_NOT_ALLOWED', `This address takes ${allow}.`, { headers: { allow } })
    })
  }
  app.use(() => {
    throw new Refusal('NOT_FOUND', 'There is no such address.')
  })
  app.use((problem: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => answerProblem(problem, res, options))
}

interface Serving {
  readonly options: DoorOptions
  readonly inside: Inside
  readonly know: Doorkeeper
  readonly gate: Shares | undefined
}

function serveOne(name: OperationId, { right, method, path, whileStarting }: Operation, { options, inside, know, gate }: Serving): Serve {
  const handle = handlers[name]
  const urgent = gate === undefined
  const signed = right === 'send' && name !== 'alertmanager' && inside.door.grafana !== undefined
  const origin = { open: options.tokens.length === 0, local: isHere(options.listen.host), names: options.names ?? [] }
  return noting(inside.logins, { method, path }, async (req, res, id) => {
    const began = performance.now()
    inside.connections.begin(req, res, urgent)
    if (options.onAnswered) res.once('close', () => options.onAnswered!(name, res.statusCode, performance.now() - began))
    checkOrigin(req, origin)
    if (right !== 'open') checkCertificate(req, options)
    const caller = signed ? { name: 'grafana', proved: true, person: false, acts: false, peer: false } : know(req, right)
    const ports = options.ports() ?? (whileStarting ? options.starting as Ports : undefined)
    if (right === 'send' && (!options.intake || inside.door.draining)) throw new Refusal('NO_INTAKE', options.intake ? 'This process is ending.' : 'Its role is another: send alerts to a process with the role intake.', { headers: later() })
    if (ports === undefined && !whileStarting) throw new Refusal('STARTING', method === 'post' ? 'NOTHING WAS DONE: ask again in a moment.' : 'Ask again in a moment.', { headers: later() })
    const share = gate?.of(caller)
    share?.take(1)
    try {
      const call: Call = { req, res, caller, ports: ports!, door: inside.door, id, query: new URLSearchParams(req.url!.split('?', 2)[1]) }
      const done = handle(call)
      if (done instanceof Promise) await done
    } finally {
      share?.give(1)
    }
  })
}

/** A refused login is told of. */
const noting = (logins: Logins, { method, path }: Pick<Operation, 'method' | 'path'>, serve: Serve): Serve => (req, res, id) =>
  serve(req, res, id).catch((problem: unknown) => {
    logins.note(problem, req, `${method.toUpperCase()} ${path}`)
    throw problem
  })

const checkCertificate = ({ socket }: IncomingMessage, { certificates }: DoorOptions): void => {
  if (certificates?.asksClients && !(socket as TLSSocket).authorized) throw new Refusal('UNAUTHORIZED', 'Show a certificate that tls.clientCa has signed.')
}

function answerProblem(problem: unknown, res: ServerResponse, { onProblem, onRefused }: Pick<DoorOptions, 'onProblem' | 'onRefused'>): void {
  if (problem instanceof Gone) return void res.destroy()
  const refusal = refusalOf(problem)
  if (refusal.code === 'INTERNAL') onProblem(problem)
  onRefused?.(refusal.code)
  refuse(res, refusal)
}

function refusalOf(problem: unknown): Refusal {
  if (problem instanceof Refusal) return problem
  // Express's own: an address that is not well-formed.
  if (problem instanceof URIError) return new Refusal('BAD_REQUEST', 'The address cannot be read.')
  return new Refusal('INTERNAL', 'The log of the server says what.')
}

const broken: Readonly<Record<string, Code>> = { ERR_HTTP_REQUEST_TIMEOUT: 'TIMEOUT', HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE' }

/** What never became a request. */
function answerBroken(problem: NodeJS.ErrnoException, socket: Socket, onRefused?: (code: Code) => void): void {
  if (!socket.writable || problem.code === 'ECONNRESET') return void socket.destroy()
  const code = broken[problem.code ?? ''] ?? 'BAD_REQUEST'
  onRefused?.(code)
  const body = JSON.stringify(problemDocument(new Refusal(code, code === 'TIMEOUT' ? 'Headers within 10 s, everything within 30 s.' : 'It cannot be read.')))
  socket.end(`HTTP/1.1 ${errors[code][0]} ${STATUS_CODES[errors[code][0]]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`, () => socket.destroy())
}
