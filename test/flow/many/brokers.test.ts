/**
 * Two servers on three real brokers and a controller of their own, under a steady load of alerts, while brokers are killed,
 * frozen and taken away, and topics are spoilt. Each alert that was answered 200 has one answer, the same everywhere.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadKafkajs } from '../../../src/log/kafka-client.ts'
import { freshPrefix, noOwnKafka, ownKafka, withAdmin, type KafkaCluster, type KafkaNode } from '../../servers/kafka.ts'
import { eventually, get, liftAll, notification, post } from '../flow.ts'
import { endAll, folder, launch, startServer, startServers, targetsIn, type Running } from '../server.ts'
import { agree } from './agree.ts'
import { allAnswered } from './load.ts'

/** As long as an operator's broker may hang: only where time is no matter. */
const frozenMs = process.env['LONG'] ? 20_000 : 6000

describe('brokers that fail under load', { skip: noOwnKafka, timeout: 420_000 }, () => {
  let kafka: KafkaCluster
  let prefix: string
  let servers: Running[]

  before(async () => {
    kafka = await ownKafka({ brokers: 3 })
    prefix = freshPrefix('brokers')
    servers = await startServers(2, { log: `kafka://${kafka.brokers.join(',')}/${prefix}`, services: targetsIn(folder()) })
    await liftAll(servers[0]!.url)
  })
  after(async () => {
    await endAll(servers ?? [], 'SIGKILL')
    await kafka?.stop()
  })

  /** Alerts at both servers until `during` is over and they are taken again; gives the episodes of those that were taken. */
  const underLoad = async (t: TestContext, name: string, during: () => Promise<void>): Promise<void> => {
    const taken = new Set<string>()
    let over = false
    let refused = 0
    let longestMs = 0
    let lastAt = performance.now()
    const send = async ({ url }: Running, n: number): Promise<void> => {
      const { status, body } = await post(`${url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Novel', fault: name, n: String(n) } }]))
      if (status === 200) {
        taken.add(body.alerts[0].episode)
        longestMs = Math.max(longestMs, performance.now() - lastAt)
        lastAt = performance.now()
      } else {
        assert.equal(body.code, 'NOT_DURABLE')
        refused++
      }
    }
    const sending = Promise.all(servers.map(async (server, index) => {
      for (let n = index; !over; n += 2) {
        await send(server, n)
        await sleep(40)
      }
    }))
    await eventually('alerts are taken', async () => taken.size > 10)
    await during()
    const before = taken.size
    await eventually('alerts are taken again', async () => taken.size > before + 10)
    over = true
    await sending
    await allAnswered(servers, taken)
    await agree(servers)
    t.diagnostic(`${taken.size} taken, ${refused} refused and sent again; the longest without one: ${Math.round(longestMs)} ms`)
  }
  const leader = (): Promise<KafkaNode> => kafka.leader(`${prefix}-log`)

  test('the leader is killed, and comes back', async (t) => {
    const node = await leader()
    await underLoad(t, 'killed', () => node.kill())
    node.start()
    await kafka.ready()
  })

  test('the leader freezes, and wakes', async (t) => {
    const node = await leader()
    await underLoad(t, 'frozen', async () => {
      node.freeze()
      await sleep(frozenMs)
      node.thaw()
    })
    await kafka.ready()
  })

  test('a record of somebody else lies in both topics: it is passed over, told of, and no start falls over it', async (t) => {
    await underLoad(t, 'strangers', async () => {
      const { Kafka } = await loadKafkajs()
      const producer = new Kafka({ brokers: [...kafka.brokers], logLevel: 0 }).producer()
      await producer.connect()
      for (const topic of ['log', 'control']) {
        for (const value of ['garbage', '{"kind":"order placed","id":7}', '[]']) await producer.send({ topic: `${prefix}-${topic}`, messages: [{ key: 'stranger', value }] })
      }
      await producer.disconnect()
      for (const topic of ['log', 'control']) await eventually('it is told of', async () => servers.every(({ said }) => said.some((line) => line.includes(`${prefix}-${topic} was not written by Paramedic`))))
    })
    await servers[1]!.end()
    servers[1] = await startServer(folder(), targetsIn(folder()), `kafka://${kafka.brokers.join(',')}/${prefix}`)
  })

  test('two of three brokers are down: alerts are refused, a stop works all the same, and one broker back is enough', async (t) => {
    const [first, second] = kafka.nodes as [KafkaNode, KafkaNode, KafkaNode]
    await underLoad(t, 'two down', async () => {
      await Promise.all([first.kill(), second.kill()])
      await eventually('nobody is ready', async () => (await Promise.all(servers.map(({ url }) => fetch(`${url}/readyz`)))).every(({ status }) => status === 503))
      const { body: stop } = await post(`${servers[0]!.url}/v1/stops?wait=5s`, { why: 'no quorum', matchers: ['target="s1"'] })
      assert.deepEqual([stop.inForce, stop.durable, stop.acknowledgements.length, stop.missing], [true, false, 2, []], 'by HTTP, from both')
      first.start()
      await eventually('the stop is on the log', async () => (await get(`${servers[1]!.url}/v1/stops/${stop.id}`)).durable === true)
    })
    second.start()
    await kafka.ready()
  })

  test('topics that would break a promise are refused at the start, by name, with what to do', async () => {
    for (const [spoilt, expected] of [
      [{ numPartitions: 3 }, /has 3 partitions and must have one/],
      [{ numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }, { name: 'message.timestamp.type', value: 'LogAppendTime' }, { name: 'retention.ms', value: '-1' }, { name: 'unclean.leader.election.enable', value: 'false' }] }, /cleanup\.policy is compact .*--add-config cleanup\.policy=delete/],
    ] as const) {
      const other = freshPrefix('spoilt')
      await withAdmin(kafka.brokers, (admin) => admin.createTopics({ topics: [{ topic: `${other}-log`, replicationFactor: 3, ...spoilt, configEntries: [...('configEntries' in spoilt ? spoilt.configEntries : [])] }] }))
      const server = await launch({ state: folder(), services: targetsIn(folder()), log: `kafka://${kafka.brokers.join(',')}/${other}` })
      const { code } = await server.ended
      assert.notEqual(code, 0)
      assert.match(server.said.join('\n'), expected)
    }
  })

  test('the topic of the log is deleted under running servers: they end and say what is lost, and nothing is made over it', async () => {
    await withAdmin(kafka.brokers, (admin) => admin.deleteTopics({ topics: [`${prefix}-log`] }))
    for (const server of servers) {
      assert.notEqual((await server.ended).code, 0)
      assert.match(server.said.join('\n'), new RegExp(`topic ${prefix}-log is gone`))
    }
    const topics = await withAdmin(kafka.brokers, (admin) => admin.listTopics())
    assert.ok(!topics.includes(`${prefix}-log`))
  })
})
