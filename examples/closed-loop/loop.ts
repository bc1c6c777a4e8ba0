/**
 * The closed loop, of real parts: a service under constant load is too slow; Prometheus sees it, its rule fires,
 * Alertmanager posts, Paramedic adds a replica, latency falls, the alert resolves, and `healed` is on the log.
 * Everything is started here on free ports in one folder, and ended by pid.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Load } from '../../src/cli/demo/load.ts'

export interface LoopOptions {
  /** Empty; the caller removes it. */
  readonly folder: string
  /** Two replicas serve 50 a second, three 75. */
  readonly perSecond?: number
  readonly withinMs?: number
  readonly say?: (text: string) => void
  readonly signal?: AbortSignal
}

export interface Sample {
  /** Seconds since the load began. */
  readonly at: number
  readonly replicas: number
  /** What nine of ten requests did not take longer than, as Prometheus has it. */
  readonly latency: number | undefined
}

export interface Ran {
  /** Seconds since the load began. */
  readonly moments: { readonly fired: number; readonly scaled: number; readonly resolved: number; readonly healed: number }
  readonly replicas: { readonly before: number; readonly after: number }
  readonly samples: readonly Sample[]
  /** As the server has it. */
  readonly workflow: Workflow
}

interface Workflow {
  readonly id: string
  readonly state: string
  readonly reason: string
  readonly detail: string
  readonly plan?: { readonly changes: readonly { readonly from: number; readonly to: number }[] }
}

const here = import.meta.dirname
const root = join(here, '../..')
const query = 'histogram_quantile(0.9, sum by (le) (rate(shop_request_seconds_bucket[5s])))'

