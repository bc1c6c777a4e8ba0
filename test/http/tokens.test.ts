import assert from 'node:assert/strict'
import { request } from 'node:http'
import { hash } from 'node:crypto'
import { describe, test } from 'node:test'
import { operations, type Operation, type OperationId } from '../../src/http/table.ts'
import { tokenRoles, type TokenRole } from '../../src/core/person.ts'
import { tokenOf } from '../../src/http/tokens.ts'
import { notification, open } from './door.ts'

const tokens = [
  ...tokenRoles.map((role) => ({ name: `${role}-name`, role, sha256: hash('sha256', `${role}-token`) })),
  { name: 'old', role: 'operator' as const, sha256: hash('sha256', 'old-token'), expiresAt: 1000 },
  { name: 'operator-name', role: 'operator' as const, sha256: hash('sha256', 'second-token') },
]

/** Written by hand: who may call what. */
const allowed: Readonly<Record<OperationId, readonly (TokenRole | 'anybody')[]>> = {
  alertmanager: ['sender', 'operator'], grafana: ['sender', 'operator'], grafanaPut: ['sender', 'operator'],
  pullStop: ['stopper', 'responder', 'operator'],
  stop: ['stopper', 'viewer', 'responder', 'operator'],
  liftStop: ['operator'], reload: ['operator'], submit: ['operator'], exec: ['operator'], approve: ['viewer', 'responder', 'operator'], closeBreaker: ['operator'], resume: ['operator'], promote: ['operator'], drill: ['operator'], switchEdge: ['operator'],
  catalogues: ['viewer', 'responder', 'operator'], suspensions: ['viewer', 'responder', 'operator'], switches: ['viewer', 'responder', 'operator'], useCatalogue: ['operator'],
  upgrade: ['viewer', 'responder', 'operator'], finishUpgrade: ['operator'],
  deny: ['responder', 'operator'], cancel: ['responder', 'operator'], note: ['responder', 'operator'], noteEpisode: ['responder', 'operator'],
  stops: ['viewer', 'responder', 'operator'], workflows: ['viewer', 'responder', 'operator'], workflow: ['viewer', 'responder', 'operator'], why: ['viewer', 'responder', 'operator'],
  episodes: ['viewer', 'responder', 'operator'], episode: ['viewer', 'responder', 'operator'], runbooks: ['viewer', 'responder', 'operator'],
  routes: ['viewer', 'responder', 'operator'], policies: ['viewer', 'responder', 'operator'], runners: ['viewer', 'responder', 'operator'], digest: ['viewer', 'responder', 'operator'],
  edges: ['viewer', 'responder', 'operator'],
  events: ['viewer', 'responder', 'operator'], page: ['viewer', 'responder', 'operator'],
  healthz: ['anybody', 'viewer', 'responder', 'operator'], metrics: ['anybody', 'viewer', 'responder', 'operator'],
  livez: ['anybody', ...tokenRoles], readyz: ['anybody', ...tokenRoles], openapi: ['anybody', ...tokenRoles],
}

const pathOf = ({ path }: Operation): string => (path === '/v1/events' ? '/v1/events?from=999999' : path.replace('{id}', 'ffffffff-0000-7000-8000-000000000000'))
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

