/**
 * Autonomy by outcome, over real processes: a version asks, heals, is proposed, promoted by a person, fails and asks again;
 * what fails has its ladder; a canary that fails is rolled back; a revoked version never runs.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { eventually, get, liftAll, metric, notification, post, workflowsOf } from './flow.ts'
import { folder, startServer, type Running } from './server.ts'

const root = resolve(import.meta.dirname, '../..')
const dir = folder()
let server: Running

/** It fails on a target whose name says so. */
const runbook = `import { minutes, runbook } from 'paramedic'
/** For tests. */
export default runbook({
  target: 'service',
  plan: async ({ scale, target }) => ({ changes: [{ target, from: (await scale.read(target)).replicas, to: 2 }] }),
  steps: [{ name: 'work', effect: 'repeatable', timeout: minutes(1), run: ({ target }) => { if (target === 'bad') throw new Error('it does not work here') } }],
})
`
/** It says that it reads, and changes something while it plans, whatever it is told. */
const sly = runbook.replace('plan: async ({ scale, target }) => (', 'plan: async ({ scale, target }) => { await (scale as any).set(target, 2).catch(() => {}); return (').replace('to: 2 }] }),', 'to: 2 }] }) },')
const routes = (more = ''): string => `${more}routes:
  - { matchers: [alertname="Earns"], runbook: grow@1, mode: auto, promote: { heals: 2, in: 1h } }
  - { matchers: [alertname="Climbs"], runbook: grow@1, mode: auto, trust: granted, ladder: [other@1] }
  - { matchers: [alertname="Canary"], runbook: other@1, mode: auto, trust: granted, canary: { runbook: other@2, share: 99 } }
  - { matchers: [alertname="Sly"], runbook: sly@1, mode: auto, trust: granted }
  - { matchers: [alertname="Old"], runbook: old@1, mode: auto, trust: granted }
`

before(async () => {
  const files: Record<string, string> = {
    'runbooks/grow/1.ts': runbook, 'runbooks/other/1.ts': runbook.replace("target === 'bad'", 'false'), 'runbooks/other/2.ts': runbook, 'runbooks/old/1.ts': runbook, 'runbooks/sly/1.ts': sly, 'runbooks/routes.yaml': routes('revoked: [old@1]\n'),
    'policies/all.yaml': 'runbooks: [grow, other, old, sly]\npolicies:\n  - { type: targets, names: [good, bad] }\n',
    'services.yaml': `services:\n${['good', 'bad'].map((name) => `  ${name}: { command: [sleep, "1000"], min: 0, max: 2, replicas: 0 }\n`).join('')}`,
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  await lockCatalogue(join(dir, 'runbooks'))
  mkdirSync(join(dir, 'state'))
  server = await startServer(join(dir, 'state'), join(dir, 'services.yaml'), '', { catalogue: dir })
  await liftAll(server.url)
})

after(async () => void (await server?.end()))

const paramedic = (...words: string[]) => promisify(execFile)(process.execPath, [join(root, 'bin', 'paramedic.js'), '--url', server.url, ...words])
const send = (alertname: string, service: string, id: string, status = 'firing') => post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname, service, id }, status }]))
/** The workflows of the alert with this id, the newest first, once the newest is in this state. */
const becomes = (id: string, state: string): Promise<any[]> => eventually(`${id} is ${state}`, async () => {
  const found = (await workflowsOf(server.url)).filter((one) => one.labels.id === id)
  return found[0]?.state === state && found
}, 60_000)
const heals = async (alertname: string, service: string, id: string): Promise<any[]> => {
  await becomes(id, 'verifying')
  await send(alertname, service, id, 'resolved')
  return becomes(id, 'healed')
}
const trustOf = async (id: string): Promise<any> => (await get(`${server.url}/v1/runbooks`)).items.find((one: any) => `${one.name}@${one.version}` === id).trust

