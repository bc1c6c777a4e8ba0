/** The doors: every address, who may, and what stands behind it. */
import { createServer, type Server } from 'node:http'
import express, { type NextFunction, type Request, type Response } from 'express'
import type { Fact, StopOrder } from '../core/entry.ts'
import type { Entry } from '../core/entry.ts'
import { MatcherError, parseMatchers } from '../core/matcher.ts'
import type { State } from '../core/state.ts'
import type { Recorded } from '../log/log.ts'
import { authorise, type Right, type Token } from './auth.ts'
import { readJson } from './body.ts'
import { sendEvents } from './events.ts'
import { page } from './page.ts'
import { HttpProblem, sendProblem } from './problem.ts'
import { episodeView, stopView, whyView, workflowView } from './views.ts'
import { receive } from './webhooks.ts'

export interface HttpPorts {
  readonly state: State
  readonly tokens: () => readonly Token[]
  readonly intake: boolean
  readonly grafanaSecret: (() => string) | undefined
  append(facts: readonly Fact[], within: { deadlineMs: number }): Promise<number>
  now(): number
  pullStop(stop: Omit<StopOrder, 'id'>): Promise<{ id: string; durable: boolean }>
  liftStop(stop: string, who: string, why: string): Promise<void>
  /** Stops that the configuration forces. */
  readonly forced: ReadonlySet<string>
  /** The live processes that run, with their names. */
  runners(): readonly { id: string; name: string; host: string; roles: readonly string[]; address: string; ageMs: number }[]
  entriesFrom(from: number, signal: AbortSignal): AsyncIterable<readonly Recorded<Entry>[] | 'caught up'>
  ready(): { ready: boolean; why: string[] }
  health(): Promise<Record<string, unknown>>
  metrics(): Promise<string>
  reload(): Promise<{ digest?: string; problems: readonly string[] }>
  onProblem(problem: unknown): void
}

type Handler = (request: Request, response: Response, who: string) => unknown

export const createApp = (ports: HttpPorts): express.Express => {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  const on = (method: 'get' | 'post' | 'put', path: string, right: Right | 'open', handler: Handler): void => {
    app[method](path, async (request: Request, response: Response, next: NextFunction) => {
      try {
        const who = right === 'open' ? '' : authorise(ports.tokens(), request, right)
        await handler(request, response, who)
      } catch (problem) {
        next(problem)
      }
    })
  }
  if (ports.intake) {
    on('post', '/webhooks/alertmanager', 'send', (request, response, who) => receive('alertmanager', request, response, ports, who))
    on('post', '/webhooks/grafana', 'send', (request, response, who) => receive('grafana', request, response, ports, who))
    on('put', '/webhooks/grafana', 'send', (request, response, who) => receive('grafana', request, response, ports, who))
  }
  stopRoutes(on, ports)
  readRoutes(on, ports)
  on('get', '/livez', 'open', (_, response) => response.type('text/plain').send('ok\n'))
  on('get', '/readyz', 'open', (_, response) => {
    const { ready, why } = ports.ready()
    response.status(ready ? 200 : 503).type('text/plain').send(ready ? 'ok\n' : `${why.join('\n')}\n`)
  })
  on('get', '/healthz', 'view', async (_, response) => response.json(await ports.health()))
  on('get', '/metrics', 'view', async (_, response) => response.type('text/plain; version=0.0.4').send(await ports.metrics()))
  on('get', '/', 'view', (_, response) => {
    response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'")
    response.type('html').send(page(ports.state, ports.runners()))
  })
  app.use((_request, _response, next) => next(new HttpProblem('NOT_FOUND')))
  app.use((problem: unknown, _request: Request, response: Response, _next: NextFunction) => {
    if (problem instanceof HttpProblem) return sendProblem(response, problem)
    ports.onProblem(problem)
    sendProblem(response, new HttpProblem('INTERNAL'))
  })
  return app
}

type On = (method: 'get' | 'post', path: string, right: Right | 'open', handler: Handler) => void

const stopRoutes = (on: On, ports: HttpPorts): void => {
  const { state } = ports
  on('post', '/v1/stops', 'stop', async (request, response, who) => {
    const origin = request.headers.origin
    if (origin !== undefined && new URL(origin).host !== request.headers.host) throw new HttpProblem('FOREIGN_ORIGIN')
    const order = await stopOrder(request, who)
    const waitMs = Math.min(60_000, Number.parseFloat(String(request.query['wait'] ?? '0')) * 1000 || 0)
    const { id, durable } = await ports.pullStop(order)
    const asked = performance.now()
    let stop = state.stops.get(id)
    while (performance.now() - asked < waitMs && !(stop && stopView(state, stop, ports.runners()).missing.length === 0)) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      stop = state.stops.get(id)
    }
    response.status(201).json({ id, durable, ...(waitMs > 0 && stop ? stopView(state, stop, ports.runners()) : {}) })
  })
  on('get', '/v1/stops', 'view', (request, response) =>
    list(request, response, [...state.stops.values()].reverse(), (stop) => stopView(state, stop, ports.runners())))
  on('get', '/v1/stops/:id', 'view', (request, response) => response.json(stopView(state, find(state.stops, request), ports.runners())))
  on('post', '/v1/stops/:id/lift', 'operate', async (request, response, who) => {
    const { why } = await readJson(request)
    if (typeof why !== 'string' || why.trim() === '') throw new HttpProblem('WHY_NEEDED', 'a lift says why: {"why": "…"}')
    const stop = find(state.stops, request)
    if (ports.forced.has(stop.id)) throw new HttpProblem('FORCED')
    await ports.liftStop(stop.id, who, why)
    response.status(202).json(stopView(state, stop, ports.runners()))
  })
}

