/** As much at once as a sender may send: a real server takes it, and answers every alert. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manyAlerts } from '../fixtures/many-alerts.ts'
import { eventually, liftAll, metric, notification, post } from './flow.ts'
import { folder, servicesIn, startServer } from './server.ts'

test('1,500 alerts of one route in one notification: each gets its workflow', { timeout: 120_000 }, async (t) => {
  const dir = folder()
  const server = await startServer(dir, servicesIn(dir))
  t.after(() => server.end())
  const alerts = Array.from({ length: 1500 }, (_, i) => ({ labels: { alertname: 'HighRequestLatency', service: 'web', severity: 'critical', i: String(i) } }))
  assert.equal((await post(`${server.url}/webhooks/alertmanager`, notification(alerts))).body.accepted, 1500)
  await eventually('answered', async () => (await metric(server.url, 'episodes_answered_total{outcome="workflow",reason=""}')) === 1500)
  assert.equal(await metric(server.url, 'episodes_unanswered'), 0)
})

test('a notification of 16 MB is durable before it is answered, and every alert of it gets an answer', { timeout: 180_000 }, async (t) => {
  const server = await startServer(folder())
  t.after(() => server.end())
  await liftAll(server.url)
  const body = manyAlerts(25_200)
  assert.ok(body.length > 15 << 20 && body.length < 16 << 20)
  // A busy machine may need more than 5 s: then it is told so, and what landed is joined by what is sent again.
  const accepted = await eventually('accepted', async () => {
    const response = await fetch(`${server.url}/webhooks/alertmanager`, { method: 'POST', body })
    const json = (await response.json()) as { accepted: number; code?: string }
    assert.ok(response.ok || json.code === 'NOT_DURABLE', JSON.stringify(json).slice(0, 300))
    return response.ok && json.accepted
  }, 120_000)
  assert.equal(accepted, 25_200)
  await eventually('answered', async () => (await metric(server.url, 'episodes_answered_total{outcome="none",reason="no route"}')) === 25_200, 60_000)
})
