/** What is shown of the ways to the outside. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import { schemas } from '../../src/http/schemas.ts'
import { open } from './door.ts'

test('/v1/edges shows what is called, what failed last, and what is left alone', async (t) => {
  const edges = createEdges({ settings: { ...usualSettings, breaker: { ...usualSettings.breaker, failures: 1 } }, modes: { slack: 'off' } })
  const [cloud] = [edges.open('cloud', { meaning: () => 'fault', endpoints: ['http://a'] }), edges.open('slack', { meaning: () => 'fault' })]
  const ask = { target: 'web', effect: 'once', signal: new AbortController().signal, deadlineMs: 1000 } as const
  await assert.rejects(cloud.call({ ...ask, run: () => Promise.reject(new Error('it is on fire')) }))
  await assert.rejects(cloud.call({ ...ask, run: async () => 1 }), /web failed too often.*it is on fire/)
  const { call, parts } = await open(t)
  parts.edges.push(...edges.views())
  const { status, json } = await call('GET', '/v1/edges')
  assert.equal(status, 200)
  const { items } = schemas.EdgeList.parse(json)
  const { lastError, breakers, ...first } = items[0]!
  assert.deepEqual(first, { edge: 'cloud', mode: 'on', degraded: true, inFlight: 0, waiting: 0, calls: 1, failed: 1, retried: 0, refused: 1, endpoints: [{ endpoint: 'http://a' }] })
  assert.equal(lastError?.error, 'it is on fire')
  assert.deepEqual(breakers.map(({ target, state, failures }) => ({ target, state, failures })), [{ target: 'web', state: 'open', failures: 1 }])
  assert.deepEqual([items[1]?.mode, items[1]?.degraded], ['off', true])
})
