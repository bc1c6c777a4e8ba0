/** A real `paramedic serve` in a process of its own that talks to a fake Slack, with a catalogue of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { FakeSlack } from '../servers/slack.ts'
import { folder, servicesIn } from './flow.ts'

export interface SlackServer {
  readonly url: string
  readonly process: ChildProcess
  /** What it said on stderr. */
  said(): string
  end(signal?: NodeJS.Signals): Promise<void>
}

export interface Place {
  readonly slack: FakeSlack
  readonly dir: string
  start(env?: Record<string, string>): Promise<SlackServer>
}

const runbook = (steps: string, more = ''): string => `import { minutes, runbook, seconds } from 'paramedic'

/** For tests. */
export default runbook({
  target: 'service',
  plan: async ({ scale, target }) => {
    const now = await scale.read(target)
    return { changes: [{ target, from: now.replicas, to: now.replicas + 1 }] }
  },
  steps: [${steps}],
  ${more}
})
`

const files: Readonly<Record<string, string>> = {
  'runbooks/grow/1.ts': runbook("{ name: 'set the size', effect: 'repeatable', timeout: minutes(1), run: ({ scale, plan }) => scale.set(plan.changes[0]!.target, Number(plan.changes[0]!.to)) }"),
  'runbooks/hang/1.ts': runbook("{ name: 'wait for ever', effect: 'repeatable', timeout: minutes(10), run: ({ $ }) => $`sleep 3600` }"),
  'runbooks/once/1.ts': runbook("{ name: 'move the leader', effect: 'once', timeout: minutes(10), run: ({ $ }) => $`sleep 3600` }"),
  'runbooks/fail/1.ts': runbook("{ name: 'fall over', effect: 'repeatable', timeout: minutes(1), run: async () => { throw new Error('the disk is <!channel> gone') } }"),
  'runbooks/vain/1.ts': runbook("{ name: 'do nothing', effect: 'repeatable', timeout: minutes(1), run: async () => 'done' }", 'healedWithin: seconds(1),'),
  'runbooks/routes.yaml': `routes:
${[['Grow', 'grow', 'auto'], ['Hang', 'hang', 'auto'], ['Once', 'once', 'auto'], ['Fail', 'fail', 'auto'], ['Vain', 'vain', 'auto'], ['Ask', 'grow', 'approve'], ['Refused', 'refused', 'auto']].map(([alert, name, mode]) =>
  `  - matchers: [alertname="${alert}"]\n    runbook: ${name === 'refused' ? 'grow' : name}@1\n    mode: ${mode}`).join('\n')}
  - matchers: [alertname="Watchdog"]
    heartbeat: 5s
`,
  ...Object.fromEntries(['grow', 'hang', 'once', 'fail', 'vain'].map((name) => [`policies/${name}.yaml`, `runbook: ${name}\npolicies:\n  - { type: targets, names: [web] }\n  - { type: rate, max: 2, per: 1h }\n`])),
}

export const place = async (t: TestContext): Promise<Place> => {
  const dir = folder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  await lockCatalogue(join(dir, 'runbooks'))
  for (const name of ['token', 'signing', 'app']) writeFileSync(join(dir, name), { token: 'xoxb-test\n', signing: '8f742231b10e8888abcd99yyyzzz85a5\n', app: 'xapp-test\n' }[name]!)
  const services = servicesIn(dir)
  const slack = await FakeSlack.open()
  const servers: SlackServer[] = []
  t.after(async () => {
    for (const server of servers) await server.end('SIGKILL')
    await slack.close()
  })
  return {
    slack, dir,
    start: async (env = {}) => {
      const server = await startServe({
        PARAMEDIC_STATE: join(dir, 'state'), PARAMEDIC_LISTEN: '127.0.0.1:0', PARAMEDIC_PROVIDERS_LOCAL_SERVICES: services, PARAMEDIC_NAME: 'ops-1',
        PARAMEDIC_CATALOG_RUNBOOKS: join(dir, 'runbooks'), PARAMEDIC_CATALOG_POLICIES: join(dir, 'policies'),
        PARAMEDIC_SLACK_BOT_TOKEN_FILE: join(dir, 'token'), PARAMEDIC_SLACK_SIGNING_SECRET_FILE: join(dir, 'signing'),
        PARAMEDIC_SLACK_CHANNEL: '#alerts', PARAMEDIC_SLACK_API_URL: slack.apiUrl, PARAMEDIC_SLACK_ALLOW: 'T0HOME/U0ANN', ...env,
      })
      servers.push(server)
      return server
    },
  }
}

const bin = join(import.meta.dirname, '../../bin/paramedic.js')

const startServe = async (env: Record<string, string>): Promise<SlackServer> => {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PARAMEDIC_')))
  const child = spawn(process.execPath, [bin, 'serve'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...inherited, ...env }, cwd: dirname(env['PARAMEDIC_STATE']!) })
  let said = ''
  const url = Promise.withResolvers<string>()
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-200_000)
    const found = /listening on (http:\/\/[^\s"]+)/.exec(said)
    if (found) url.resolve(found[1]!)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const ended = new Promise<void>((resolve) => child.once('exit', () => (url.reject(new Error(`the server ended: ${said.slice(-4000)}`)), resolve())))
  return {
    url: await url.promise, process: child, said: () => said,
    end: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await ended
    },
  }
}
