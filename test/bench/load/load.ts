/**
 * The load, in a process of its own. `flood`: so many connections, each sends the next when the last was answered. `pace`:
 * so many a second, each at its time whether or not the ones before were answered; what waits for a free connection has
 * waited since then, so a server that hangs is not spared.
 */
import { performance } from 'node:perf_hooks'
import { openClient, type Client } from './client.ts'
import { requests, withNewAlerts, type Template } from './bodies.ts'

export type Order =
  | { readonly kind: 'flood'; readonly port: number; readonly path: string; readonly connections: number; readonly ms: number; readonly fresh: boolean }
  | { readonly kind: 'pace'; readonly port: number; readonly path: string; readonly connections: number; readonly ms: number; readonly perSecond: number }
export interface Answer {
  readonly perSecond: number
  /** The share of the time in which this process had work: near 1, it is the load that was measured. */
  readonly busy: number
  /** By status; 0 is what was not answered. */
  readonly statuses: Readonly<Record<number, number>>
  /** Milliseconds, of `pace` only. */
  readonly latencies: readonly number[]
}

const different = 400
const templates = new Map<string, Template[]>()
const templatesOf = (path: string): Template[] => {
  if (!templates.has(path)) templates.set(path, requests(different, path))
  return templates.get(path)!
}

const flood = async (order: Order & { kind: 'flood' }): Promise<Answer> => {
  const bodies = templatesOf(order.path)
  const statuses: Record<number, number> = {}
  let next = 0
  const began = performance.now()
  const until = began + order.ms
  const before = performance.eventLoopUtilization()
  const clients = await Promise.all(Array.from({ length: order.connections }, () => openClient(order.port)))
  await Promise.all(clients.map(async (client) => {
    while (performance.now() < until) {
      const template = bodies[next++ % different]!
      const status = await client.send(order.fresh ? withNewAlerts(template) : template.bytes)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
    client.close()
  }))
  return { perSecond: (statuses[200] ?? 0) / (performance.now() - began) * 1000, busy: performance.eventLoopUtilization(before).utilization, statuses, latencies: [] }
}

const pace = async (order: Order & { kind: 'pace' }): Promise<Answer> => {
  const bodies = templatesOf(order.path)
  const statuses: Record<number, number> = {}
  const latencies: number[] = []
  const free: Client[] = await Promise.all(Array.from({ length: order.connections }, () => openClient(order.port)))
  const all = [...free]
  const waiting: number[] = []
  const total = Math.floor(order.ms * order.perSecond / 1000)
  const began = performance.now()
  const before = performance.eventLoopUtilization()
  const settled = Promise.withResolvers<void>()
  const go = (): void => {
    while (free.length > 0 && waiting.length > 0) {
      const client = free.pop()!
      const due = waiting.shift()!
      void client.send(bodies[latencies.length % different]!.bytes).then((status) => {
        latencies.push(performance.now() - due)
        statuses[status] = (statuses[status] ?? 0) + 1
        free.push(client)
        if (latencies.length === total) settled.resolve()
        go()
      }, settled.reject)
    }
  }
  for (let sent = 0; sent < total;) {
    const now = performance.now()
    for (; sent < total && began + sent * 1000 / order.perSecond <= now; sent++) waiting.push(began + sent * 1000 / order.perSecond)
    go()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await settled.promise
  for (const client of all) client.close()
  return { perSecond: total / (performance.now() - began) * 1000, busy: performance.eventLoopUtilization(before).utilization, statuses, latencies }
}

process.on('message', (order: Order) => {
  const answer = order.kind === 'flood' ? flood(order) : pace(order)
  void answer.then((told) => process.send!(told), (problem: Error) => process.send!({ problem: problem.message }))
})
process.on('disconnect', () => process.exit(0))
