/**
 * Twelve targets, five at once, a pause after each five, one workflow an hour: over two servers on a real Kafka, by what the jobs
 * themselves wrote down. The pause is shorter here than a minute.
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { freshPrefix, noKafka, sharedKafka } from '../servers/kafka.ts'
import { eventually, get, liftAll, linesOf } from './flow.ts'
import { endAll, folder, startServers, targetsIn } from './server.ts'

const pauseMs = 3000
const targets = Array.from({ length: 12 }, (_, n) => `t${n}`)

const catalogue = async (dir: string, notes: string): Promise<void> => {
  const files = {
    'runbooks/wide/1.ts': `import { minutes, runbook } from 'paramedic'
/** For tests. */
export default runbook({
  target: 'service',
  plan: ({ targets }) => ({ changes: targets.map((target) => ({ target, from: 'untouched', to: 'touched' })) }),
  steps: [{
    name: 'touch', effect: 'repeatable', timeout: minutes(1), each: true, concurrency: 5,
    run: ({ $, target }) => $\`echo begins \${target} $(date +%s%3N) >> ${notes}; sleep 0.3; echo ends \${target} $(date +%s%3N) >> ${notes}\`,
  }],
})
`,
    'runbooks/routes.yaml': 'routes: []\n',
    'policies/wide.yaml': `runbook: wide\npolicies:\n  - { type: targets, names: [${targets.join()}] }\n  - { type: pause-after, count: 5, for: ${pauseMs / 1000}s }\n  - { type: rate, max: 1, per: 1h }\n`,
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  await lockCatalogue(join(dir, 'runbooks'))
}

test('12 targets, 5 at once, a pause after each 5, and the next workflow an hour later', { skip: noKafka, timeout: 180_000 }, async (t) => {
  const dir = folder()
  const notes = join(dir, 'notes')
  await catalogue(dir, notes)
  const servers = await startServers(2, { log: `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('twelve')}`, services: targetsIn(dir, targets), catalogue: dir })
  t.after(() => endAll(servers))
  const [one, two] = servers.map(({ url }) => url) as [string, string]
  await liftAll(one)
  const ask = async (key: string): Promise<any> => {
    const submitted = await fetch(`${one}/v1/workflows`, { method: 'POST', headers: { 'Idempotency-Key': key }, body: JSON.stringify({ runbook: 'wide@1', targets }) })
    const workflow: any = await submitted.json()
    assert.equal(submitted.status, 201, JSON.stringify(workflow))
    const executed = await eventually('the other server knows it', async () => {
      const answer = await fetch(`${two}/v1/workflows/${workflow.id}/exec`, { method: 'POST', body: JSON.stringify({ plan: workflow.plan.digest }) })
      return answer.status === 404 ? undefined : answer
    })
    assert.equal(executed.status, 202, await executed.text())
    return workflow
  }
  const state = async (id: string): Promise<any> => get(`${two}/v1/workflows/${id}`)
  const { id } = await ask('first')
  await eventually('it is completed', async () => (await state(id)).state === 'completed')

  const lines = linesOf(notes).map((line) => line.split(' ')).map(([what, target, at]) => ({ what, target, at: Number(at) })).sort((a, b) => a.at - b.at || (a.what === 'ends' ? -1 : 1))
  const begins = lines.filter(({ what }) => what === 'begins')
  const ends = lines.filter(({ what }) => what === 'ends')
  assert.deepEqual(begins.map(({ target }) => target).sort(), [...targets].sort(), 'each was touched once')
  let running = 0
  for (const { what } of lines) assert.ok((running += what === 'begins' ? 1 : -1) <= 5, 'five at once')
  for (const done of [5, 10]) assert.ok(begins[done]!.at - ends[done - 1]!.at >= pauseMs, `${begins[done]!.at - ends[done - 1]!.at} ms between the end of number ${done} and the next`)

  const next = await ask('second')
  const waiting = await eventually('it waits', async () => {
    const now = await state(next.id)
    return now.state === 'waiting' && now
  })
  assert.equal(waiting.reason, 'rate')
  assert.ok(Date.parse(waiting.until) - begins[0]!.at >= 3_600_000 - 1000, `an hour after the first: ${waiting.until}`)
  assert.equal(linesOf(notes).length, 24, 'nothing more was touched')
})
