/** The real Alertmanager posts to a real server, whose runbook changes real processes; the alert resolves; healed. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, get, liftAll, post } from './flow.ts'
import { folder, servicesIn, startServer } from './server.ts'

const binary = 'prometheus-alertmanager'
const missing = spawnSync(binary, ['--version']).error && process.env['CI'] !== 'true' ? `${binary} is not installed` : false

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number }
    server.close(() => resolve(port))
  })
})

test('an alert from the real Alertmanager is healed, and an unknown one is told', { skip: missing, timeout: 120_000 }, async () => {
  const dir = folder()
  const server = await startServer(dir, servicesIn(dir))
  await liftAll(server.url)
  const port = await freePort()
  writeFileSync(join(dir, 'am.yaml'), `route: { receiver: paramedic, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers: [ { name: paramedic, webhook_configs: [ { url: '${server.url}/webhooks/alertmanager', send_resolved: true, max_alerts: 0 } ] } ]
`)
  const am = spawn(binary, [`--config.file=${join(dir, 'am.yaml')}`, `--storage.path=${join(dir, 'am')}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='], { stdio: 'ignore' })
  try {
    const api = `http://127.0.0.1:${port}/api/v2`
    await eventually('Alertmanager is ready', async () => fetch(`http://127.0.0.1:${port}/-/ready`).then((answer) => answer.ok, () => false))
    const alert = (labels: Record<string, string>, endsAt?: string) => fetch(`${api}/alerts`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([{ labels, ...(endsAt ? { endsAt } : {}) }]),
    })
    const slow = { alertname: 'HighRequestLatency', service: 'web', severity: 'critical' }
    await alert(slow)
    await alert({ alertname: 'NobodyKnows', instance: 'x' })
    await eventually('the replica was added', async () => (await get(`${server.url}/v1/workflows`)).items.some((one: any) => one.state === 'verifying'))
    await alert(slow, new Date().toISOString())
    const workflow = await eventually('healed', async () => (await get(`${server.url}/v1/workflows`)).items.find((one: any) => one.state === 'healed'))
    assert.deepEqual(workflow.plan.changes.map(({ target, from, to }: any) => [target, from, to]), [['web', 2, 3]])
    const episodes = (await get(`${server.url}/v1/episodes`)).items
    assert.equal(episodes.find((one: any) => one.labels.alertname === 'NobodyKnows').answer.reason, 'no route')
    const stop = await post(`${server.url}/v1/stops?wait=5s`, { why: 'the end of the test' })
    assert.deepEqual([stop.status, stop.body.missing, stop.body.durable], [201, [], true])
  } finally {
    am.kill('SIGKILL')
    await server.end()
  }
})
