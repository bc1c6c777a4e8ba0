/** `kill -9` at any moment: what was answered 200 is there after the next start, and has exactly one answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, get, liftAll, notification, post } from './flow.ts'
import { folder, servicesIn, startServer } from './server.ts'

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
