/** What a stop leaves behind on one server: it survives restarts, and lifting it starts nothing by itself that it killed. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { alive, eventually, get, liftAll, notification, post, workflowsOf } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn } from './server.ts'

test('a stop survives kill -9; lifted, what it held runs, and what it killed is put before people and never runs again', { timeout: 600_000 }, async () => {
  const dir = folder()
  const tree = `paramedic-tree-${randomUUID()}`
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
