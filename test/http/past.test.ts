/** Alerts and workflows that memory has forgotten are found and listed as if it had not, and so are stops. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createArchive } from '../../src/follow/archive.ts'
import { alertBody } from '../core/story.ts'
import { open } from './door.ts'

const day = 86_400_000
const began = 1_760_000_000_000

test('a list goes on into what was forgotten, page by page, and each id is found', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-past-'))
  const { parts, ports, call } = await open(t)
  const path = join(folder, 'log.db')
  const archive = createArchive({ state: parts.state, path: `${path}-archive`, place: () => ({ kind: 'sqlite', path, folder }), onProblem: (problem) => assert.fail(String(problem)) })
  t.after(async () => (await archive.close(), rmSync(folder, { recursive: true })))
  Object.assign(ports, { archive })
  let at = began
  const says: typeof parts.says = (fact) => (parts.says(fact, at += 1), archive.take())
  const alert = (names: readonly string[]): string[] => {
    const before = new Set(parts.state.episodes.keys())
    says({ kind: 'received', source: 'alertmanager', payload: alertBody(names.map((alertname) => ({ labels: { alertname, service: 'web' } }))) })
    return [...parts.state.episodes.keys()].filter((id) => !before.has(id))
  }
  const stop = '01900000-0000-7000-8000-000000005709'
  says({ kind: 'stop pulled', stop: { id: stop, matchers: ['target="web"'], effect: 'pause', who: 'ann', why: 'maintenance' } })
  says({ kind: 'stop lifted', stop, who: 'bob', why: 'over' })
  for (const { key, revision } of [...parts.state.noticesDue]) says({ kind: 'message sent', notice: key, revision, channel: 'C', ts: '1' })
  const [stays] = alert(['Stays'])
  const all = [stays!]
  for (let n = 0; n < 12; n++) {
    const ids = alert([`A${n}`, `B${n}`])
    all.push(...ids)
    const workflow = `01900000-0000-7000-8000-0000000000${10 + n}`
    says({
      kind: 'matched', episode: ids[0]!, workflow, catalogue: 'c1', route: 'routes.yaml:1', runbook: { name: 'fix', version: 1, digest: 'd' }, provider: 'local', targets: ['web'], params: {},
      mode: 'auto', steps: [], healedWithinMs: 60_000, probe: false,
    })
    says({ kind: 'unmatched', episodes: [ids[1]!], reason: 'no route', detail: '', tell: false, route: '' })
    says({ kind: 'ended', workflow, turn: 1, state: 'cancelled', reason: 'cancelled', detail: 'ann' })
    at += day / 2
  }
  assert.ok(parts.state.episodes.has(stays!), 'it has no answer yet')
  assert.ok(parts.state.workflows.size < 5, `memory still has ${parts.state.workflows.size} workflows`)
  const listed = async (query: string): Promise<{ id: string; answer?: { state?: string } }[]> => {
    const items = []
    for (let after = ''; ;) {
      const { json } = await call('GET', `${query}${after}`)
      items.push(...json.items)
      if (json.next === null) return items
      after = `&after=${json.next}`
    }
  }
  assert.ok(!parts.state.stops.has(stop) && parts.state.lifted.has(stop), 'of the stop memory has the id')
  for (const id of [stop, stop.slice(-6)]) {
    const { status, json } = await call('GET', `/v1/stops/${id}`)
    assert.deepEqual([status, json.why, json.lifted.who, json.inForce, json.durable, json.missing, json.covers], [200, 'maintenance', 'bob', false, true, [], { running: 0, waiting: 0, routes: 0 }])
  }
  assert.equal((await call('GET', '/v1/stops/ffffff')).status, 404)
  assert.deepEqual((await listed('/v1/stops?limit=3')).map(({ id }) => id), [stop], 'where memory has none')
  const others = ['5711', '5712', '5713'].map((end) => stop.slice(0, -4) + end)
  for (const id of others) says({ kind: 'stop pulled', stop: { id, matchers: ['target="web"'], effect: 'pause', who: 'ann', why: '' } })
  assert.deepEqual((await listed('/v1/stops?limit=2')).map(({ id }) => id), [...others.toReversed(), stop], 'what memory has, then what it forgot')
  assert.equal((await call('GET', '/v1/stops?after=nothing')).status, 400)
  says({ kind: 'stop lifted', stop: others[1]!, who: 'bob', why: 'over' })
  assert.deepEqual((await listed('/v1/stops?inForce=true&limit=1')).map(({ id }) => id), [others[2], others[0]])
  const episodes = await listed('/v1/episodes?limit=3')
  assert.deepEqual(new Set(episodes.map(({ id }) => id)), new Set(all))
  assert.equal(episodes.length, all.length, 'each once')
  assert.equal(episodes.at(-1)?.id, stays, 'the oldest is last, though memory has it')
  assert.deepEqual([...new Set(episodes.flatMap(({ answer }) => answer?.state ?? []))], ['cancelled'])
  assert.equal((await listed('/v1/workflows?limit=5&state=cancelled')).length, 12)
  assert.equal((await listed('/v1/workflows?limit=5&state=running')).length, 0)
  assert.equal((await listed(`/v1/episodes?limit=2&matcher=${encodeURIComponent('alertname=~"B1|B2"')}`)).length, 2)
  const old = episodes.find(({ id }) => id === all[1])!
  assert.deepEqual((await call('GET', `/v1/episodes/${old.id}`)).json, old)
  assert.equal((await call('GET', `/v1/episodes?fingerprint=${(old as unknown as { fingerprint: string }).fingerprint}`)).json.items.length, 1)
  const workflow = (await call('GET', '/v1/workflows/000010')).json
  assert.deepEqual([workflow.id, workflow.state], ['01900000-0000-7000-8000-000000000010', 'cancelled'])
  assert.equal((await call('GET', `/v1/workflows/${workflow.id}/why`)).json.state, 'cancelled')
  assert.equal((await call('GET', '/v1/workflows/99999999')).status, 404)
  assert.equal((await call('GET', '/v1/workflows?after=nothing')).status, 400)
  for (const wrong of ['/v1/workflows?state=healed,runing', '/v1/episodes?status=fired']) assert.equal((await call('GET', wrong)).json.code, 'BAD_QUERY', wrong)
})
