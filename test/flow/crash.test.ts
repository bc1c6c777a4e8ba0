/** `kill -9` at any moment: what was answered 200 is there after the next start, and has exactly one answer. */
import assert from 'node:assert/strict'
import { appendFileSync, cpSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, get, liftAll, linesOf, notification, post, workflowsOf } from './flow.ts'
import { folder, ownCatalogue, servicesIn, startServer, targetsIn, type Running } from './server.ts'

test('every alert that was answered 200 has exactly one answer after ten kills -9', { timeout: 300_000 }, async () => {
  const dir = folder()
  const accepted = new Set<string>()
  for (let round = 0; round < 10; round++) {
    const server = await startServer(dir)
    let killer: NodeJS.Timeout | undefined // the clock begins with the first answer, however slow the machine is
    for (let n = 0; ; n++) {
      try {
        const { status, body } = await post(`${server.url}/webhooks/alertmanager`, notification([0, 1, 2].map((i) => ({ labels: { alertname: `Novel${i}`, n: `${round}.${n}` } }))))
        if (status === 200) for (const { episode } of body.alerts) accepted.add(episode)
        if (status === 200) killer ??= setTimeout(() => server.process.kill('SIGKILL'), round * 30)
      } catch {
        break // the server is gone: what it had not answered may or may not be there
      }
    }
    clearTimeout(killer)
    await server.end('SIGKILL')
  }
  assert.ok(accepted.size >= 30, `${accepted.size} accepted`)
  const server = await startServer(dir)
  try {
    await eventually('all are answered', async () => {
      const answers = await Promise.all([...accepted].map((id) => get(`${server.url}/v1/episodes/${id}`)))
      return answers.every(({ answer }) => answer?.reason === 'no route')
    })
  } finally {
    await server.end()
  }
})

test('a server killed right after it accepted an alert goes on with it: healed once, one replica more, not two', { timeout: 120_000 }, async () => {
  const dir = folder()
  const services = servicesIn(dir)
  const labels = { alertname: 'HighRequestLatency', service: 'web', severity: 'critical' }
  const first = await startServer(dir, services)
  await liftAll(first.url)
  assert.equal((await post(`${first.url}/webhooks/alertmanager`, notification([{ labels }]))).status, 200)
  await first.end('SIGKILL')
  const second = await startServer(dir, services)
  try {
    await eventually('verifying', async () => (await get(`${second.url}/v1/workflows`)).items.some((one: any) => one.state === 'verifying'))
    await post(`${second.url}/webhooks/alertmanager`, notification([{ labels, status: 'resolved' }]))
    const workflow = await eventually('healed', async () => (await get(`${second.url}/v1/workflows`)).items.find((one: any) => one.state === 'healed'))
    assert.deepEqual(workflow.plan.changes.map(({ from, to }: any) => [from, to]), [[2, 3]])
    assert.equal((await get(`${second.url}/v1/workflows`)).items.length, 1)
  } finally {
    await second.end()
  }
})

test('a script that was edited after a checkpoint is not gone on with, and no plan is made by it: people are told', { timeout: 120_000 }, async () => {
  const dir = folder()
  const [catalogue, file, gate] = [join(dir, 'catalogue'), join(dir, 'notes'), join(dir, 'gate')]
  cpSync(ownCatalogue, catalogue, { recursive: true })
  const start = (): Promise<Running> => startServer(dir, targetsIn(dir), '', { catalogue })
  const alert = ({ url }: Running, service: string) => post(`${url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Notes', service, file, lastGate: gate } }]))
  const first = await start()
  await liftAll(first.url)
  await alert(first, 's0')
  await eventually('it is in its last step', async () => linesOf(file).includes('s0 last begins'))
  await first.end('SIGKILL')
  // In the repository, and where the copy lies that it began with.
  for (const script of [join(catalogue, 'runbooks/notes/1.ts'), ...globSync(join(dir, 'copies/*/1.js'))]) appendFileSync(script, '\n// edited\n')
  const second = await start()
  try {
    await alert(second, 's1')
    const ended = await eventually('both have ended', async () => {
      const all = await workflowsOf(second.url)
      return all.length === 2 && all.every(({ state }) => state === 'failed') && all
    })
    assert.deepEqual(ended.map(({ reason }) => reason), ['runbook changed', 'runbook changed'])
    assert.deepEqual(linesOf(file), ['s0 first', 's0 once begins', 's0 once ends', 's0 last begins'])
    for (const { id } of ended) await eventually('people are told', async () => second.said.some((line) => line.includes('failed: notes@1') && line.includes(id.slice(-6))))
  } finally {
    await second.end()
  }
})
