/** Starts and ends what the figures measure. Everything ends with the bench: a closed channel is the end of each. */
import { fork, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answer, Order } from './load.ts'

export interface Under {
  readonly state: string
  readonly flags: Readonly<Record<string, string>>
}

export interface Told {
  readonly cpuMs: number
  /** How far the fold was behind what was written, at worst, since it was asked last. */
  readonly behindMs: number
  readonly batches: number
  readonly entries: number
  readonly position: number
  readonly queued: number
  readonly open: number
  readonly rss: number
  readonly said: readonly string[]
}

/** Processor time of the calling thread. On a machine that has other work it tells more than the clock. */
export const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const root = join(import.meta.dirname, '../../..')

export const folder = (): string => mkdtempSync(join(tmpdir(), 'paramedic-bench-'))

const start = async <T>(file: string, args: readonly string[] = []): Promise<{ child: ChildProcess; first: T }> => {
  const execArgv = (process.env['BENCH_PROFILE'] ?? '') === file ? ['--cpu-prof', '--cpu-prof-dir=/tmp/paramedic-profile'] : []
  const child = fork(join(import.meta.dirname, `${file}.ts`), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv })
  return { child, first: await next<T>(child) }
}

const next = <T>(child: ChildProcess): Promise<T> => new Promise((resolve, reject) => {
  const gone = (code: number | null): void => reject(new Error(`it ended with ${code}`))
  child.once('exit', gone)
  child.once('message', (word) => {
    child.off('exit', gone)
    const { problem } = word as { problem?: string }
    if (problem === undefined) resolve(word as T)
    else reject(new Error(problem))
  })
})

const ask = <T>(child: ChildProcess): Promise<T> => {
  const told = next<T>(child)
  child.send('tell')
  return told
}

const ended = async (child: ChildProcess): Promise<void> => {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.disconnect()
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(late)
}

export const startRaw = async () => {
  const { child, first } = await start<{ port: number }>('raw-server')
  return { port: first.port, tell: () => ask<Pick<Told, 'cpuMs'>>(child), close: () => ended(child) }
}

export const startColdServer = async (place: string) => {
  const { child, first } = await start<{ port: number }>('cold-server', [place])
  return { port: first.port, close: () => ended(child) }
}

/** Ours, with a state folder of its own unless given. Needs `npm run build`. */
export const startOurs = async (flags: Under['flags'] = {}) => {
  if (!existsSync(join(root, 'dist/built.json'))) throw new Error('the bench measures what was built: npm run build')
  const state = folder()
  const under: Under = { state, flags: { 'catalog.runbooks': join(root, 'runbooks'), 'catalog.policies': join(root, 'policies'), ...flags } }
  const { child, first } = await start<{ port: number }>('server', [JSON.stringify(under)])
  return {
    port: first.port, url: `http://127.0.0.1:${first.port}`, pid: child.pid!, state,
    tell: () => ask<Told>(child),
    close: async (): Promise<void> => {
      await ended(child)
      rmSync(state, { recursive: true, force: true })
    },
  }
}
export type Ours = Awaited<ReturnType<typeof startOurs>>

export const startLoad = () => {
  const child = fork(join(import.meta.dirname, 'load.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return {
    run: (order: Order): Promise<Answer> => {
      const answer = next<Answer>(child)
      child.send(order)
      return answer
    },
    close: () => ended(child),
  }
}

export const webhookPath = '/webhooks/alertmanager'
