/** Runbooks that work on the machine of their server, end to end: a disk, a unit, a page, a program of a version's folder; and secrets, which only a step's own process sees. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { eventually, liftAll, notification, post, workflowsOf } from './flow.ts'
import { folder, startServer, type Running } from './server.ts'

const dir = folder()
const at = (...parts: string[]): string => join(dir, ...parts)
const root = resolve(import.meta.dirname, '../..')
const key = 'a-key-that-nobody-sees'
const paged: { headers: IncomingMessage['headers']; body: any }[] = []
const pager = createServer((request, answer) => {
  let text = ''
  request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).once('end', () => {
    paged.push({ headers: request.headers, body: JSON.parse(text) })
    answer.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"success"}')
  })
})
let server: Running

/** In the place of systemd, for there is none here: asked by its command, this test starts the unit, whose number lies in a file. */
const systemctl = `#!/bin/sh
for unit; do :; done
cd ${dir}/units
case "$1" in
  restart) touch "$unit.wanted"; until [ -e "$unit" ]; do sleep 0.05; done ;;
  is-active) kill -0 "$(cat "$unit" 2>/dev/null)" 2>/dev/null ;;
esac
`
let unit: ChildProcess | undefined
const systemd = setInterval(() => {
  if (unit !== undefined || !existsSync(at('units', 'nginx.service.wanted'))) return
  unit = spawn('sleep', ['987'], { stdio: 'ignore' })
  writeFileSync(at('units', 'nginx.service'), String(unit.pid))
}, 50)
const own = (name: string): string => `import { minutes, runbook } from 'paramedic'
/** Runs a program of its folder. */
export default runbook({
  target: 'instance', provider: 'host', secrets: ['PAGER_KEY'], params: { word: { type: 'string', default: 'so' } },
  plan: ({ target }) => ({ changes: [{ target, from: '${name}', to: 'run' }] }),
  steps: [{ name: 'run', effect: 'repeatable', timeout: minutes(1), run: ['./tell.sh', 'one two'] }],
})
`
const policy = (name: string, target: string): void => writeFileSync(at('policies', `${name}.yaml`), `runbook: ${name}\npolicies:\n  - { type: targets, names: [${target}] }\n`)

before(async () => {
  for (const name of ['policies', 'state', 'units', 'bin', 'cache']) mkdirSync(at(name))
  await new Promise<void>((up) => pager.listen(0, '127.0.0.1', up))
  cpSync(join(root, 'runbooks'), at('runbooks'), { recursive: true })
  for (const name of ['tells', 'asks']) {
    mkdirSync(at('runbooks', name, '1'), { recursive: true })
    writeFileSync(at('runbooks', name, '1.ts'), own(name))
    writeFileSync(at('runbooks', name, '1', 'tell.sh'), '#!/bin/sh\necho "$1|$TARGET|$PARAM_WORD|$ALERT_LABEL_SAID|$PAGER_KEY|${#PAGER_KEY}"\n')
    policy(name, 'web-1')
  }
  await lockCatalogue(at('runbooks'))
  writeFileSync(at('runbooks', 'routes.yaml'), `routes:
  - { matchers: [alertname="NodeFilesystemAlmostOutOfSpace"], runbook: free-disk@1, mode: auto, trust: granted, params: { paths: ${at('cache')}, free: 1 } }
  - { matchers: [alertname="NodeSystemdServiceFailed"], runbook: restart-unit@1, mode: auto, trust: granted }
  - { matchers: [alertname="NodeRAIDDegraded"], runbook: page@1, mode: auto, trust: granted, params: { url: 'http://127.0.0.1:${(pager.address() as AddressInfo).port}/v2/enqueue' } }
  - { matchers: [alertname="Tells"], runbook: tells@1, mode: auto, trust: granted, params: { word: now } }
  - { matchers: [alertname="Asks"], runbook: asks@1, mode: auto, trust: granted }
`)
  policy('free-disk', 'web-1')
  policy('restart-unit', 'web-1/nginx.service')
  policy('page', 'NodeRAIDDegraded')
  writeFileSync(at('bin', 'systemctl'), systemctl)
  chmodSync(at('bin', 'systemctl'), 0o755)
  writeFileSync(at('key'), `${key}\n`)
  writeFileSync(at('paramedic.yaml'), `secrets:\n  - { name: PAGER_KEY, file: key, runbooks: [page, tells] }\nproviders: { host: { names: [web-1] } }\n`)
  server = await startServer(at('state'), '', '', { catalogue: dir, env: { PATH: `${at('bin')}:${process.env['PATH']}`, PARAMEDIC_CONFIG: at('paramedic.yaml') } })
  await liftAll(server.url)
}, { timeout: 120_000 })
after(async () => {
  pager.close().closeAllConnections()
  clearInterval(systemd)
  unit?.kill('SIGKILL')
  await server?.end('SIGKILL')
})

