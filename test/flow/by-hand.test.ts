/**
 * A person's hand wins, over real processes: what a workflow made larger is made smaller by hand, no second alert fires, and
 * the runbook leaves that service alone until somebody resumes it.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startLocalServices } from '../../src/providers/local.ts'
import { eventually, get, liftAll, metric, notification, post, workflowsOf } from './flow.ts'
import { folder, servicesIn, startServer, type Running } from './server.ts'

const root = resolve(import.meta.dirname, '../..')
const dir = folder()
const services = servicesIn(dir)
const state = join(dir, 'state')
const call = { signal: new AbortController().signal, deadlineMs: 10_000 }
let server: Running

before(async () => {
  cpSync(join(root, 'runbooks'), join(dir, 'runbooks'), { recursive: true })
  writeFileSync(join(dir, 'runbooks', 'routes.yaml'), 'routes:\n  - { matchers: [alertname="Slow"], runbook: scale-service@1, mode: auto, trust: granted }\n')
  for (const made of [state, join(dir, 'policies')]) mkdirSync(made)
  writeFileSync(join(dir, 'policies', 'all.yaml'), 'runbook: scale-service\npolicies:\n  - { type: targets, names: [web] }\n')
  server = await startServer(state, services, '', { catalogue: dir, env: { PARAMEDIC_WATCH_EVERY: '1s' } })
  await liftAll(server.url)
})

after(async () => {
  await server?.end()
  await (await startLocalServices(services, join(state, 'local'))).end({ ...call, deadlineMs: 30_000 })
  rmSync(dir, { recursive: true, force: true })
})

const paramedic = (...words: string[]) => promisify(execFile)(process.execPath, [join(root, 'bin', 'paramedic.js'), '--url', server.url, ...words])

/** The newest workflow of the alert with this id, once it is in one of these states. */
const becomes = (id: string, ...states: string[]): Promise<any> =>
  eventually(`${id} is ${states.join(' or ')}`, async () => (await workflowsOf(server.url)).find((one) => one.labels.id === id && states.includes(one.state)), 60_000)

const fire = (id: string, status = 'firing') => post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Slow', service: 'web', id }, status }]))

test('changed by hand with no second alert: suspended; the next alert goes to people; resumed, it runs', { timeout: 120_000 }, async () => {
  await fire('first')
  await becomes('first', 'verifying')
  await fire('first', 'resolved')
  await becomes('first', 'healed')
  const byHand = await startLocalServices(services, join(state, 'local'))
  assert.equal((await byHand.read('web', call)).replicas, 3)
  await new Promise((go) => setTimeout(go, 2500)) // two looks, and nothing is found: it is as the workflow left it
  assert.deepEqual((await get(`${server.url}/v1/suspensions`)).items, [])
  await byHand.set('web', 2, call)

  const suspended = await eventually('the hand is seen', async () => (await get(`${server.url}/v1/suspensions`)).items[0])
  assert.deepEqual([suspended.target, suspended.runbooks, suspended.from.replicas, suspended.to.replicas], ['web', ['scale-service'], 3, 2])
  assert.equal((await workflowsOf(server.url)).length, 1, 'no second alert fired')
  await eventually('people are told', async () => server.said.some((line) => /web was changed by hand \(3 → 2\) after scale-service had/.test(line)))
  assert.match((await paramedic('status')).stdout, /SUSPENDED scale-service on web: somebody changed it by hand \(3 → 2\)/)
  assert.equal(await metric(server.url, 'suspensions_in_force'), 1)

  await fire('second')
  const refused = await becomes('second', 'refused')
  assert.equal(refused.reason, 'suspended')
  assert.match((await paramedic('why', refused.id)).stdout, /suspended\s+refuse\s+suspended\s+somebody changed web by hand/)
  await eventually('people are called for it', async () => server.said.some((line) => line.includes('refused: scale-service@1 on web')))

  await paramedic('resume', suspended.id.slice(-6), '--why', 'the load test is over')
  assert.deepEqual((await get(`${server.url}/v1/suspensions`)).items, [])
  await fire('third')
  await becomes('third', 'verifying')
  assert.equal((await byHand.read('web', call)).replicas, 3)
})
