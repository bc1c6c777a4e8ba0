/** A real `paramedic serve` in a process of its own that talks to a fake Slack, with a catalogue of its own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { FakeSlack } from '../servers/slack.ts'
import { folder, servicesIn, startServer, type Running } from './server.ts'

export interface Place {
  readonly slack: FakeSlack
  readonly dir: string
  start(env?: Record<string, string>): Promise<Running>
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
  'runbooks/barred/1.ts': runbook("{ name: 'do nothing', effect: 'repeatable', timeout: minutes(1), run: async () => 'done' }"),
  'runbooks/hang/1.ts': runbook("{ name: 'wait for ever', effect: 'repeatable', timeout: minutes(10), run: ({ $ }) => $`sleep 3600` }"),
  'runbooks/once/1.ts': runbook("{ name: 'move the leader', effect: 'once', timeout: minutes(10), run: ({ $ }) => $`sleep 3600` }"),
  'runbooks/fail/1.ts': runbook("{ name: 'fall over', effect: 'repeatable', timeout: minutes(1), run: async () => { throw new Error('the disk is <!channel> gone') } }"),
  'runbooks/vain/1.ts': runbook("{ name: 'do nothing', effect: 'repeatable', timeout: minutes(1), run: async () => 'done' }", 'healedWithin: seconds(1),'),
  'runbooks/routes.yaml': `routes:
${[['Grow', 'grow', 'auto'], ['Hang', 'hang', 'auto'], ['Once', 'once', 'auto'], ['Fail', 'fail', 'auto'], ['Vain', 'vain', 'auto'], ['Ask', 'grow', 'approve'], ['Refused', 'barred', 'auto']].map(([alert, name, mode]) =>
  `  - matchers: [alertname="${alert}"]\n    runbook: ${name}@1\n    mode: ${mode}\n    trust: granted`).join('\n')}
  - matchers: [alertname="Watchdog"]
    heartbeat: 5s
`,
  ...Object.fromEntries(['grow', 'barred', 'hang', 'once', 'fail', 'vain'].map((name) => [`policies/${name}.yaml`, `runbook: ${name}\npolicies:\n  - { type: targets, names: [web, api] }\n  - { type: rate, max: 2, per: 1h }\n${name === 'barred' ? '  - { type: excluded, names: [web] }\n' : ''}`])),
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
  const servers: Running[] = []
  t.after(async () => {
    for (const server of servers) await server.end('SIGKILL')
    await slack.close()
  })
  return {
    slack, dir,
    start: async (env = {}) => {
      const server = await startServer(dir, services, '', {
        catalogue: dir,
        env: {
          PARAMEDIC_NAME: 'ops-1', PARAMEDIC_SLACK_BOT_TOKEN_FILE: join(dir, 'token'), PARAMEDIC_SLACK_SIGNING_SECRET_FILE: join(dir, 'signing'),
          PARAMEDIC_SLACK_CHANNEL: '#alerts', PARAMEDIC_SLACK_API_URL: slack.apiUrl, PARAMEDIC_SLACK_ALLOW: 'T0HOME/U0ANN', ...env,
        },
      })
      servers.push(server)
      return server
    },
  }
}
