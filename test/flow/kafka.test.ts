/** Two servers on one real Kafka share the work, agree, and stop together. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { noKafka, sharedKafka } from '../servers/kafka.ts'
import { eventually, get, liftAll, notification, post } from './flow.ts'
import { folder, servicesIn, startServer } from './server.ts'

test('two servers on one Kafka: each alert has one answer everywhere, a workflow runs once, a stop at one stops both', { skip: noKafka, timeout: 180_000 }, async () => {
  const brokers = await sharedKafka()
  const log = `kafka://${brokers.join(',')}/flow-${randomUUID().slice(0, 8)}`
  const dir = folder()
  const services = servicesIn(dir)
  // Each has services of its own, as two hosts would; whoever runs the workflow scales its own.
  const servers = [await startServer(folder(), services, log), await startServer(folder(), services, log)] as const
  try {
    await liftAll(servers[0].url)
    await eventually('both see each other', async () => (await Promise.all(servers.map(({ url }) => get(`${url}/v1/runners`)))).every(({ items }) => items.length === 2))
    for (let n = 0; n < 20; n++) {
      await post(`${servers[n % 2]!.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Novel', n: String(n) } }]))
    }
    const answers = async (url: string) => (await get(`${url}/v1/episodes?limit=100`)).items.map((one: any) => `${one.id} ${one.answer?.reason}`).sort()
    const same = await eventually('both have answered all', async () => {
      const [a, b] = await Promise.all(servers.map(({ url }) => answers(url)))
      return a.length === 20 && a.every((one: string) => one.endsWith('no route')) && JSON.stringify(a) === JSON.stringify(b)
    })
    assert.ok(same)
    const stop = await post(`${servers[0].url}/v1/stops?wait=10s`, { why: 'test' })
    assert.deepEqual([stop.status, stop.body.durable, stop.body.missing, stop.body.acknowledgements.length], [201, true, [], 2])
    const held = { alertname: 'HighRequestLatency', service: 'web', severity: 'critical' }
    await post(`${servers[1].url}/webhooks/alertmanager`, notification([{ labels: held }]))
    await eventually('it is held', async () => (await get(`${servers[0].url}/v1/workflows`)).items.some((one: any) => one.state === 'planning'))
    await post(`${servers[1].url}/v1/stops/${stop.body.id}/lift`, { why: 'over' })
    await eventually('it runs after the lift', async () => (await get(`${servers[0].url}/v1/workflows`)).items.some((one: any) => one.state === 'verifying'))
    await post(`${servers[0].url}/webhooks/alertmanager`, notification([{ labels: held, status: 'resolved' }]))
    const workflow = await eventually('healed', async () => (await get(`${servers[1].url}/v1/workflows`)).items.find((one: any) => one.state === 'healed'))
    assert.equal(workflow.steps[0].jobs[0].attempts, 1)
  } finally {
    await Promise.all(servers.map((server) => server.end()))
  }
})
