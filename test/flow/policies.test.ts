/**
 * Each policy that rests on facts says no once, end to end: a real server, real processes of the provider `local`, some
 * of which the test kills. What is observed decides, never what somebody wrote down.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Kept } from '../../src/providers/local-words.ts'
import { startLocalServices } from '../../src/providers/local.ts'
import { eventually, get, liftAll, notification, post } from './flow.ts'
import { folder, startServer, type Running } from './server.ts'

const dir = folder()
const services = join(dir, 'services.yaml')
const root = resolve(import.meta.dirname, '../..')
let server: Running
let number = 0

/** A replica that dies as long as a file says that its service is sick. */
const replica = `const [port, name] = process.argv.slice(2)
if (require('node:fs').existsSync(require('node:path').join(__dirname, 'sick-' + name))) process.exit(3)
require('node:http').createServer((_, answer) => answer.end('well')).listen(Number(port), '127.0.0.1')`

const declared = (name: string, replicas: number, labels: string): string => `  ${name}:
    command: ['${process.execPath}', replica.cjs, '{port}', ${name}]
    min: 1
    max: 6
    replicas: ${replicas}
    health: { url: 'http://127.0.0.1:{port}/', every: 100ms, failures: 1 }
    labels: ${labels}
    stopWithin: 500ms
`

before(async () => {
  mkdirSync(join(dir, 'policies'))
  writeFileSync(join(dir, 'replica.cjs'), replica)
  writeFileSync(services, `services:\n${declared('web', 3, '{ zone: a }')}${declared('api', 2, '{ zone: b }')}${declared('lost', 1, '{}')}${declared('owned', 1, '{ autoscaler: keda }')}`)
  cpSync(join(root, 'runbooks'), join(dir, 'runbooks'), { recursive: true })
  writeFileSync(join(dir, 'runbooks', 'routes.yaml'), `routes:
  - { matchers: [alertname="Slow"], runbook: scale-service@1, mode: auto, trust: granted }
  - { matchers: [alertname="VerySlow"], runbook: scale-service@1, mode: auto, trust: granted, params: { by: 3 } }
  - { matchers: [alertname="Idle"], runbook: scale-service@1, mode: auto, trust: granted, params: { direction: down } }
  - { matchers: [alertname="Hung"], runbook: restart-service@1, mode: auto, trust: granted }
`)
  write('{ type: targets, names: [web] }')
  mkdirSync(join(dir, 'state'))
  server = await startServer(join(dir, 'state'), services, '', { catalogue: dir })
  await liftAll(server.url)
})

after(async () => {
  await server?.end()
  const signal = new AbortController().signal
  await (await startLocalServices(services, join(dir, 'state', 'local'))).end({ signal, deadlineMs: 30_000 })
  rmSync(dir, { recursive: true, force: true })
})

function write(policies: string): void {
  writeFileSync(join(dir, 'policies', 'all.yaml'), `runbooks: [scale-service, restart-service]\npolicies:\n  - { type: targets, name: named, names: [web, api, lost, owned] }\n  - ${policies}\n`)
}

/** These alone are in force from here on. */
async function inForce(policies: string): Promise<void> {
  write(policies)
  const { body } = await post(`${server.url}/v1/reload`)
  assert.deepEqual(body.problems, [])
}

async function fire(alertname: string, service: string): Promise<string> {
  const id = `alert-${++number}`
  await post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname, service, id } }]))
  return id
}

/** The workflow of the alert, once it is in one of these states. */
const becomes = (id: string, ...states: string[]): Promise<any> => eventually(`${id} is ${states.join(' or ')}`, async () => {
  const found = (await get(`${server.url}/v1/workflows`)).items.find((one: any) => one.labels.id === id)
  return found && states.includes(found.state) ? found : undefined
}, 60_000)

const resolveAlert = (alertname: string, service: string, id: string) =>
  post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname, service, id }, status: 'resolved' }]))

async function heals(alertname: string, service: string): Promise<void> {
  const id = await fire(alertname, service)
  await becomes(id, 'verifying')
  await resolveAlert(alertname, service, id)
  await becomes(id, 'healed')
}

const pidsOf = (service: string): number[] => {
  const kept = JSON.parse(readFileSync(join(dir, 'state', 'local', 'services.json'), 'utf8')) as Kept
  return kept.services[service]!.members.flatMap(({ process: own }) => (own ? [own.pid] : []))
}

