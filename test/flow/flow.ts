/** What flow tests share: a real server in a process of its own, free ports, alerts, patience. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Running {
  readonly url: string
  readonly process: ChildProcess
  end(signal?: NodeJS.Signals): Promise<void>
}

export const folder = (): string => mkdtempSync(join(tmpdir(), 'paramedic-flow-'))

export const servicesIn = (dir: string): string => {
  const file = join(dir, 'services.yaml')
  writeFileSync(file, 'services:\n  web: { command: [sleep, "1000"], min: 1, max: 5, replicas: 2 }\n')
  return file
}

export const startServer = async (state: string, services = '', log = ''): Promise<Running> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts'), state, '0', services, log], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4000)))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', () => reject(new Error(`the server ended: ${complaint}`)))
  })
  return {
    url, process: child,
    end: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await ended
    },
  }
}

export const get = async (url: string): Promise<any> => (await fetch(url)).json()

export const post = async (url: string, body?: unknown): Promise<{ status: number; body: any }> => {
  const response = await fetch(url, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() }
}

/** Waits for `check`; what it last gave is in the error. */
export const eventually = async <T>(what: string, check: () => Promise<T | undefined | false>, withinMs = 30_000): Promise<T> => {
  const over = performance.now() + withinMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (performance.now() > over) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const notification = (alerts: readonly { labels: Record<string, string>; status?: string; startsAt?: string }[]) => ({
  version: '4', receiver: 'paramedic', status: 'firing', groupKey: '{}:{}', groupLabels: {}, commonLabels: {}, commonAnnotations: {},
  externalURL: 'http://am', truncatedAlerts: 0,
  alerts: alerts.map(({ labels, status = 'firing', startsAt = '2026-11-22T02:16:39Z' }) => ({
    status, labels, annotations: {}, startsAt, endsAt: '0001-01-01T00:00:00Z', generatorURL: '', fingerprint: '',
  })),
})

export const liftAll = async (url: string): Promise<void> => {
  for (const stop of (await get(`${url}/v1/stops`)).items) if (stop.inForce) await post(`${url}/v1/stops/${stop.id}/lift`, { why: 'test' })
}
