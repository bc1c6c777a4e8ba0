/** Refused logins are on the log: from where, which call, whose token; few entries, however many they are. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { UpgradeUnfinished } from '../../src/core/upgrade.ts'
import { eventually } from '../notify/desk.ts'
import { notification, open } from './door.ts'

const tokens = [{ name: 'eye', role: 'viewer' as const, sha256: hash('sha256', 'eye-token') }]
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

test('a flood of them is a few entries that count them all, and hold no token', { timeout: 60_000 }, async (t) => {
  const { parts, call } = await open(t, { tokens, loginsEveryMs: 200, grafana: { secret: () => 'hmac', signatureHeader: 'x-signature' } })
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 30 }, () => call('GET', '/v1/workflows', bearer('hunter2'))))
  await call('POST', '/v1/stops/000000/lift', bearer('eye-token'))
  await call('POST', '/webhooks/grafana', { body: notification(1), headers: { 'x-signature': 'wrong' } })
  assert.equal((await call('GET', '/v1/workflows', bearer('eye-token'))).status, 200)
  assert.equal((await call('GET', '/v1/nothing', bearer('hunter2'))).status, 404)
  const told = () => parts.entries.flatMap(({ entry }) => (entry.kind === 'logins refused' ? [entry] : []))
  await eventually('all are told', () => told().reduce((sum, { times }) => sum + times, 0) === 302)
  assert.ok(told().length < 50, `${told().length} entries`)
  const one = told().flatMap(({ some }) => some).map(({ from, call: which, code, who }) => `${from.replace('::ffff:', '')} ${which} ${code} ${who ?? '-'}`)
  assert.deepEqual([...new Set(one)].sort(), ['127.0.0.1 GET /v1/workflows UNAUTHORIZED -', '127.0.0.1 POST /v1/stops/{id}/lift FORBIDDEN eye', '127.0.0.1 POST /webhooks/grafana BAD_SIGNATURE -'])
  assert.doesNotMatch(JSON.stringify(parts.entries), /hunter2|eye-token/)
})

test('what tries every call is told of by twenty, and counted whole; the end writes what was gathered', async (t) => {
  const { door, parts, call } = await open(t, { tokens, loginsEveryMs: 60_000 })
  const document = await (await fetch(`${door.url}/openapi.json`)).json() as { paths: Record<string, Record<string, unknown>> }
  const calls = Object.entries(document.paths).flatMap(([path, verbs]) => Object.keys(verbs).map((verb) => [verb.toUpperCase(), path.replace('{id}', '000000')] as const))
  const answers = await Promise.all(calls.map(([method, path]) => call(method, path, bearer('wrong'))))
  const refused = answers.filter(({ status }) => status === 401).length
  assert.ok(refused > 20)
  door.drain()
  await eventually('it is written', () => parts.entries.length > 0)
  const [entry] = parts.entries.map((one) => one.entry)
  assert.ok(entry?.kind === 'logins refused')
  assert.deepEqual([entry.times, entry.some.length], [refused, 20])
})

test('before an upgrade is finished there is nowhere to write them, and nothing goes wrong', async (t) => {
  const { parts, problems, call } = await open(t, { tokens, loginsEveryMs: 20 })
  let tried = 0
  parts.before = async ([fact]) => {
    tried++
    throw tried > 1 ? new Error('the disk is on fire') : new UpgradeUnfinished(fact!)
  }
  await call('GET', '/v1/workflows', bearer('wrong'))
  await eventually('they would be written', () => tried === 1)
  await call('GET', '/v1/workflows', bearer('wrong'))
  await eventually('what is a problem is one', () => problems.length > 0)
  assert.deepEqual(problems.map((problem) => (problem as Error).message), ['the disk is on fire'])
})
