/** Drills on a real server, while it works: what is nobody's dies, what is somebody's goes on, and everybody sees when it was last done. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { paramedic } from '../cli/cli.ts'
import { eventually, get, liftAll, linesOf, post } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn } from './server.ts'

test('stop, breaker and duplicates: each goes well beside real work, and is on the log', { timeout: 120_000 }, async (t) => {
  const dir = folder()
  let server = await startServer(dir, targetsIn(dir), '', { catalogue: ownCatalogue })
  t.after(() => server.end('SIGKILL'))
  await liftAll(server.url)
  const file = join(dir, 'noted')
  const submitted = await fetch(`${server.url}/v1/workflows`, { method: 'POST', headers: { 'idempotency-key': randomUUID() }, body: JSON.stringify({ runbook: 'notes', targets: ['s1'], labels: { file, onceGate: join(dir, 'gate') } }) })
  const { id } = await submitted.json() as { id: string }
  await post(`${server.url}/v1/workflows/${id}/exec`, {})
  await eventually('real work is under way', async () => linesOf(file).some((line) => line.includes('once begins')))
  const drill = async (what: string) => {
    const { code, out, err } = await paramedic(['--url', server.url, '--json', 'drill', what])
    assert.equal(code, 0, out + err)
    const { drill: which, ok, survivors, detail } = JSON.parse(out) as { drill: string; ok: boolean; survivors: number; detail: string }
    assert.deepEqual([which, ok, survivors], [what, true, 0], detail)
    return detail
  }
  assert.match(await drill('stop'), /^([3-9]|\d\d) processes killed in \d+ ms, 1 runners answered within \d+ ms$/)
  assert.equal((await get(`${server.url}/v1/workflows/${id}`)).state, 'running', 'real work goes on')
  await drill('stop')
  assert.deepEqual(readdirSync(join(server.state, 'drill')).sort(), ['tree.js', 'up'], 'one after the other leaves no more behind than one')
  assert.equal(await drill('breaker'), 'it opened after 6 failures, called nobody, and one call closed it again')
  assert.equal(await drill('duplicates'), '50 notifications of one alert: 1 episode, answered once')
  assert.equal((await paramedic(['--url', server.url, 'drill', 'fire'])).code, 2)
  writeFileSync(join(dir, 'gate'), '')
  await eventually('it has ended', async () => (await get(`${server.url}/v1/workflows/${id}`)).state === 'completed')
  await server.end()
  server = await startServer(dir, targetsIn(dir), '', { catalogue: ownCatalogue })
  const { drills, lastDrill } = await get(`${server.url}/healthz`)
  assert.deepEqual([Object.keys(drills).sort(), lastDrill], [['breaker', 'duplicates', 'stop'], drills.stop.at])
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  assert.match(metrics, /paramedic_drill_timestamp_seconds\{drill="stop",outcome="well"\} 1[\d.e+]+/)
  assert.match(metrics, /paramedic_drill_survivors\{drill="stop"\} 0/)
})