test('a new version asks; two verified heals propose it; promoted it runs by itself; its first failure takes that back', { timeout: 120_000 }, async () => {
  for (const id of ['one', 'two']) {
    await send('Earns', 'good', id)
    const [asking] = await becomes(id, 'asking')
    assert.equal(asking.reason, 'trust')
    assert.equal((await paramedic('promote', 'grow@1', '--why', 'too early').catch((problem: { code: number }) => problem) as { code: number }).code, 1, 'what has not earned it is not promoted')
    await post(`${server.url}/v1/workflows/${asking.id}/approve`, { plan: asking.plan.digest })
    await heals('Earns', 'good', id)
  }
  await eventually('people are asked', async () => server.said.some((line) => /grow@1 healed 2 times in 1h and did not fail: may it run by itself/.test(line)))
  assert.deepEqual(await trustOf('grow@1'), { heals: 2, failures: 0, is: 'proposed' })
  assert.match((await paramedic('promote', 'grow@1', '--why', 'looked at both')).stdout, /promoted: grow@1/)
  await send('Earns', 'good', 'three')
  await heals('Earns', 'good', 'three')
  await send('Earns', 'bad', 'four')
  await becomes('four', 'failed')
  await eventually('it is demoted', async () => server.said.some((line) => /Demoted: grow@1 asks again before it runs \(3 verified heals since it last failed/.test(line)))
  assert.equal(await metric(server.url, 'demotions_total{runbook="grow",version="1",was="promoted"}'), 1)
  await send('Earns', 'good', 'five')
  assert.equal((await becomes('five', 'asking'))[0].reason, 'trust')
})

test('a ladder: the first fails, the next one heals, and nobody was called', { timeout: 60_000 }, async () => {
  const before = await metric(server.url, 'escalations_waiting')
  await send('Climbs', 'bad', 'ladder')
  const [second, first] = await heals('Climbs', 'bad', 'ladder')
  assert.deepEqual([first.runbook, first.state, first.next, second.runbook, second.after, second.episode], ['grow@1', 'failed', second.id, 'other@1', first.id, first.episode])
  assert.equal(await metric(server.url, 'escalations_waiting'), before)
})

test('a canary that fails is rolled back by itself: the next alert takes the version that works', { timeout: 60_000 }, async () => {
  await send('Canary', 'bad', 'canary')
  const [failed] = await becomes('canary', 'failed')
  assert.equal(failed.runbook, 'other@2')
  await eventually('it is rolled back', async () => (await trustOf('other@2')).is === 'rolled back')
  await send('Canary', 'bad', 'after')
  assert.equal((await heals('Canary', 'bad', 'after'))[0].runbook, 'other@1')
})

test('a revoked version is refused although a route names it, and whoever asks for it', { timeout: 60_000 }, async () => {
  await send('Old', 'good', 'old')
  const answer = await eventually('it has an answer', async () => (await get(`${server.url}/v1/episodes`)).items.find((one: any) => one.labels.id === 'old')?.answer)
  assert.deepEqual([answer.reason, answer.detail], ['revoked', 'old@1 was revoked'])
  const asked = await fetch(`${server.url}/v1/workflows`, { method: 'POST', headers: { 'Idempotency-Key': 'k' }, body: JSON.stringify({ runbook: 'old@1', targets: ['good'] }) })
  assert.equal(asked.status, 400)
  assert.match(await asked.text(), /old@1 was revoked/)
})

test('a plan that changes something is refused, whatever it makes of the error, and people are told', { timeout: 60_000 }, async () => {
  await send('Sly', 'good', 'sly')
  const [failed] = await becomes('sly', 'failed')
  assert.deepEqual([failed.reason, /a plan may only read: it asked for scale\.set/.test(failed.detail)], ['plan failed', true], failed.detail)
  await eventually('people are told', async () => server.said.some((line) => /failed: sly@1 on good.*a plan may only read/.test(line)))
  assert.equal(failed.plan, undefined)
})
