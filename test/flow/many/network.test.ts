/**
 * Two servers and a broker in a network of their own, where packets are dropped: one server is cut off from Kafka and not from the other, then
 * from the other and not from Kafka. The test starts itself once more inside that network.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { freshPrefix, noOwnKafka, ownKafka, type KafkaCluster } from '../../servers/kafka.ts'
import { kafkaJars } from '../../servers/kafka/jars.ts'
import { alive, eventually, get, liftAll, linesOf, notification, post } from '../flow.ts'
import { endAll, folder, ownCatalogue, startServer, targetsIn, type Running } from '../server.ts'
import { mark } from '../trees.ts'

const isInside = process.env['OWN_NETWORK'] === '1'
const uids = [20_001, 20_002] as const
const rule = (uid: number, port: number): string[] => ['OUTPUT', '-p', 'tcp', '--dport', String(port), '-m', 'owner', '--uid-owner', String(uid), '-j', 'DROP']
/** Why there can be no such network here, or false. */
const cannot = (): string | false => {
  const tried = spawnSync('unshare', ['-n', 'sh', '-c', `ip link set lo up && iptables -A ${rule(uids[0], 9).join(' ')}`])
  return process.getuid?.() === 0 && tried.status === 0 ? false : 'no network of its own: it takes root, unshare, ip and iptables with the owner match'
}

test('in a network of its own', { skip: isInside || noOwnKafka || cannot(), timeout: 300_000 }, async () => {
  await kafkaJars() // there is no way to them from inside
  const env: Record<string, string | undefined> = { ...process.env, OWN_NETWORK: '1' }
  delete env['NODE_TEST_CONTEXT']
  const ran = spawnSync('unshare', ['-n', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"', process.execPath, '--test', import.meta.filename], { env, encoding: 'utf8', timeout: 280_000, killSignal: 'SIGKILL' })
  assert.equal(ran.status, 0, ran.stdout)
})

describe('packets are dropped', { skip: !isInside, timeout: 270_000 }, () => {
  let kafka: KafkaCluster
  let servers: Running[]
  const dir = folder()
  const iptables = (how: '-A' | '-D', uid: number, port: number): void => void execFileSync('iptables', [how, ...rule(uid, port)])
  const portOf = (url: string): number => Number(new URL(url).port)

  before(async () => {
    kafka = await ownKafka({ brokers: 1 })
    chmodSync(dir, 0o777)
    const log = `kafka://${kafka.brokers.join(',')}/${freshPrefix('network')}`
    servers = []
    for (const [n, uid] of uids.entries()) {
      const state = folder()
      chownSync(state, uid, uid)
      servers.push(await startServer(state, targetsIn(dir), log, {
        uid, catalogue: ownCatalogue, env: { HOME: state, PARAMEDIC_NAME: `server-${n}`, PARAMEDIC_KILL_AFTER: '4s', PARAMEDIC_LOST_AFTER: '14s' },
      }))
    }
    await liftAll(servers[0]!.url)
  })
  after(async () => {
    await endAll(servers ?? [], 'SIGKILL')
    await kafka?.stop()
  })

  test('cut off from the other and not from Kafka: a stop comes by the control stream, and who cannot be reached is named', async () => {
    const [first, second] = servers as [Running, Running]
    iptables('-A', uids[0], portOf(second.url))
    try {
      const { body } = await post(`${first.url}/v1/stops?wait=10s`, { why: 'test', matchers: ['target="s9"'] })
      assert.deepEqual([body.missing, body.acknowledgements.length], [[], 2], 'both have answered, one of them on the log')
      await eventually('it is named', async () => first.said.some((line) => /was not answered by server-1 at/.test(line)))
    } finally {
      iptables('-D', uids[0], portOf(second.url))
    }
  })

  test('cut off from Kafka and not from the other: it starts nothing and its work is dead before the other goes on; a stop reaches it, and alerts are refused there', async () => {
    const [file, tree] = [join(dir, 'beats'), mark()]
    const alert = (server: Running, labels: Record<string, string>) => post(`${server.url}/webhooks/alertmanager`, notification([{ labels }]))
    await alert(servers[0]!, { alertname: 'Tree', service: 's1', mark: tree, file })
    await eventually('its tree grows', async () => linesOf(file).length > 0)
    const [{ runner }] = (await get(`${servers[0]!.url}/v1/workflows?state=running`)).items
    const at = (await Promise.all(servers.map(async ({ url }) => (await get(`${url}/healthz`)).process))).indexOf(runner)
    const [cut, well] = [servers[at]!, servers[1 - at]!]
    const trees = alive(tree)
    iptables('-A', uids[at]!, kafka.nodes[0]!.port)
    await eventually('it is not ready', async () => (await fetch(`${cut.url}/readyz`)).status === 503)
    const { body } = await post(`${well.url}/v1/stops?wait=5s`, { why: 'test', matchers: ['target="s8"'] })
    assert.deepEqual([body.missing, (await get(`${cut.url}/v1/stops/${body.id}`)).inForce], [[], true], 'it has the stop, by HTTP, and says so')
    assert.equal((await alert(cut, { alertname: 'Novel' })).body.code, 'NOT_DURABLE')
    assert.equal((await alert(well, { alertname: 'Novel' })).status, 200)
    await eventually('the other goes on', async () => {
      const now = alive(tree)
      return now.some((pid) => !trees.includes(pid)) && assert.deepEqual(now.filter((pid) => trees.includes(pid)), []) === undefined
    })
    iptables('-D', uids[at]!, kafka.nodes[0]!.port)
    await eventually('it is ready again, under another identity', async () => (await fetch(`${cut.url}/readyz`)).status === 200 && cut.said.some((line) => line.includes('starts anew')))
  })
})