export async function closedLoop({ folder, perSecond = 60, withinMs = 120_000, say = () => {}, signal = new AbortController().signal }: LoopOptions): Promise<Ran> {
  const children: ChildProcess[] = []
  let load: Load | undefined
  try {
    const [am, prometheus, server] = (await freePorts(3)).map((port) => `http://127.0.0.1:${port}`) as [string, string, string]
    prepare(folder, { am, server })
    const start = (name: string, command: string, args: readonly string[]): void => {
      const log = openSync(join(folder, `${name}.log`), 'a')
      children.push(spawn(command, args, { cwd: folder, stdio: ['ignore', log, log] }))
    }
    start('alertmanager', 'prometheus-alertmanager', ['--config.file=alertmanager.yml', '--storage.path=am', `--web.listen-address=${host(am)}`, '--cluster.listen-address='])
    start('prometheus', 'prometheus', ['--config.file=prometheus.yml', '--storage.tsdb.path=tsdb', `--web.listen-address=${host(prometheus)}`, '--rules.alert.resend-delay=1s', '--log.level=warn'])
    start('paramedic', process.execPath, [join(root, 'bin/paramedic.js'), 'serve', '--config', 'paramedic.yaml'])
    const until = async <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => {
      for (const end = performance.now() + withinMs; ; await sleep(100, undefined, { signal })) {
        const found = await look().catch(() => undefined)
        if (found !== undefined && found !== false) return found
        if (performance.now() > end) throw new Error(`${what}: not within ${withinMs / 1000} s; see ${folder}/*.log`)
      }
    }
    await until('all is up', async () => (await Promise.all([`${am}/-/ready`, `${prometheus}/-/ready`, `${server}/readyz`].map(async (url) => (await fetch(url)).ok))).every(Boolean))
    // A new log starts stopped, and a person lifts that: here it is this example.
    for (const { id } of (await json<{ items: { id: string }[] }>(`${server}/v1/stops`)).items) await fetch(`${server}/v1/stops/${id}/lift`, { method: 'POST', body: JSON.stringify({ why: 'the example' }) })
    const shop = join(folder, 'state/local')
    const replicas = (): number => (JSON.parse(readFileSync(join(shop, 'targets/web.json'), 'utf8')) as { targets: string[] }[])[0]!.targets.length
    await until('two replicas', async () => replicas() === 2)
    say('two replicas serve 50 requests a second; Prometheus, Alertmanager and Paramedic are up')

    const began = performance.now()
    const seconds = (): number => Math.round((performance.now() - began) / 100) / 10
    load = new Load(shop, perSecond)
    say(`${perSecond} requests a second come from here on`)
    const samples: Sample[] = []
    const sampling = setInterval(() => void (async () => {
      const at = seconds()
      const { data } = await json<{ data: { result: { value: [number, string] }[] } }>(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`)
      const value = Number(data.result[0]?.value[1])
      samples.push({ at, replicas: replicas(), latency: Number.isFinite(value) ? value : undefined })
    })().catch(() => {}), 500)
    try {
      const alerts = async () => (await json<{ items: { status: string; answer?: unknown }[] }>(`${server}/v1/episodes`)).items
      const workflow = async () => (await json<{ items: Workflow[] }>(`${server}/v1/workflows`)).items[0]
      const moment = async (text: string, look: () => Promise<unknown>): Promise<number> => {
        await until(text, async () => Boolean(await look()))
        say(`${seconds().toFixed(1).padStart(5)} s  ${text}`)
        return seconds()
      }
      const fired = await moment('the rule fired, and Alertmanager has posted it', async () => (await alerts()).length > 0)
      const scaled = await moment('a third replica is ready', async () => replicas() > 2)
      const resolved = await moment('the alert is resolved', async () => (await alerts())[0]?.status === 'resolved' || (await workflow())?.state === 'healed')
      const healed = await moment('healed: the alert is gone, and the replicas are ready', async () => (await workflow())?.state === 'healed')
      await sleep(1500, undefined, { signal })
      return { moments: { fired, scaled, resolved, healed }, replicas: { before: 2, after: replicas() }, samples, workflow: (await workflow())! }
    } finally {
      clearInterval(sampling)
    }
  } finally {
    load?.close()
    for (const child of children.toReversed()) await end(child)
    await endServices(join(folder, 'state/local'))
  }
}

function prepare(folder: string, { am, server }: { am: string; server: string }): void {
  mkdirSync(join(folder, 'state'))
  const fill = (name: string): void => writeFileSync(join(folder, name), readFileSync(join(here, name), 'utf8').replaceAll('FOLDER', folder).replaceAll('ALERTMANAGER', host(am)).replaceAll('PARAMEDIC', server))
  for (const name of ['prometheus.yml', 'rules.yml', 'alertmanager.yml']) fill(name)
  const service = {
    command: [process.execPath, '--disable-warning=ExperimentalWarning', join(here, 'service.ts'), '{port}'], min: 1, max: 5, replicas: 2,
    health: { url: 'http://127.0.0.1:{port}/healthz', every: '300ms', timeout: '2s' }, stopWithin: '1s',
  }
  // JSON is YAML too.
  writeFileSync(join(folder, 'services.yaml'), JSON.stringify({ services: { web: service } }))
  writeFileSync(join(folder, 'paramedic.yaml'), JSON.stringify({
    listen: host(server), state: join(folder, 'state'), catalog: { runbooks: join(root, 'runbooks'), policies: join(root, 'policies') }, alertmanager: [{ urls: [am] }], providers: { local: { services: 'services.yaml' } },
  }))
}

const host = (url: string): string => new URL(url).host

const json = async <T>(url: string): Promise<T> => (await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json()) as T

/** They outlive the server, as they should: their keeper ends them, and itself, when it is asked to. */
async function endServices(shop: string): Promise<void> {
  const file = join(shop, 'keeper.json')
  if (!existsSync(file)) return
  const { pid } = (JSON.parse(readFileSync(file, 'utf8')) as { process: { pid: number } }).process
  for (let tries = 0; tries < 200; tries++) {
    try {
      process.kill(pid, tries === 0 ? 'SIGTERM' : 0)
    } catch {
      return
    }
    await sleep(50)
  }
}

/** The server lets go of its services; the others have nothing to let go of. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exit
  clearTimeout(late)
}

const freePorts = async (count: number): Promise<number[]> => {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return server
  }))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports
}