/** All of its processes but one are killed, and those that follow them die as well while the file is there. */
async function sicken(service: string): Promise<void> {
  writeFileSync(join(dir, `sick-${service}`), '')
  for (const pid of pidsOf(service).slice(1)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it was gone already
    }
  }
}

const says: readonly [type: string, policy: string, alertname: string, service: string, reason: string, detail: RegExp][] = [
  ['bounds', '{ type: bounds, min: 1, max: 5, step: 2 }', 'VerySlow', 'web', 'bounds', /web 3 → 6 is above 5/],
  ['one-domain', '{ type: one-domain, label: zone }', 'Slow', 'lost', 'one-domain', /lost has no label zone/],
  ['same', '{ type: same, labels: [zone] }', 'Slow', 'lost', 'same', /lost has no label zone/],
  ['caps', '{ type: caps, max: 2, of: replicas, per: 1h }', 'VerySlow', 'web', 'caps', /3 at once, and at most 2 fit/],
  ['slow-down', '{ type: slow-down, direction: up, max: 1, per: 1h }', 'VerySlow', 'web', 'slow-down', /3 at once, and at most 1 fit/],
  ['hands-off', '{ type: hands-off }', 'Slow', 'owned', 'hands-off', /owned is autoscaled/],
  ['blocking-alerts', '{ type: blocking-alerts, alerts: [Upgrading], from: alertmanager }', 'Slow', 'web', 'fact missing', /alerts could not be read/],
]

describe('policies that rest on facts refuse, over real processes', { timeout: 300_000 }, () => {
  for (const [type, policy, alertname, service, reason, detail] of says) {
    test(type, async () => {
      await inForce(policy)
      const workflow = await becomes(await fire(alertname, service), 'refused')
      assert.equal(workflow.reason, reason)
      assert.match(workflow.verdicts.find((one: any) => one.policy === type).detail, detail)
    })
  }

  test('healthy-floor of replicas, and of targets: processes that the test killed are not healthy', async () => {
    await inForce('{ type: healthy-floor, min: 2 }')
    await sicken('web')
    await eventually('web is sick', async () => (await readSize('web')).ready === 1)
    const restart = await becomes(await fire('Hung', 'web'), 'refused')
    assert.equal(restart.reason, 'healthy-floor')
    assert.match(restart.verdicts.find((one: any) => one.policy === 'healthy-floor').detail, /1 of 3 of web ready, 1 to go away, floor 2/)
    await inForce('{ type: healthy-floor, of: targets, min: 3 }')
    const other = await becomes(await fire('Hung', 'api'), 'refused')
    assert.equal(other.reason, 'healthy-floor')
    assert.match(other.verdicts.find((one: any) => one.policy === 'healthy-floor').detail, /1 of 4 of all targets unhealthy or under repair, 1 asked for, floor 3/)
    rmSync(join(dir, 'sick-web'))
    await eventually('web is well', async () => (await readSize('web')).ready === 3, 60_000)
    await heals('Hung', 'api')
  })

  test('opposite: what was just made smaller is not made larger', async () => {
    await inForce('{ type: opposite, for: 1h }')
    await heals('Idle', 'web')
    const workflow = await becomes(await fire('Slow', 'web'), 'waiting')
    assert.equal(workflow.reason, 'opposite')
    assert.equal((await readSize('web')).replicas, 2)
  })

  test('breaker: the second target trips it, the safe direction is exempt, and a person closes it', async () => {
    await inForce('{ type: breaker, name: brake, max: 1, in: 1h, exempt: up }')
    await heals('Hung', 'web')
    assert.equal((await becomes(await fire('Hung', 'api'), 'refused')).reason, 'breaker')
    assert.equal((await becomes(await fire('Hung', 'web'), 'refused')).reason, 'breaker', 'it is tripped for all')
    await heals('Slow', 'api')
    assert.equal((await post(`${server.url}/v1/breakers/nobody/close`, { why: 'looked' })).status, 404)
    assert.equal((await post(`${server.url}/v1/breakers/brake/close`, {})).status, 400, 'why is asked')
    assert.equal((await post(`${server.url}/v1/breakers/brake/close`, { why: 'looked' })).status, 202)
    await heals('Hung', 'api')
  })
})

async function readSize(target: string): Promise<{ replicas: number; ready: number }> {
  const provider = await startLocalServices(services, join(dir, 'state', 'local'))
  return provider.read(target, { signal: new AbortController().signal, deadlineMs: 10_000 })
}