/** A stop's body may be anything. What cannot be read stops everything: better too much than too little. */
const stopOrder = async (request: Request, who: string): Promise<Omit<StopOrder, 'id'>> => {
  const body = await readJson(request).catch(() => ({}) as Record<string, unknown>)
  const why = typeof body['why'] === 'string' ? body['why'].slice(0, 1000) : ''
  const given = body['matchers']
  const matchers = (Array.isArray(given) ? given : given === undefined ? [] : [given]).filter((one): one is string => typeof one === 'string')
  try {
    parseMatchers(matchers)
  } catch (problem) {
    if (problem instanceof MatcherError) throw new HttpProblem('BAD_MATCHERS', problem.message)
    throw problem
  }
  return { matchers, effect: body['kind'] === 'pause' ? 'pause' : 'kill', who, why }
}

const readRoutes = (on: On, ports: HttpPorts): void => {
  const { state } = ports
  const catalogue = () => (state.catalogue && state.catalogues.get(state.catalogue.digest)) ?? { digest: '', routes: [], runbooks: {}, policies: {} }
  on('get', '/v1/workflows', 'view', (request, response) => {
    const { state: wanted, runbook, target } = request.query as Record<string, string | undefined>
    const found = [...state.workflows.values()].reverse().filter((one) =>
      (!wanted || one.state === wanted) && (!runbook || one.runbook.name === runbook) && (!target || one.targets.includes(target)))
    list(request, response, found, workflowView)
  })
  on('get', '/v1/workflows/:id', 'view', (request, response) => response.json(workflowView(find(state.workflows, request))))
  on('get', '/v1/workflows/:id/why', 'view', (request, response) => response.json(whyView(state, find(state.workflows, request))))
  on('get', '/v1/episodes', 'view', (request, response) => list(request, response, [...state.episodes.values()].reverse(), (one) => episodeView(state, one)))
  on('get', '/v1/episodes/:id', 'view', (request, response) => response.json(episodeView(state, find(state.episodes, request))))
  on('get', '/v1/runbooks', 'view', (_, response) => response.json({ digest: catalogue().digest, items: Object.values(catalogue().runbooks) }))
  on('get', '/v1/routes', 'view', (_, response) => response.json({ digest: catalogue().digest, items: catalogue().routes }))
  on('get', '/v1/policies', 'view', (_, response) => response.json({ digest: catalogue().digest, items: catalogue().policies }))
  on('get', '/v1/runners', 'view', (_, response) => response.json({ items: ports.runners() }))
  on('get', '/v1/events', 'view', (request, response) => sendEvents(request, response, ports))
  on('post', '/v1/reload', 'operate', async (_, response) => response.json(await ports.reload()))
}

/** By the whole id, or by its last characters where no other ends so. */
const find = <T>(all: ReadonlyMap<string, T>, request: Request): T => {
  const id = String(request.params['id'])
  const exact = all.get(id)
  if (exact) return exact
  const found = id.length < 6 ? [] : [...all].filter(([key]) => key.endsWith(id))
  if (found.length !== 1) throw new HttpProblem('NOT_FOUND', found.length > 1 ? `${found.length} end in ${id}` : '')
  return found[0]![1]
}

const list = <T extends { readonly id: string }>(request: Request, response: Response, all: readonly T[], view: (one: T) => unknown): void => {
  const limit = Math.min(1000, Math.max(1, Number(request.query['limit'] ?? 100) || 100))
  const after = request.query['after']
  const from = typeof after === 'string' ? all.findIndex((one) => one.id === after) + 1 : 0
  const items = all.slice(from, from + limit)
  const next = from + limit < all.length ? items.at(-1)!.id : undefined
  response.json({ items: items.map(view), ...(next ? { next } : {}) })
}

const maxConnections = 2000

/** Listens. Slow senders are cut: headers within 10 s, the whole request within 30 s. */
export const listen = (app: express.Express, { host, port }: { host: string; port: number }): Promise<Server> => {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 35_000, connectionsCheckingInterval: 2000, keepAliveTimeout: 60_000 }, app)
  server.maxConnections = maxConnections
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
