/** Everything the demo plays with, on free ports and in one folder of its own; and its end, of which nothing is left. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockCatalogue } from '../../catalog/lock.ts'
import { printProblem } from '../../catalog/problem.ts'
import { loadConfig, printSettingProblem } from '../../config.ts'
import { startLocalServices, type LocalProvider } from '../../providers/local.ts'
import { serve, type Served } from '../../serve.ts'
import { webhookPager, type Pager } from './alerts.ts'
import { startAlertmanager } from './alertmanager.ts'
import { Load } from './load.ts'
import { beside, packageRoot } from './place.ts'
import { writeServices } from './shop/services.ts'
import { openSlackWindow } from './slack-window.ts'

export interface Stage {
  readonly url: string
  readonly folder: string
  readonly shop: LocalProvider
  readonly load: Load
  readonly pager: Pager
  readonly served: Served
  /** What people were told, in order. */
  readonly messages: readonly string[]
  /** What the server said of itself. */
  readonly said: readonly string[]
  close(): Promise<void>
}

export interface StageOptions {
  /** The binary of a real Alertmanager. */
  readonly alertmanager?: string
  /** Other runbooks than those that come with Paramedic, for the test that takes out the scaling step. */
  readonly runbooks?: string
  readonly customersPerSecond: number
}

export async function setStage({ alertmanager, runbooks = join(packageRoot(), 'runbooks'), customersPerSecond }: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-demo-'))
  const endings: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })]
  const close = async (): Promise<void> => {
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end()
  }
  const messages: string[] = []
  const said: string[] = []
  try {
    const state = join(folder, 'state')
    mkdirSync(join(state, 'local'), { recursive: true, mode: 0o700 })
    const services = writeServices(folder)
    const shop = await startLocalServices(services, join(state, 'local'), { endWithMe: true })
    endings.push(() => shop.end({ signal: new AbortController().signal, deadlineMs: 20_000 }))
    const slack = await openSlackWindow((text) => messages.push(text))
    endings.push(() => slack.close())
    const catalogue = await writeCatalogue(folder, runbooks)
    const [port, alertmanagerPort] = [await freePort(), await freePort()]
    const url = `http://127.0.0.1:${port}`
    const config = await configured(folder, {
      PARAMEDIC_LISTEN: `127.0.0.1:${port}`, PARAMEDIC_STATE: state, PARAMEDIC_PROVIDERS_LOCAL_SERVICES: services, ...catalogue,
      PARAMEDIC_NAME: 'demo', PARAMEDIC_SLACK_BOT_TOKEN: 'xoxb-demo', PARAMEDIC_SLACK_CHANNEL: 'C0DEMO', PARAMEDIC_SLACK_API_URL: slack.url,
      ...(alertmanager === undefined ? {} : { PARAMEDIC_ALERTMANAGER: `http://127.0.0.1:${alertmanagerPort}` }),
    })
    const served = await serve(config, { say: (text) => said.push(text), tellPeople: (text) => messages.push(text), bestEffortKill: true })
    endings.push(() => served.close(0))
    const webhook = `${url}/webhooks/alertmanager`
    const pager = alertmanager === undefined
      ? webhookPager(url)
      : await startAlertmanager({ binary: alertmanager, folder: join(folder, 'alertmanager'), port: alertmanagerPort, webhook })
    endings.push(() => pager.close())
    const load = new Load(shop.folder, customersPerSecond)
    endings.push(() => load.close())
    return { url, folder, shop, load, pager, served, messages, said, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function configured(cwd: string, env: Record<string, string>) {
  const { config, problems } = await loadConfig({ cwd, env, flags: {} })
  if (config === undefined) throw new Error(problems.map(printSettingProblem).join('\n'))
  return config
}

/** The runbooks that come with Paramedic, and the one that hangs; with the demo's own routes and policies. */
async function writeCatalogue(folder: string, runbooks: string): Promise<Record<string, string>> {
  const [to, policies] = [join(folder, 'runbooks'), join(folder, 'policies')]
  cpSync(beside('catalogue/runbooks', 'data'), to, { recursive: true })
  for (const name of ['scale-service', 'restart-service']) cpSync(join(runbooks, name), join(to, name), { recursive: true })
  cpSync(beside('catalogue/policies', 'data'), policies, { recursive: true })
  const { problems } = await lockCatalogue(to)
  if (problems.length > 0) throw new Error(problems.map(printProblem).join('\n'))
  return { PARAMEDIC_CATALOG_RUNBOOKS: to, PARAMEDIC_CATALOG_POLICIES: policies }
}

const freePort = (): Promise<number> =>
  new Promise((found, fail) => {
    const server = createServer()
    server.on('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => found(port))
    })
  })
