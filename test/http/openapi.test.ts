/** /openapi.json against the server, in both directions: every call that it names is called, and what comes back is what it says. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { ends } from '../../src/core/reason.ts'
import { errors, type Code } from '../../src/http/errors.ts'
import { operations, type OperationId } from '../../src/http/table.ts'
import { alertBody, allowing, Story } from '../core/story.ts'
import { notification, open } from './door.ts'

interface Described {
  readonly operationId: OperationId
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

/** Of the door's log. */
const doorAt = 1_760_000_000_000

/** A log on which everything there is to show has happened. */
const eventful = (says: (fact: Parameters<Story['says']>[0]) => void): { workflow: string; stop: string; suspension: string; episode: () => string } => {
  const [workflow, stop, suspension] = ['01900000-0000-7000-8000-0000000000f1', '01900000-0000-7000-8000-0000000000f2', '01900000-0000-7000-8000-0000000000f3']
  const story = new (class extends Story {
    override says(fact: Parameters<Story['says']>[0], by = 'A'): this {
      says(fact)
      return super.says(fact, by)
    }
  })()
  const digest = 'c'.repeat(64)
  const step = { name: 'one', effect: 'repeatable', timeoutMs: 1000, each: false, concurrency: 1, onError: 'stop', memoryMb: 64 } as const
  const runbook = { name: 'fix', version: 1, digest: 'd'.repeat(64), about: 'Fixes.', target: 'service', provider: 'local', params: {}, steps: [step], verify: false, healedWithinMs: 60_000 }
  const catalogue = {
    ...allowing, digest, runbooks: { 'fix@1': { ...runbook, scriptDigest: 'e'.repeat(64) } as never },
    routes: [{ matchers: ['alertname="Slow"'], runbook: { name: 'fix', version: 1 }, mode: 'auto' as const, params: { by: 1 }, source: 'routes.yaml:1' }, { matchers: ['a="b"'], heartbeatMs: 1000, mode: 'off' as const, params: {}, source: 'routes.yaml:2' }],
  }
  story.says({ kind: 'fold version', version: 2 })
  story.says({ kind: 'catalogue announced', catalogue }).says({ kind: 'catalogue activated', digest, was: '' })
  story.says({ kind: 'received', source: 'alertmanager', payload: alertBody([{ labels: { alertname: 'Slow', service: 'web' } }, { labels: { alertname: 'Unknown' } }]) })
  const [first, second] = [...story.state.episodes.keys()] as [string, string]
  story.says({
    kind: 'matched', episode: first, workflow, catalogue: digest, route: 'routes.yaml:1', runbook: { name: 'fix', version: 1, digest: 'd'.repeat(64) }, provider: 'local', targets: ['web'], params: { by: 1 },
    mode: 'auto', steps: [step], healedWithinMs: 60_000, probe: false,
  }).says({ kind: 'unmatched', episodes: [second], reason: 'no route', detail: 'x', tell: true, route: '' })
  const plan = { digest: 'f'.repeat(64), targets: [{ name: 'web', id: 'i' }], changes: [{ target: 'web', id: 'i', from: 1, to: 2 }], observed: [{ name: 'size', target: 'web', value: 1, readAt: doorAt }] }
  story.says({ kind: 'planned', workflow, turn: story.state.workflows.get(workflow)!.turn, plan })
  story.says({
    kind: 'decided', workflow, turn: story.state.workflows.get(workflow)!.turn, outcome: 'start', detail: '', plan: plan.digest, judgedAt: story.state.position, catalogue: digest, takes: [],
    verdicts: [{ policy: 'targets', verdict: 'allow', detail: 'x' }, { policy: 'rate', verdict: 'wait', reason: 'rate', detail: '1 of 1', until: story.at + 1000, key: 'k' }],
  })
  story.says({ kind: 'claimed', workflow, step: 0, job: 0, claim: 'c' }).says({ kind: 'step done', workflow, step: 0, job: 0, claim: 'c', output: { a: [1] }, tookMs: 3, left: [{ target: 'web', id: 'i', version: '2', replicas: 2 }] })
  story.says({ kind: 'changed by hand', suspension, provider: 'local', target: 'web', id: 'i', was: '2', version: '3', replicas: 1 })
  story.says({ kind: 'stop pulled', stop: { id: stop, matchers: ['alertname="Slow"'], effect: 'pause', who: 'ann', why: 'w' } })
  return { workflow, stop, suspension, episode: () => first }
}

/** What this story has nothing for: such a call is refused as described. What it answers otherwise is a workflow, as `workflow` is. */
const refusedHere: Readonly<Record<string, string>> = {
  submit: 'KEY_REQUIRED', exec: 'NOT_AWAITING_EXEC', approve: 'NOT_ASKING', deny: 'NOT_ASKING', note: 'BAD_REQUEST', noteEpisode: 'BAD_REQUEST', useCatalogue: 'NOT_FOUND', closeBreaker: 'NOT_FOUND', promote: 'NOT_FOUND', switchEdge: 'BAD_REQUEST', drill: 'NOT_FOUND',
}

