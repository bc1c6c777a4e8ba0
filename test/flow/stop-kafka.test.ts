/** A stop over two servers on one real Kafka: nothing survives, and the proof says what was counted from outside. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshPrefix, noKafka, noOwnKafka, ownKafka, sharedKafka } from '../servers/kafka.ts'
import { alive, eventually, get, notification, post, workflowsOf } from './flow.ts'
import { endAll, folder, launch, ownCatalogue, startServers, targetsIn, type Running } from './server.ts'
import { growTrees, mark, numbers } from './trees.ts'

test('a stop kills 20 trees on two servers: nothing survives, and the proof says so', { skip: noKafka, timeout: 300_000 }, async () => {
  const dir = folder()
  const log = `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('stop')}`
  const servers = await startServers(2, { log, services: targetsIn(dir), catalogue: ownCatalogue })
  const tree = mark()
  try {
    await growTrees(servers, 20, tree, join(dir, 'beats'))
    const holders = new Set((await workflowsOf(servers[0]!.url)).map(({ runner }) => runner))
    assert.equal(holders.size, 2, 'both run trees')
    const { status, body } = await post(`${servers[1]!.url}/v1/stops?wait=30s`, { why: 'test' })
    assert.deepEqual(alive(tree), [], 'once the proof is there, nothing is alive')
    assert.deepEqual([status, body.durable, body.missing, body.acknowledgements.length, numbers(body)], [201, true, [], 2, { killed: 20, survivors: 0 }])
    assert.equal(body.killed.length, 20)
    await eventually('all are stopped, everywhere', async () => (await Promise.all(servers.map(({ url }) => workflowsOf(url)))).flat().every(({ state }) => state === 'stopped'))
  } finally {
    await endAll(servers)
  }
})

test('with Kafka dead a stop stops both servers at once, is not durable, survives kill -9, and gets onto the log', { skip: noOwnKafka, timeout: 300_000 }, async () => {
  await using kafka = await ownKafka({ brokers: 1 })
  const dir = folder()
  const log = `kafka://${kafka.brokers.join(',')}/${freshPrefix('stop')}`
  const options = { log, services: targetsIn(dir), catalogue: ownCatalogue }
  const servers = await startServers(2, options)
  const tree = mark()
  try {
    await growTrees(servers, 4, tree, join(dir, 'beats'))
    await kafka.nodes[0]!.kill()
    const { status, body } = await post(`${servers[0]!.url}/v1/stops?wait=10s`, { why: 'Kafka is dead' })
    assert.deepEqual(alive(tree), [])
    assert.deepEqual([status, body.durable, body.inForce, body.missing, body.acknowledgements.length, numbers(body)], [201, false, true, [], 2, { killed: 4, survivors: 0 }])
    assert.deepEqual(await doors(servers[0]!), { webhook: 'NOT_DURABLE', readyz: 503, livez: 200 })
    assert.equal((await get(`${servers[0]!.url}/healthz`)).stops, 1, 'one that is not on the log counts')
    // Both keep it in a file. One of them is killed, and starts while the log is still away.
    await endAll(servers, 'SIGKILL')
    const again = await launch({ ...options, state: servers[1]!.state })
    try {
      assert.deepEqual(await doors(again), { webhook: 'STARTING', readyz: 503, livez: 200 })
      // While it starts it takes a stop as well: kept, and obeyed before anything could run.
      const early = await post(`${again.url}/v1/stops?wait=1s`, { why: 'still dead' })
      assert.deepEqual([early.status, early.body.durable, early.body.inForce], [201, false, true])
      assert.match(early.body.note, /still starting/)
      const health = await eventually('why is told', async () => {
        const found = await get(`${again.url}/healthz`)
        return /Kafka|broker/.test(found.checks.log.detail) && found
      })
      assert.deepEqual([health.ready, health.checks.log.ok], [false, false])
      assert.equal((await fetch(`${again.url}/v1/stops/${body.id}/lift`, { method: 'POST' })).status, 503, 'a lift goes onto the log')
      await kafka.start()
      const stop = await eventually('it is on the log', async () => {
        const response = await fetch(`${again.url}/v1/stops/${body.id}`)
        const found = response.ok ? await response.json() as any : undefined
        return found?.durable && found
      }, 90_000)
      assert.deepEqual([stop.inForce, stop.why], [true, 'Kafka is dead'])
      await eventually('so is the early one', async () => {
        const { durable, inForce } = await get(`${again.url}/v1/stops/${early.body.id}`)
        return durable && inForce
      })
      assert.deepEqual(alive(tree), [])
    } finally {
      await again.end()
    }
  } finally {
    await endAll(servers, 'SIGKILL')
  }
})

/** What an alert is answered, and whoever asks whether it may have some. */
const doors = async ({ url }: Running) => {
  const alert = await post(`${url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Novel' } }]))
  const [readyz, livez] = await Promise.all(['readyz', 'livez'].map(async (name) => (await fetch(`${url}/${name}`)).status))
  return { webhook: alert.body.code, readyz, livez }
}

test('a frozen server is named as missing; once it is lost the stop says that it let go by its deadline', { skip: noKafka, timeout: 300_000 }, async () => {
  const dir = folder()
  const log = `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('stop')}`
  const env = { PARAMEDIC_KILL_AFTER: '4s', PARAMEDIC_LOST_AFTER: '14s' }
  const servers = await startServers(2, { log, services: targetsIn(dir), catalogue: ownCatalogue, env })
  const [well, frozen] = servers as [Running, Running]
  const tree = mark()
  try {
    await growTrees(servers, 6, tree, join(dir, 'beats'))
    const runners = (await get(`${well.url}/v1/runners`)).items
    const id = runners.find(({ name }: any) => name === 'server-1').id
    frozen.process.kill('SIGSTOP')
    const { body } = await post(`${well.url}/v1/stops?wait=1s`, { why: 'test' })
    assert.deepEqual(body.missing, [{ runner: id, name: 'server-1' }])
    const stop = await eventually('it is lost', async () => {
      const seen = await get(`${well.url}/v1/stops/${body.id}`)
      return seen.missing.length === 0 && seen
    }, 60_000)
    assert.deepEqual(stop.lost.map(({ runner, name }: any) => ({ runner, name })), [{ runner: id, name: 'server-1' }])
    assert.deepEqual(alive(tree), [], 'its spawner killed what it ran when its lease was over')
  } finally {
    await endAll(servers)
  }
})
