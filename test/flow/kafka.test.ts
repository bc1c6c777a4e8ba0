/** Servers on one real Kafka share the work, agree, and stop together; each may have roles of its own, and is restarted while the others go on. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshPrefix, noKafka, sharedKafka } from '../servers/kafka.ts'
import { eventually, get, liftAll, linesOf, notification, post, workflowsOf } from './flow.ts'
import { endAll, folder, ownCatalogue, servicesIn, startServer, startServers, targetsIn, type Running } from './server.ts'

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

const freshLog = async (): Promise<string> => `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('flow')}`
const whole = ['first', 'once begins', 'once ends', 'last begins', 'last ends']

test('each role in a server of its own: what nobody does yet waits for whoever does it', { skip: noKafka, timeout: 180_000 }, async () => {
  const [dir, log] = [folder(), await freshLog()]
  const file = join(dir, 'notes')
  const servers = new Map<string, Running>()
  const start = async (role: string, services = ''): Promise<string> => {
    const server = await startServer(folder(), services, log, { catalogue: ownCatalogue, env: { PARAMEDIC_ROLES: role } })
    servers.set(role, server)
    return server.url
  }
  const send = async (url: string, labels: Record<string, string>) => {
    const { status, body } = await post(`${url}/webhooks/alertmanager`, notification([{ labels }]))
    return body.code ?? status
  }
  const toldBy = (): string[] => [...servers].filter(([, { said }]) => said.some((line) => line.includes('Unknown alert: Novel'))).map(([role]) => role)
  try {
    const intake = await start('intake')
    await liftAll(intake)
    assert.deepEqual([await send(intake, { alertname: 'Notes', service: 's0', file }), await send(intake, { alertname: 'Novel' })], [200, 200])
    const answers = async () => (await get(`${intake}/v1/episodes`)).items.map(({ answer }: any) => answer?.reason ?? answer?.state)
    await eventually('both are on the log', async () => (await answers()).length === 2)
    assert.deepEqual(await answers(), [undefined, undefined])

    const decide = await start('decide')
    assert.equal(await send(decide, { alertname: 'Other' }), 'NO_INTAKE')
    await eventually('both are answered', async () => (await answers()).sort().join() === 'no route,planning')
    assert.equal((await workflowsOf(decide))[0].plan, undefined, 'a plan asks the provider, and nobody here has one')

    // It alone is given the targets.
    const run = await start('run', targetsIn(dir))
    assert.equal(await send(run, { alertname: 'Other' }), 'NO_INTAKE')
    await eventually('it is run', async () => (await answers()).includes('verifying'))
    assert.deepEqual([linesOf(file), toldBy()], [whole.map((line) => `s0 ${line}`), []])

    await start('notify')
    await eventually('people are told', async () => toldBy().length > 0)
    assert.deepEqual(toldBy(), ['notify'])
  } finally {
    await endAll([...servers.values()])
  }
})

test('restarted one after the other under a stream of alerts: each that was accepted is answered, and what runs is done once', { skip: noKafka, timeout: 240_000 }, async () => {
  const dir = folder()
  const options = { log: await freshLog(), services: targetsIn(dir), catalogue: ownCatalogue }
  const servers = await startServers(2, options)
  const file = join(dir, 'notes')
  const accepted = new Map<string, string | undefined>()
  let streaming = true
  let tries = 0
  /** As senders do: to the next one, until it is taken. */
  const send = (labels: Record<string, string>) => eventually('it is taken', async () => {
    const { status, body } = await post(`${servers[tries++ % 2]!.url}/webhooks/alertmanager`, notification([{ labels }]))
    return status === 200 && accepted.set(body.alerts[0].episode, labels['service'])
  })
  const stream = async (): Promise<void> => {
    for (let n = 0; streaming; n++) {
      await send(n % 8 === 0 && n / 8 < 24 ? { alertname: 'Notes', service: `s${n / 8}`, file } : { alertname: 'Novel', n: String(n) })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  try {
    await liftAll(servers[0]!.url)
    const sent = stream()
    for (const [n, { state }] of [...servers].entries()) {
      assert.equal((await servers[n]!.end('SIGTERM')).code, 0)
      servers[n] = await startServer(state, options.services, options.log, options)
    }
    streaming = false
    await sent
    for (const [episode, service] of accepted) {
      const { answer } = await eventually(`${episode} is answered`, async () => {
        const found = await get(`${servers[0]!.url}/v1/episodes/${episode}`)
        return ['verifying', 'failed', undefined].includes(found.answer?.state) && found.answer && found
      })
      assert.equal(answer.state ?? answer.reason, service === undefined ? 'no route' : 'verifying')
      if (service !== undefined) assert.deepEqual(linesOf(file).filter((line) => line.startsWith(`${service} `)), whole.map((line) => `${service} ${line}`))
    }
    const services = [...accepted.values()].filter((service) => service !== undefined)
    assert.ok(services.length > 1 && accepted.size > services.length)
    assert.deepEqual((await workflowsOf(servers[1]!.url)).map(({ labels }) => labels.service).sort(), services.sort(), 'one workflow each')
  } finally {
    streaming = false
    await endAll(servers)
  }
})