/** What became of the alert: its workflow, once its steps are over. Then the alert ends, for one target has one workflow at a time. */
const answered = async (labels: Record<string, string>): Promise<any> => {
  const of = async () => (await workflowsOf(server.url)).find((one) => one.labels?.alertname === labels['alertname'])
  const tell = (status: string) => post(`${server.url}/webhooks/alertmanager`, notification([{ labels, status }]))
  await tell('firing')
  const found = await eventually(`an answer to ${labels['alertname']}`, async () => {
    const workflow = await of()
    return ['verifying', 'failed', 'refused'].includes(workflow?.state) && workflow
  }, 30_000)
  await tell('resolved')
  await eventually('its end', async () => (await of()).state !== 'verifying', 30_000)
  return found
}

describe('runbooks on the machine of their server', { timeout: 180_000 }, () => {
  test('free-disk removes old files and leaves young ones, and those elsewhere', async () => {
    const old = new Date(Date.now() - 30 * 86_400_000)
    mkdirSync(at('cache', 'deep'))
    for (const path of [at('cache', 'old'), at('cache', 'deep', 'old'), at('cache', 'young'), at('elsewhere')]) writeFileSync(path, 'x')
    for (const path of [at('cache', 'old'), at('cache', 'deep', 'old'), at('elsewhere')]) utimesSync(path, old, old)
    const { state, detail } = await answered({ alertname: 'NodeFilesystemAlmostOutOfSpace', instance: 'web-1', mountpoint: '/' })
    assert.deepEqual([state, detail], ['verifying', 'waits for the end of the alert'])
    assert.deepEqual([at('cache', 'old'), at('cache', 'deep', 'old'), at('cache', 'young'), at('elsewhere')].map((path) => existsSync(path)), [false, false, true, true])
  })

  test('restart-unit starts a unit again; one of another machine is not for this one', async () => {
    const { state } = await answered({ alertname: 'NodeSystemdServiceFailed', instance: 'web-1', name: 'nginx.service' })
    assert.equal(state, 'verifying')
    process.kill(Number(readFileSync(at('units', 'nginx.service'), 'utf8')), 0)
    await post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'NodeSystemdServiceFailed', instance: 'web-2', name: 'nginx.service' } }]))
    const other = await eventually('the other', async () => (await workflowsOf(server.url)).find((one) => one.labels?.instance === 'web-2' && one.state === 'failed'))
    assert.match(other.detail, /there is no "web-2\/nginx.service"; known: web-1/)
  })

  test('page tells the pager once, with its key, and the key is on no record', async () => {
    const { state, id } = await answered({ alertname: 'NodeRAIDDegraded', instance: 'db-1' })
    assert.equal(state, 'verifying')
    assert.deepEqual(paged.map(({ body }) => [body.routing_key, body.event_action, body.payload.source]), [[key, 'trigger', 'db-1']])
    assert.equal(JSON.stringify(await (await fetch(`${server.url}/v1/workflows/${id}`)).json()).includes(key), false)
  })

  test('a program of the version has its arguments and data, and what it prints of a secret is masked', async () => {
    const { state, steps } = await answered({ alertname: 'Tells', instance: 'web-1', said: '$(touch x); "' })
    assert.deepEqual([state, steps[0].jobs?.[0]?.output ?? steps[0].output], ['verifying', `one two|web-1|now|$(touch x); "|***|${key.length}`])
  })

  test('a runbook that the configuration gives no secret does not run its step', async () => {
    const { state, detail } = await answered({ alertname: 'Asks', instance: 'web-1' })
    assert.deepEqual([state, /asks asks for the secret PAGER_KEY, and `secrets` of the configuration gives it none/.test(detail)], ['failed', true], detail)
  })
})
