/**
 * Two whole servers, each with a name of its own, on a real Kafka with TLS, passwords and ACLs: a right is taken from one of them, the log
 * is cut behind its back, the broker's certificate is over. What can be mended without a restart goes on by itself.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadKafkajs } from '../../../src/log/kafka-client.ts'
import { paramedic } from '../../cli/cli.ts'
import { noOpenssl } from '../../servers/authority.ts'
import { freshPrefix, noOwnKafka, withAdmin } from '../../servers/kafka.ts'
import { securedKafka, type Right, type SecuredKafka } from '../../servers/kafka/secured.ts'
import { eventually, get, liftAll, notification, post } from '../flow.ts'
import { endAll, folder, startServer, targetsIn, type Running } from '../server.ts'
import { agree } from './agree.ts'

/** All that docs/operations.md asks for. */
const needed: readonly Right[] = ['CREATE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'READ', 'WRITE']

describe('a Kafka that forbids, forgets, or cannot be trusted', { skip: noOwnKafka || noOpenssl, timeout: 300_000 }, () => {
  const prefix = freshPrefix('forbidden')
  const topics = ['log', 'control', 'snapshots'].map((name) => `${prefix}-${name}`)
  let kafka: SecuredKafka
  let [well, other]: Running[] = []

  const start = (user: string): Promise<Running> => startServer(folder(), targetsIn(folder()), `kafka://${kafka.secure.join(',')}/${prefix}`, {
    env: {
      PARAMEDIC_NAME: user, PARAMEDIC_KAFKA_TLS_CA: kafka.ca,
      PARAMEDIC_KAFKA_SASL_MECHANISM: 'plain', PARAMEDIC_KAFKA_SASL_USERNAME: user, PARAMEDIC_KAFKA_SASL_PASSWORD: user,
    },
  })
  let sent = 0
  const send = ({ url }: Running, count = 1) => post(`${url}/webhooks/alertmanager`, notification(Array.from({ length: count }, () => ({ labels: { alertname: 'Novel', n: String(sent++) } }))))
  const says = ({ said }: Running, what: RegExp) => eventually(`it says ${what}`, async () => said.some((line) => what.test(line)))
  const ends = async ({ ended, said }: Running): Promise<void> => assert.notEqual((await Promise.race([ended, sleep(60_000).then(() => assert.fail(`it does not end: ${said.slice(-5).join('\n')}`))])).code, 0)
  const ready = async ({ url }: Running): Promise<boolean> => (await fetch(`${url}/readyz`)).status === 200

  before(async () => {
    kafka = await securedKafka(folder(), ['well', 'other'])
    for (const user of ['well', 'other']) for (const topic of topics) await kafka.grant(user, topic, needed)
    ;[well, other] = await Promise.all([start('well'), start('other')])
    await liftAll(well.url)
  })
  after(async () => {
    await endAll([well, other].filter((server) => server !== undefined), 'SIGKILL')
    await kafka?.stop()
  })

  test('one may not write any more: it takes no alerts and starts nothing, a stop goes by way of the others, and once it may again it goes on by itself', async () => {
    for (const topic of topics) await kafka.revoke('other', topic, ['WRITE'])
    await eventually('it takes no alerts', async () => (await send(other!)).status === 503)
    await says(other!, /does not allow this principal to use topic .*-log: grant it .*Write/)
    await eventually('it is not ready', async () => !(await ready(other!)))
    assert.deepEqual(other!.said.filter((line) => /-control: grant/.test(line) && !/has not served for/.test(line)), [], 'it is told now and then, not with every tick')
    assert.equal((await send(well!)).status, 200)
    const { body: stop } = await post(`${other!.url}/v1/stops?wait=10s`, { why: 'it may not write', matchers: ['target="s1"'] })
    assert.deepEqual([stop.inForce, stop.acknowledgements.length, stop.missing], [true, 2, []])
    await eventually('the other has put it on the log', async () => (await get(`${other!.url}/v1/stops/${stop.id}`)).durable)
    for (const topic of topics) await kafka.grant('other', topic, ['WRITE'])
    await eventually('it is ready again', () => ready(other!))
    await eventually('it takes alerts', async () => (await send(other!)).status === 200)
    await agree([well!, other!])
  })

  for (const name of ['log', 'control']) {
    test(`one may not read ${name} any more: it ends and says which right it lacks; once it has it, a new start goes on`, async () => {
      await kafka.revoke('other', `${prefix}-${name}`, ['READ'])
      await ends(other!)
      await says(other!, new RegExp(`does not allow this principal to use topic ${prefix}-${name}: grant it .*Read`))
      await says(other!, /cannot be followed any further/)
      assert.equal((await send(well!)).status, 200)
      await kafka.grant('other', `${prefix}-${name}`, ['READ'])
      other = await start('other')
      await agree([well!, other])
    })
  }

  test('the log was cut below where a server that was frozen had read: it ends, never jumps, and a new start begins with the snapshot', async () => {
    other!.process.kill('SIGSTOP')
    await eventually('it is not counted on', async () => (await get(`${well!.url}/v1/runners`)).items.some(({ name, fresh }: any) => name === 'other' && !fresh))
    // Places are what a snapshot counts, and whose records lie there is no matter: those of a stranger cost the test least.
    await strangers(kafka.brokers, `${prefix}-log`, 20_000)
    const { body: { alerts: [{ episode }] } } = await send(well!)
    const kept = await eventually('a snapshot was made', async () => {
      const { out } = await paramedic(['log', '--from', '20000'], { env: { PARAMEDIC_URL: well!.url } })
      return /"kind":"snapshot made",.*"upTo":(\d+)/.exec(out)?.[1]
    })
    await withAdmin(kafka.brokers, async (admin) => {
      await admin.fetchTopicOffsets(`${prefix}-log`) // kafkajs finds no leader of a topic that it was not asked for before
      await admin.deleteTopicRecords({ topic: `${prefix}-log`, partitions: [{ partition: 0, offset: String(Number(kept) - 1) }] })
    })
    other!.process.kill('SIGCONT')
    await ends(other!)
    await says(other!, /topic .*-log was cut: it begins at/)
    other = await start('other')
    await agree([well!, other])
    assert.equal((await get(`${other.url}/v1/episodes/${episode}`)).answer.reason, 'no route')
  })

  test('the certificate of the broker is over: nothing is taken and nothing starts, a stop goes by HTTP, and with a new one all goes on by itself', async () => {
    await kafka.restartWith('over')
    await Promise.all([well!, other!].map(async (server) => {
      await eventually('it takes no alerts', async () => (await send(server)).status === 503)
      await says(server, /TLS with Kafka fails: .*expired.*Check the certificates/)
      await eventually('it is not ready', async () => !(await ready(server)))
    }))
    const { body: stop } = await post(`${well!.url}/v1/stops?wait=10s`, { why: 'nobody can be trusted', matchers: ['target="s2"'] })
    assert.deepEqual([stop.inForce, stop.durable, stop.acknowledgements.length, stop.missing], [true, false, 2, []])
    await kafka.restartWith('good')
    await Promise.all([well!, other!].map((server) => eventually('it takes alerts again', async () => (await send(server)).status === 200)))
    await eventually('the stop is on the log', async () => (await get(`${other!.url}/v1/stops/${stop.id}`)).durable)
    await agree([well!, other!])
  })
})

const strangers = async (brokers: readonly string[], topic: string, count: number): Promise<void> => {
  const { Kafka } = await loadKafkajs()
  const producer = new Kafka({ brokers: [...brokers], logLevel: 0 }).producer()
  await producer.connect()
  await producer.send({ topic, messages: Array.from({ length: count }, () => ({ value: 'x' })) })
  await producer.disconnect()
}
