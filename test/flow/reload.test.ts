/** The catalogue changes under a running server: by which version what runs goes on, and what is refused while the last good one stays. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { paramedic, type Ran } from '../cli/cli.ts'
import { eventually, get, liftAll, linesOf, notification, post, workflowsOf } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn, type Running } from './server.ts'

const dir = folder()
const [runbooks, gate] = [join(dir, 'runbooks'), join(dir, 'gate')]
const routes = join(runbooks, 'routes.yaml')
/** What an earlier server ran, of which no catalogue on the log knows anything. */
const forgotten = join(dir, 'copies', '0'.repeat(64))
let server: Running

before(async () => {
  cpSync(ownCatalogue, dir, { recursive: true })
  mkdirSync(forgotten, { recursive: true })
  server = await startServer(dir, targetsIn(dir), '', { catalogue: dir })
  await liftAll(server.url)
})
after(() => server.end('SIGKILL'))

const reload = (): Promise<Ran> => paramedic(['reload', '--wait'], { env: { PARAMEDIC_URL: server.url } })
const edit = (file: string, from: string, to: string): void => writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
const fileOf = (service: string): string => join(dir, `${service}-notes`)
const alert = (service: string) =>
  post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Notes', service, file: fileOf(service), ...(service === 's0' ? { onceGate: gate } : {}) } }]))
const ends = (service: string) => eventually(`${service} is verifying`, async () => (await workflowsOf(server.url)).find(({ labels, state }) => labels.service === service && state === 'verifying'))
const wrote = (service: string, mark = '') => ['first', 'once begins', 'once ends', 'last begins', 'last ends'].map((text) => `${service} ${mark}${text}`)

test('copies that nothing can need any more are removed at the start, and no others', async () => {
  const { items } = await get(`${server.url}/v1/runbooks`)
  assert.ok(!existsSync(forgotten))
  assert.deepEqual(readdirSync(join(dir, 'copies')).sort(), items.map(({ digest }: { digest: string }) => digest).sort())
})

test('what runs goes on with the version that it began with, even one that is gone; what comes takes the new one', { timeout: 120_000 }, async () => {
  await alert('s0')
  await eventually('it is in the step', async () => linesOf(fileOf('s0')).includes('s0 once begins'))
  // Another version takes the place of the first.
  renameSync(join(runbooks, 'notes/1.ts'), join(runbooks, 'notes/2.ts'))
  edit(join(runbooks, 'notes/2.ts'), '${target} ${text}', '${target} new: ${text}')
  edit(routes, 'notes@1', 'notes@2')
  await lockCatalogue(runbooks)
  const { code, out, err } = await reload()
  assert.equal(code, 0, err)
  assert.match(out, /^in force: [0-9a-f]{12} on 1 of 1 processes$/m)
  await alert('s1')
  assert.equal((await ends('s1')).runbook, 'notes@2')
  writeFileSync(gate, '')
  assert.equal((await ends('s0')).runbook, 'notes@1')
  assert.deepEqual([linesOf(fileOf('s0')), linesOf(fileOf('s1'))], [wrote('s0'), wrote('s1', 'new: ')])
})

const catalogueCheck = async (): Promise<{ ok: boolean; detail: string }> => (await get(`${server.url}/healthz`)).checks.catalogue

test('a bad edit: reload and /healthz name the place, the last good one stays in force, and the mended one is taken', { timeout: 120_000 }, async () => {
  edit(routes, 'notes@2', 'notse@2')
  const { code, err } = await reload()
  assert.deepEqual([code, /routes\.yaml:3: .*notse.*did you mean notes/i.test(err)], [2, true], err)
  const { ok, detail } = await catalogueCheck()
  assert.deepEqual([ok, /routes\.yaml:3: .*notse/.test(detail)], [false, true], detail)
  await alert('s2')
  assert.equal((await ends('s2')).runbook, 'notes@2')
  edit(routes, 'notse@2', 'notes@2')
  await eventually('seen without being asked', async () => (await catalogueCheck()).ok)
  await eventually('people are told, though it is the one that was in force', async () => times(/The catalogue is mended: [0-9a-f]{12} is in force/) === 1)
})

/** What a server has said and what was told to people is on its stderr. */
const times = (text: RegExp): number => server.said.filter((line) => text.test(line)).length

test('SIGHUP reads it, as often as it comes', { timeout: 120_000 }, async () => {
  edit(routes, 'tree@1', 'trie@1')
  for (const [again, what] of ['told', 'told again: not by the watch, which knows it already'].entries()) {
    server.process.kill('SIGHUP')
    await eventually(what, async () => times(/routes\.yaml:4: .*trie/) > again)
  }
  edit(routes, 'trie@1', 'tree@1')
  server.process.kill('SIGHUP')
  await eventually('mended', async () => (await catalogueCheck()).ok)
})

test('what a person had to do once: an unknown alert is told of once, gets a route, and at its next firing it is run', { timeout: 120_000 }, async () => {
  const fires = (alertname: string, more: { status?: string; startsAt?: string } = {}) =>
    post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname, service: 's5', file: fileOf('s5') }, ...more }]))
  for (const alertname of ['Novel', 'Novel', 'Other']) await fires(alertname)
  await eventually('people are told', async () => times(/Unknown alert: Other/) > 0)
  assert.equal(times(/Unknown alert: Novel/), 1)
  writeFileSync(routes, `${readFileSync(routes, 'utf8')}  - { matchers: [alertname="Novel"], runbook: notes@2, mode: auto, trust: granted }\n`)
  server.process.kill('SIGHUP')
  await eventually('its route is in force', async () => (await get(`${server.url}/v1/routes`)).items.some(({ matchers }: any) => JSON.stringify(matchers).includes('Novel')))
  await fires('Novel', { status: 'resolved' })
  await fires('Novel', { startsAt: new Date().toISOString() })
  await ends('s5')
  assert.deepEqual(linesOf(fileOf('s5')), wrote('s5', 'new: '))
})

test('a version that has run is refused as another script, whatever its lock says now', { timeout: 120_000 }, async () => {
  edit(join(runbooks, 'notes/2.ts'), 'new: ', 'changed: ')
  rmSync(join(runbooks, 'runbooks.lock'))
  await lockCatalogue(runbooks)
  await eventually('seen without being asked', async () => !(await catalogueCheck()).ok)
  assert.match((await catalogueCheck()).detail, /notes\/2\.ts:1: notes@2 has run here as another script/)
  const { code, err } = await reload()
  assert.deepEqual([code, /notes\/2\.ts:1: notes@2 has run here as another script/.test(err)], [2, true], err)
  await alert('s3')
  await ends('s3')
  assert.deepEqual(linesOf(fileOf('s3')), wrote('s3', 'new: '))
})
