/** Two servers on one real Kafka, and one of them goes away: what becomes of what it ran, and of what it had accepted. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshPrefix, noKafka, sharedKafka } from '../servers/kafka.ts'
import { alive, eventually, get, liftAll, linesOf, notification, post, workflowsOf } from './flow.ts'
import { endAll, folder, ownCatalogue, startServers, targetsIn, type Running } from './server.ts'
import { growTrees, mark, writersOf } from './trees.ts'

/** As soon as may be: `lostAfter` is 10 s longer. */
const env = { PARAMEDIC_KILL_AFTER: '4s', PARAMEDIC_LOST_AFTER: '14s' }

const twoServers = async (dir: string): Promise<Running[]> =>
  startServers(2, { log: `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('lost')}`, services: targetsIn(dir), catalogue: ownCatalogue, env })

const identityOf = async ({ url }: Running): Promise<string> => (await get(`${url}/healthz`)).process

test('one of two is killed: a step that may be repeated is, one that may not is in doubt, and each alert has one answer', { skip: noKafka, timeout: 180_000 }, async () => {
  const dir = folder()
  const [file, gate] = [join(dir, 'notes'), join(dir, 'gate')]
  const servers = await twoServers(dir)
  try {
    const { dead, well, id } = await bothKindsOn(servers, { file, gate })
    const all = await workflowsOf(well.url)
    const ofDead = new Set(all.filter(({ runner }) => runner === id).map((workflow) => workflow.id))
    const accepted = await acceptedUntilKilled(dead)
    // Its spawner kills what it ran within moments: whoever saw the gate open before that would go on.
    await eventually('only what the other runs still waits at the gate', async () => alive(gate).length === all.length - ofDead.size)
    writeFileSync(gate, '')
    const workflows = await eventually('all have settled', async () => {
      const all = await workflowsOf(well.url)
      return all.every(({ state }) => state === 'verifying' || state === 'failed') && all
    })
    const whole = ['first', 'once begins', 'once ends', 'last begins', 'last ends']
    for (const { id: workflow, state, reason, labels: { service, waitsIn } } of workflows) {
      const wrote = linesOf(file).filter((line) => line.startsWith(`${service} `)).map((line) => line.slice(service.length + 1))
      if (!ofDead.has(workflow)) assert.deepEqual([state, wrote], ['verifying', whole])
      else if (waitsIn === 'last') assert.deepEqual([state, wrote], ['verifying', [...whole.slice(0, 4), ...whole.slice(3)]], 'it goes on at its checkpoint')
      else assert.deepEqual([state, reason, wrote], ['failed', 'in doubt', whole.slice(0, 2)])
    }
    assert.equal(new Set(workflows.map(({ episode }) => episode)).size, workflows.length, 'no episode has two workflows')
    await eventually('what the dead one had accepted is answered', async () =>
      (await Promise.all(accepted.map((episode) => get(`${well.url}/v1/episodes/${episode}`)))).every(({ answer }) => answer?.reason === 'no route'))
  } finally {
    await endAll(servers)
  }
})

/** Pairs of workflows, one held in its step that may run only once, one in its last, until one server runs both kinds. */
const bothKindsOn = async (servers: readonly Running[], { file, gate }: { file: string; gate: string }) => {
  await liftAll(servers[0]!.url)
  const identities = await Promise.all(servers.map(identityOf))
  for (let n = 0; n < 24; n += 2) {
    await Promise.all((['once', 'last'] as const).map(async (waitsIn, i) => {
      const service = `s${n + i}`
      await post(`${servers[i]!.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Notes', service, file, waitsIn, [`${waitsIn}Gate`]: gate } }]))
      await eventually(`${service} waits`, async () => linesOf(file).includes(`${service} ${waitsIn} begins`))
    }))
    const running = await workflowsOf(servers[0]!.url)
    const both = identities.findIndex((id) => new Set(running.filter(({ runner }) => runner === id).map(({ labels }) => labels.waitsIn)).size === 2)
    if (both >= 0) return { dead: servers[both]!, well: servers[1 - both]!, id: identities[both]! }
  }
  assert.fail('24 workflows, and no server runs both kinds')
}

/** Sends alerts, kills in the middle, and says which were accepted. */
const acceptedUntilKilled = async (server: Running): Promise<string[]> => {
  const accepted: string[] = []
  for (let n = 0; ; n++) {
    const answer = await post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Novel', n: String(n) } }])).catch(() => undefined)
    if (answer === undefined) return accepted
    if (answer.status === 200) accepted.push(answer.body.alerts[0].episode)
    if (accepted.length === 3) server.process.kill('SIGKILL')
  }
}

test('one of two is frozen: its children are dead before the other goes on, and thawed it leaves that one alone', { skip: noKafka, timeout: 180_000 }, async (t) => {
  const dir = folder()
  const [file, tree] = [join(dir, 'beats'), mark()]
  const servers = await twoServers(dir)
  try {
    await growTrees(servers, 1, tree, file)
    const holder = async (url: string): Promise<string> => (await workflowsOf(url))[0].runner
    const frozen = (await identityOf(servers[0]!)) === (await holder(servers[0]!.url)) ? servers[0]! : servers[1]!
    const well = servers.find((server) => server !== frozen)!
    const before = alive(tree)
    frozen.process.kill('SIGSTOP')
    const both = await eventually('the other goes on', async () => {
      const now = alive(tree)
      return now.some((pid) => !before.includes(pid)) && now.filter((pid) => before.includes(pid))
    })
    assert.deepEqual(both, [], 'no process of the frozen one lives when the other begins')
    await eventually('the other writes', async () => writersOf(file).length > 1)
    frozen.process.kill('SIGCONT')
    await eventually('it sees that its lease is over', async () => frozen.said.some((line) => line.includes('starts anew under another identity')))
    await eventually('it knows who goes on', async () => (await holder(frozen.url)) === (await identityOf(well)))
    const [first, second, ...others] = writersOf(file)
    assert.deepEqual(others, [], 'each writes for a while, and never again: no two at any time')
    t.diagnostic(`nobody wrote for ${Math.round((second!.from - first!.until) * 1000)} ms`)
  } finally {
    await endAll(servers, 'SIGKILL')
  }
})