describe('/openapi.json', () => {
  test('every call of the server is there, and none besides', async (t) => {
    const { call } = await open(t)
    const { paths } = (await call('GET', '/openapi.json')).json as Document
    const described = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    assert.deepEqual(described.sort(), Object.values(operations).map(({ method, path }) => `${method} ${path}`).sort())
  })

  test('every call that it names is answered as it says', async (t) => {
    const { call, parts, door } = await open(t)
    const document = (await call('GET', '/openapi.json')).json as Document
    const ids = eventful((fact) => parts.says(fact))
    const validator = (schema: object) => z.fromJSONSchema({ ...JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')), $defs: JSON.parse(JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/')) })
    const shown = (await call('GET', `/v1/workflows/${ids.workflow}`)).json
    assert.deepEqual([shown.state, shown.steps[0].state, shown.plan.changes.length, shown.verdicts.length], ['verifying', 'done', 1, 2], 'there is something to show')
    const called: string[] = []
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { operationId, requestBody, responses }] of Object.entries(methods)) {
        const id = path.includes('stops') ? ids.stop : path.includes('suspensions') ? ids.suspension : path.includes('episodes') ? ids.episode() : ids.workflow
        const body = requestBody === undefined ? undefined : path.startsWith('/webhooks') ? notification(1) : { why: 'x' }
        if (operationId === 'events') {
          const controller = new AbortController()
          const stream = await fetch(`${door.url}${path}?from=0`, { signal: controller.signal })
          assert.deepEqual([stream.status, stream.headers.get('content-type')], [200, 'text/event-stream'])
          controller.abort()
          called.push(operationId)
          continue
        }
        const answer = await call(method.toUpperCase(), path.replace('{id}', id), body === undefined ? {} : { body })
        const described = responses[String(answer.status)]
        assert.ok(described, `${operationId} answers ${answer.status}, which is not described: ${answer.text.slice(0, 300)}`)
        const refused = refusedHere[operationId]
        if (refused === undefined) assert.ok(answer.status < 300, `${operationId}: ${answer.status}`)
        else assert.equal(answer.json.code, refused, operationId)
        const [type, { schema }] = Object.entries(described.content!)[0]!
        assert.ok(answer.type.startsWith(type), `${operationId} is ${answer.type}, not ${type}`)
        if (type === 'application/json' && refused === undefined) {
          const parsed = validator(schema).safeParse(answer.json)
          assert.ok(parsed.success, `${operationId}: ${parsed.error?.message}\n${answer.text.slice(0, 600)}`)
        }
        called.push(operationId)
      }
    }
    assert.deepEqual(called.sort(), Object.keys(operations).sort())
  })

  test('a wrong answer would be seen', async (t) => {
    const { call } = await open(t)
    const { components } = (await call('GET', '/openapi.json')).json as Document
    const schema = z.fromJSONSchema(components.schemas['Status'] as never)
    assert.ok(schema.safeParse({ status: 'live' }).success)
    for (const wrong of [{}, { status: 1 }, { status: 'live', more: 1 }]) assert.ok(!schema.safeParse(wrong).success, JSON.stringify(wrong))
  })

  test('what is refused is a problem of the described form, with a code of the list', async (t) => {
    const { call } = await open(t, { tokens: [{ name: 'a', role: 'viewer', sha256: 'ab'.repeat(32) }] })
    const { components } = (await call('GET', '/openapi.json')).json as Document
    const schema = z.fromJSONSchema(components.schemas['Problem'] as never)
    for (const [method, path] of [['GET', '/v1/workflows'], ['GET', '/nothing'], ['DELETE', '/v1/stops'], ['GET', '/%E0%A4%A']] as const) {
      const { type, json, status } = await call(method, path)
      assert.equal(type, 'application/problem+json')
      assert.ok(schema.safeParse(json).success, JSON.stringify(json))
      assert.equal(errors[json.code as Code][0], status)
    }
  })
})

test('each state in which a workflow may end is shown, by its id and in the list of that state', async (t) => {
  const { call, parts } = await open(t)
  const story = new Story(parts.state)
  for (const [n, state] of ends.entries()) {
    const { id, turn } = story.workflow({ id: `01900000-0000-7000-8000-0000000000${10 + n}` })
    story.says({ kind: 'ended', workflow: id, turn, state, reason: 'done', detail: `it is ${state}` })
    const [{ json: shown }, { json: listed }] = await Promise.all([call('GET', `/v1/workflows/${id}`), call('GET', `/v1/workflows?state=${state}`)])
    assert.deepEqual([shown.state, shown.reason, shown.detail, listed.items.map((one: { id: string }) => one.id)], [state, 'done', `it is ${state}`, [id]])
  }
})
