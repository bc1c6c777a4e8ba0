/** What a stop leaves behind on one server: it survives restarts, and lifting it starts nothing by itself that it killed. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { alive, eventually, get, liftAll, linesOf, notification, post, workflowsOf } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn } from './server.ts'
import { growTrees, mark, numbers } from './trees.ts'

test('a stop survives kill -9; lifted, what it held runs, and what it killed is put before people and never runs again', { timeout: 600_000 }, async () => {
  const dir = folder()
  const tree = mark()
  const file = join(dir, 'notes')
  const services = targetsIn(dir)
  const first = await startServer(dir, services, '', { catalogue: ownCatalogue })
  const alert = async (url: string, labels: Record<string, string>): Promise<void> =>
    void assert.equal((await post(`${url}/webhooks/alertmanager`, notification([{ labels: { ...labels, file } }]))).status, 200)
  await liftAll(first.url)
  await alert(first.url, { alertname: 'Tree', service: 's0', mark: tree })
  await eventually('the tree has grown', async () => alive(tree).length >= 5)
  const { body } = await post(`${first.url}/v1/stops?wait=30s`, { matchers: ['service=~"s0|s1"'], why: 'test' })
  assert.deepEqual([body.missing, body.killed.length, alive(tree)], [[], 1, []])
  const { runner: was } = body.acknowledgements[0]
  await first.end('SIGKILL')

  const second = await startServer(dir, services, '', { catalogue: ownCatalogue })
  try {
    const stop = await eventually('the new process has answered the old stop', async () => {
      const seen = await get(`${second.url}/v1/stops/${body.id}`)
      return seen.acknowledgements.some(({ runner }: { runner: string }) => runner !== was) && seen
    })
    // The first one's own word may have died with it, a moment after it was heard: then it is named as lost.
    assert.deepEqual([stop.inForce, stop.missing, stop.acknowledgements.length + stop.lost.length], [true, [], 2])
    await alert(second.url, { alertname: 'Notes', service: 's1' })
    await alert(second.url, { alertname: 'Notes', service: 's2' })
    const stateOf = async (service: string) => (await workflowsOf(second.url)).find(({ labels }) => labels.service === service)?.state
    await eventually('what it does not cover runs', async () => (await stateOf('s2')) === 'verifying')
    assert.equal(await stateOf('s1'), 'planning')
    const lifted = await post(`${second.url}/v1/stops/${body.id}/lift`, { why: 'over' })
    assert.deepEqual([lifted.status, lifted.body.held.length], [202, 1])
    await eventually('what it held runs', async () => (await stateOf('s1')) === 'verifying')
    const told = await eventually('people are told', async () => second.said.find((line) => /stopped: tree@1 on s0 .*Alert: Tree, still firing/.test(line)))
    assert.match(told, /ended in the step “grow”, which may have changed something/)
    assert.match(told, /never run again by itself/)
    assert.deepEqual([await stateOf('s0'), alive(tree)], ['stopped', []])
  } finally {
    await second.end()
  }
})

test('while alerts flood in, a stop is proved: nothing survives, and nothing ran for longer than the proof says', { timeout: 120_000 }, async (t) => {
  const dir = folder()
  const server = await startServer(dir, targetsIn(dir), '', { catalogue: ownCatalogue })
  const [file, tree] = [join(dir, 'beats'), mark()]
  let [accepted, over] = [0, false]
  const flood = async (lane: number): Promise<void> => {
    for (let n = 0; !over; n++) {
      const alerts = Array.from({ length: 25 }, (_, i) => ({ labels: { alertname: 'Novel', n: `${lane} ${n} ${i}` } }))
      const { body } = await post(`${server.url}/webhooks/alertmanager`, notification(alerts))
      accepted += body.accepted ?? 0
    }
  }
  try {
    await growTrees([server], 8, tree, file)
    const began = performance.now()
    const floods = Promise.all(Array.from({ length: 8 }, (_, lane) => flood(lane)))
    await eventually('the flood is one', async () => accepted >= 2000)
    const { status, body: stop } = await post(`${server.url}/v1/stops?wait=30s`, { why: 'flooded' })
    assert.deepEqual([status, stop.missing, numbers(stop), alive(tree)], [201, [], { killed: 8, survivors: 0 }, []])
    t.diagnostic(`${accepted} alerts in ${Math.round(performance.now() - began)} ms; killed in ${stop.acknowledgements[0].tookMs} ms`)
    over = true
    await floods
    const { at } = await eventually('it is on the log', async () => {
      const found = await get(`${server.url}/v1/stops/${stop.id}`)
      return found.durable && found
    })
    // It was in force before it was on the log.
    const lastBeat = Math.max(...linesOf(file).map((line) => Number(line.split(' ')[2]) * 1000))
    assert.ok(lastBeat <= Date.parse(at) + stop.acknowledgements[0].tookMs + 1, `${lastBeat}`)
  } finally {
    over = true
    await server.end('SIGKILL')
  }
})
