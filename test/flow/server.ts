/** A real server in a process of its own: the command that people run, so that a test can kill it, freeze it, read what it says. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { endsAfterwards, goesAfterwards } from './afterwards.ts'
import { eventually, get } from './flow.ts'

export interface Running {
  readonly url: string
  readonly state: string
  readonly process: ChildProcess
  /** What it has said so far, a line each. */
  readonly said: readonly string[]
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  /** Kills or asks it to end, and waits until it has. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }>
}

export interface ServerOptions {
  readonly state: string
  readonly log?: string
  readonly services?: string
  /** The flow tests' own runbooks instead of those that come with Paramedic. */
  readonly catalogue?: string
  /** More settings, by their names in the environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly port?: number
  /** Of another release: where its `bin/paramedic.js` is. */
  readonly release?: string
  /** Another user than this one, which only root may say. */
  readonly uid?: number
}

/** Gone with the test; and with it whoever keeps the services of a server, which outlive that. */
export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'paramedic-flow-'))
  goesAfterwards(path)
  return path
}

/** Targets without processes of their own. */
export const targetsIn = (dir: string, names: readonly string[] = Array.from({ length: 24 }, (_, n) => `s${n}`)): string => {
  const file = join(dir, 'targets.yaml')
  writeFileSync(file, `services:\n${names.map((name) => `  ${name}: { command: [sleep, "1000"], min: 0, max: 1, replicas: 0 }\n`).join('')}`)
  return file
}

export const servicesIn = (dir: string): string => {
  const file = join(dir, 'services.yaml')
  writeFileSync(file, 'services:\n  web: { command: [sleep, "1000"], min: 1, max: 5, replicas: 2 }\n')
  return file
}

export const ownCatalogue = join(import.meta.dirname, 'catalogue')
const root = join(import.meta.dirname, '..', '..')

/** Resolves once it listens: with Kafka away that is before it has read its log. */
export const launch = async ({ state, log, services, catalogue = root, env = {}, port = 0, release = root, ...user }: ServerOptions): Promise<Running> => {
  const child = spawn(process.execPath, [join(release, 'bin', 'paramedic.js'), 'serve'], {
    stdio: ['ignore', 'ignore', 'pipe'], cwd: state, ...user,
    env: {
      PATH: process.env['PATH'], HOME: process.env['HOME'],
      PARAMEDIC_STATE: state, PARAMEDIC_LISTEN: `127.0.0.1:${port}`,
      PARAMEDIC_CATALOG_RUNBOOKS: join(catalogue, 'runbooks'), PARAMEDIC_CATALOG_POLICIES: join(catalogue, 'policies'),
      ...(log ? { PARAMEDIC_LOG: log } : {}), ...(services ? { PARAMEDIC_PROVIDERS_LOCAL_SERVICES: services } : {}),
      ...env,
    },
  })
  endsAfterwards(child)
  const said: string[] = []
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      said.push(line)
      const found = /listening on (https?:[^", ]*)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(`the server ended: ${said.slice(-20).join('\n')}`)))
  })
  return {
    url, state, process: child, said, ended,
    end: async (signal = 'SIGTERM') => {
      child.kill('SIGCONT')
      child.kill(signal)
      return ended
    },
  }
}

export const startServer = async (state: string, services = '', log = '', more: Partial<ServerOptions> = {}): Promise<Running> => {
  const server = await launch({ state, services, log, ...more })
  const gone = server.ended.then(() => Promise.reject(new Error(`the server ended: ${server.said.slice(-20).join('\n')}`)))
  gone.catch(() => {})
  await Promise.race([eventually('it is ready', async () => (await fetch(`${server.url}/readyz`)).status === 200), gone]).catch(async (problem: unknown) => {
    await server.end('SIGKILL')
    throw problem
  })
  return server
}

/** As many servers on one log, each seeing all others. */
export const startServers = async (count: number, options: Omit<ServerOptions, 'state' | 'port'>): Promise<Running[]> => {
  const servers = await Promise.all(Array.from({ length: count }, (_, n) =>
    startServer(folder(), options.services, options.log, { ...options, env: { PARAMEDIC_NAME: `server-${n}`, ...options.env } })))
  await eventually('all see each other', async () => (await Promise.all(servers.map(({ url }) => get(`${url}/v1/runners`)))).every(({ items }) => items.length === count))
  return servers
}

export const endAll = (servers: readonly Running[], signal?: NodeJS.Signals) => Promise.all(servers.map((server) => server.end(signal)))