describe('tokens', () => {
  test('each role may do what is its own, and nothing else', async (t) => {
    const { door, parts } = await open(t, { tokens })
    parts.says({ kind: 'stop pulled', stop: { id: 'ffffffff-0000-7000-8000-000000000000', matchers: [], effect: 'kill', who: 'x', why: '' } })
    for (const [id, operation] of Object.entries(operations as Record<OperationId, Operation>) as [OperationId, Operation][]) {
      for (const who of ['anybody', ...tokenRoles] as const) {
        const controller = new AbortController()
        const response = await fetch(`${door.url}${pathOf(operation)}`, {
          method: operation.method.toUpperCase(), signal: controller.signal, headers: who === 'anybody' ? {} : { authorization: `Bearer ${who}-token` },
          ...(operation.body === undefined ? {} : { body: JSON.stringify(operation.body === 'Notification' ? notification(1) : { why: 'x' }) }),
        })
        const expected = allowed[id].includes(who)
        if (expected) assert.ok(response.status < 400 || [400, 404].includes(response.status), `${who} ${id}: ${response.status}`)
        else assert.equal(response.status, who === 'anybody' ? 401 : 403, `${who} ${id}`)
        if (id !== 'events' || !expected) await response.text()
        controller.abort()
      }
    }
  })

  test('a refused login is told nothing of what was wrong with it', async (t) => {
    const { call } = await open(t, { tokens, now: () => 2000 })
    const answers = await Promise.all([
      call('GET', '/v1/workflows'), call('GET', '/v1/workflows', bearer('wrong')), call('GET', '/v1/workflows', bearer('old-token')),
      call('GET', '/v1/workflows', { headers: { authorization: 'Digest x' } }), call('GET', '/v1/workflows', bearer('')),
    ])
    for (const answer of answers) {
      assert.equal(answer.status, 401)
      assert.equal(answer.text, answers[0].text)
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic realm="paramedic", charset="UTF-8"$/)
    }
    const forbidden = await call('POST', '/v1/reload', bearer('viewer-token'))
    assert.equal(forbidden.status, 403)
    assert.doesNotMatch(forbidden.text, /operator|viewer/)
  })

  test('a token is good until it expires, and two may share a name', async (t) => {
    const clock = { now: 500 }
    const { call } = await open(t, { tokens, now: () => clock.now })
    assert.equal((await call('GET', '/v1/workflows', bearer('old-token'))).status, 200)
    clock.now = 1000
    assert.equal((await call('GET', '/v1/workflows', bearer('old-token'))).status, 401)
    assert.equal((await call('GET', '/v1/workflows', bearer('second-token'))).status, 200)
  })

  const logins: [header: string | undefined, token: string | undefined, because: string][] = [
    ['Bearer abc', 'abc', 'the usual'],
    ['bearer  abc', 'abc', 'schemes have no case'],
    [`Basic ${Buffer.from('anyone:abc').toString('base64')}`, 'abc', 'the password, whatever the user'],
    [`Basic ${Buffer.from('anyone:a:b').toString('base64')}`, 'a:b', 'a colon may be in it'],
    [`Basic ${Buffer.from('abc').toString('base64')}`, undefined, 'no password'],
    ['abc', undefined, 'no scheme'],
    [undefined, undefined, 'no header'],
    ['Bearer a b', undefined, 'one token, not two'],
  ]
  for (const [header, token, because] of logins) test(`${header?.slice(0, 12)} is ${token}: ${because}`, () => assert.equal(tokenOf(header), token))

  test('who pulls a stop is the name of the token, whatever they claim', async (t) => {
    const { call, parts } = await open(t, { tokens })
    const { json } = await call('POST', '/v1/stops', { body: { who: 'the boss' }, ...bearer('stopper-token') })
    assert.equal(parts.state.stops.get(json.id)?.who, 'stopper-name')
  })

  test('another process may pass a stop on, with its id and who pulled it; and do nothing else', async (t) => {
    const { call, parts } = await open(t, { tokens, isPeer: (token) => token === 'peer-word' })
    const id = '01900000-0000-7000-8000-000000000abc'
    assert.equal((await call('POST', '/v1/stops', { body: { id, who: 'ann', why: 'w' }, ...bearer('peer-word') })).json.id, id)
    assert.equal(parts.state.stops.get(id)?.who, 'ann')
    assert.equal((await call('GET', '/v1/workflows', bearer('peer-word'))).status, 401)
    assert.notEqual((await call('POST', '/v1/stops', { body: { id: id.replace('abc', 'abd') }, ...bearer('stopper-token') })).json.id, id.replace('abc', 'abd'))
  })

  test('health and metrics ask for a token of whoever comes through a proxy', async (t) => {
    const { call, door } = await open(t, { tokens })
    assert.equal((await call('GET', '/metrics')).status, 200)
    const named = (host: string) => new Promise((done) => request(`${door.url}/metrics`, { headers: { host } }, (response) => done(response.resume().statusCode)).end())
    assert.deepEqual([await named('localhost:9095'), await named('paramedic.example.com')], [200, 401])
    assert.equal((await call('GET', '/metrics', { headers: { 'x-forwarded-for': '10.0.0.1' } })).status, 401)
    for (const headers of [{ forwarded: 'for=10.0.0.1' }, { 'x-real-ip': '10.0.0.1' }, { via: '1.1 edge' }]) assert.equal((await call('GET', '/healthz', { headers })).status, 401, JSON.stringify(headers))
  })
})

describe('pages of other sites', () => {
  const rows: [method: string, path: string, headers: Record<string, string>, status: number, because: string][] = [
    ['POST', '/v1/stops', { origin: 'https://evil.example' }, 403, 'a page elsewhere makes the browser post'],
    ['POST', '/v1/stops', { origin: 'null' }, 403, 'a sandboxed page has the origin null'],
    ['POST', '/v1/reload', { origin: 'https://evil.example' }, 403, 'not only stops'],
    ['POST', '/webhooks/alertmanager', { origin: 'https://evil.example' }, 403, 'alerts act too'],
    ['POST', '/v1/stops', { origin: 'SELF' }, 201, 'our own page'],
    ['POST', '/v1/stops', {}, 201, 'no browser'],
    ['GET', '/v1/workflows', { host: 'evil.example:80', 'sec-fetch-site': 'same-origin' }, 403, 'a foreign name that was pointed at this machine'],
    ['GET', '/v1/workflows', { host: 'evil.example:80' }, 403, 'the same over plain HTTP, where a browser says nothing of it'],
    ['GET', '/v1/workflows', { host: 'localhost:80' }, 200, 'a name of this machine'],
    ['POST', '/v1/stops', { host: 'paramedic.example:80' }, 201, 'whoever stops may call us what he likes'],
    ['GET', '/v1/workflows', { 'sec-fetch-site': 'none' }, 200, 'typed into the browser'],
  ]
  for (const [method, path, headers, status, because] of rows) {
    test(`${method} ${path} ${JSON.stringify(headers)} is ${status}: ${because}`, async (t) => {
      const { door } = await open(t)
      const { request } = await import('node:http')
      const sent = { ...headers, ...(headers['origin'] === 'SELF' ? { origin: door.url } : {}) }
      const got = await new Promise<number>((resolve, reject) => {
        request(`${door.url}${path}`, { method, headers: sent }, (res) => resolve(res.resume().statusCode!)).on('error', reject).end(path.startsWith('/webhooks') ? '{"alerts":[]}' : '')
      })
      assert.equal(got, status)
    })
  }
})
