/** The real Alertmanager posts to a real server: what heals, what is silenced, and what it forgets. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { alertmanager, noAlertmanager } from '../servers/alertmanager.ts'
import { eventually, get, liftAll, linesOf, metric, post, workflowsOf } from './flow.ts'
import { folder, ownCatalogue, servicesIn, startServer, targetsIn, type ServerOptions } from './server.ts'

const options = { skip: noAlertmanager, timeout: 120_000 }

const both = async (t: TestContext, dir: string, services: string, more: Partial<ServerOptions> = {}) => {
  const am = await alertmanager(t, dir)
  const server = await startServer(dir, services, '', more.env ? more : { ...more, env: { PARAMEDIC_ALERTMANAGER: am.url } })
  t.after(() => server.end('SIGKILL'))
  await liftAll(server.url)
  await am.start(`${server.url}/webhooks/alertmanager`)
  return { am, url: server.url }
}

test('an alert from the real Alertmanager is healed, and an unknown one is told', options, async (t) => {
  const dir = folder()
  const { am, url } = await both(t, dir, servicesIn(dir), { env: {} })
  const slow = { alertname: 'HighRequestLatency', service: 'web', severity: 'critical' }
  await am.alert(slow)
  await am.alert({ alertname: 'NobodyKnows', instance: 'x' })
  await eventually('the replica was added', async () => (await workflowsOf(url)).some(({ state }) => state === 'verifying'))
  await am.alert(slow, new Date())
  const workflow = await eventually('healed', async () => (await workflowsOf(url)).find(({ state }) => state === 'healed'))
  assert.deepEqual(workflow.plan.changes.map(({ target, from, to }: any) => [target, from, to]), [['web', 2, 3]])
  const episodes = (await get(`${url}/v1/episodes`)).items
  assert.equal(episodes.find((one: any) => one.labels.alertname === 'NobodyKnows').answer.reason, 'no route')
  const stop = await post(`${url}/v1/stops?wait=5s`, { why: 'the end of the test' })
  assert.deepEqual([stop.status, stop.body.missing, stop.body.durable], [201, [], true])
})

/** An alert whose workflow has done its steps, and waits for the alert to be gone. */
const verifying = async (t: TestContext) => {
  const dir = folder()
  const { am, url } = await both(t, dir, targetsIn(dir), { catalogue: ownCatalogue })
  const labels = { alertname: 'Notes', service: 's0', file: join(dir, 'notes') }
  await am.alert(labels)
  const state = async (): Promise<string> => (await workflowsOf(url))[0]?.state
  await eventually('verifying', async () => (await state()) === 'verifying')
  /** Each look is two calls; one may have been under way. */
  const askedTwice = async (): Promise<void> => {
    const calls = (): Promise<number> => metric(url, 'edge_calls_total{edge="alertmanager",outcome="ok"}')
    const before = await calls()
    await eventually('it has asked Alertmanager anew', async () => (await state()) !== 'verifying' || (await calls()) >= before + 6)
  }
  return { am, url, labels, state, askedTwice }
}

test('a silenced alert is not answered, and one that is silenced while it is verified is not taken as gone; its end is seen all the same', options, async (t) => {
  const { am, url, labels, state, askedTwice } = await verifying(t)
  const quiet = { ...labels, service: 's1' }
  await am.silence('service', 's1')
  await am.alert(quiet)
  await am.silence('service', 's0')
  await eventually('both are silenced', async () => [...(await am.states('service', 's0')), ...(await am.states('service', 's1'))].join() === 'suppressed,suppressed')
  await askedTwice()
  assert.deepEqual([await state(), (await get(`${url}/v1/episodes`)).items.length], ['verifying', 1])
  await am.alert(labels, new Date())
  await eventually('healed', async () => (await state()) === 'healed')
  assert.equal((await get(`${url}/v1/episodes`)).items[0].status, 'firing', 'nobody was told of its end: it was asked for')
})

test('Alertmanager is restarted and has forgotten the alert: it is not taken as gone', options, async (t) => {
  const { am, url, state, askedTwice } = await verifying(t)
  await am.kill()
  await am.start(`${url}/webhooks/alertmanager`)
  assert.deepEqual(await am.states('service', 's0'), [])
  await askedTwice()
  assert.equal(await state(), 'verifying')
})

test('what waited behind a stop and is silenced when that is lifted waits on; after the silence it runs if its alert still fires', options, async (t) => {
  const dir = folder()
  const { am, url } = await both(t, dir, targetsIn(dir), { catalogue: ownCatalogue })
  const labels = (service: string) => ({ alertname: 'Notes', service, file: join(dir, service) })
  const of = async (service: string) => (await workflowsOf(url)).find((one) => one.labels.service === service)
  const stop = await post(`${url}/v1/stops`, { why: 'test' })
  for (const service of ['s1', 's2', 's3']) await am.alert(labels(service))
  await eventually('all are held', async () => (await workflowsOf(url)).length === 3)
  await am.silence('service', 's1', 8000)
  await am.silence('service', 's2', 8000)
  await post(`${url}/v1/stops/${stop.body.id}/lift`, { why: 'over' })
  await eventually('what is not silenced runs', async () => (await of('s3')).state === 'verifying')
  const held = await eventually('the others wait', async () => ((await of('s1')).state === 'waiting' && (await of('s2')).state === 'waiting' ? of('s1') : undefined))
  assert.deepEqual([held.reason, linesOf(join(dir, 's1'))], ['silenced', []])
  assert.match(held.detail, /^silenced by test until 20.*: test$/)
  // Alertmanager sends nothing of this.
  await am.alert(labels('s2'), new Date())
  await eventually('it ran after the silence', async () => (await of('s1')).state === 'verifying')
  assert.deepEqual([linesOf(join(dir, 's1')).at(-1), linesOf(join(dir, 's2'))], ['s1 last ends', []])
  const gone = await eventually('the other one is dropped', async () => ((await of('s2')).state === 'obsolete' ? of('s2') : undefined))
  assert.deepEqual([gone.reason, gone.detail], ['resolved', 'it was silenced, and Alertmanager has it no more'])
})
