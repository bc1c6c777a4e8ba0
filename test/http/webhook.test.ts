import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Fact } from '../../src/core/entry.ts'
import { LogError } from '../../src/log/log.ts'
import { notification, open } from './door.ts'

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../fixtures/alertmanager', name), 'utf8')
const url = '/webhooks/alertmanager'

describe('the webhook', () => {
  test('answers 200 with the episodes only once they are durable', async (t) => {
    const { call, parts } = await open(t)
    const order: string[] = []
    const durable = Promise.withResolvers<void>()
    parts.before = async () => {
      order.push('asked')
      await durable.promise
      order.push('durable')
    }
    const answered = call('POST', url, { body: fixture('01-single-firing.json') }).then((answer) => {
      order.push('answered')
      return answer
    })
    while (order.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.deepEqual(order, ['asked'])
    durable.resolve()
    const { status, json } = await answered
    assert.deepEqual(order, ['asked', 'durable', 'answered'])
    assert.equal(status, 200)
    assert.equal(json.accepted, 1)
    assert.equal(json.alerts[0].fingerprint, JSON.parse(fixture('01-single-firing.json')).alerts[0].fingerprint)
    assert.ok(parts.state.episodes.has(json.alerts[0].episode))
  })

  const accepted: [what: string, send: (body: string) => { body: string | Uint8Array; headers: Record<string, string> }, because: string][] = [
    ['with no content type', (body) => ({ body: Buffer.from(body), headers: {} }), 'some senders set none'],
    ['as a form', (body) => ({ body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 'the content type says nothing of the content'],
    ['as gzip', (body) => ({ body: gzipSync(body), headers: { 'content-encoding': 'gzip' } }), 'proxies compress'],
    ['with a foreign agent', (body) => ({ body, headers: { 'user-agent': 'curl' } }), 'anybody with the token may send'],
  ]
  for (const [what, send, because] of accepted) {
    test(`takes a body ${what}: ${because}`, async (t) => {
      const { call } = await open(t)
      const { status, json } = await call('POST', url, send(fixture('02-grouped-two-firing.json')))
      assert.deepEqual([status, json.accepted], [200, 2])
    })
  }

  test('a trailing slash is the same address, and nothing is ever redirected', async (t) => {
    const { call } = await open(t)
    assert.equal((await call('POST', `${url}/`, { body: notification(1) })).status, 200)
    for (const path of ['/', '/v1', '/v1/stops/', '//webhooks/alertmanager', '/webhooks', '/v1/workflows/', '/livez/', '/%2e%2e/x', '/index.html']) {
      for (const method of ['GET', 'POST']) {
        const { status, type } = await call(method, path)
        assert.ok(status < 300 || status >= 400, `${method} ${path}: ${status}`)
        if (status >= 400) assert.equal(type, 'application/problem+json', `${method} ${path}`)
      }
    }
  })

  const good = notification(1).alerts[0]!
  const refused: [body: string, status: number, code: string, detail: RegExp, because: string][] = [
    ['', 400, 'BAD_JSON', /empty/, 'a redirect turned into GET loses the body'],
    ['{"alerts": [', 400, 'BAD_JSON', /not JSON/, 'half a body'],
    ['null', 400, 'BAD_NOTIFICATION', /object/, 'JSON, but no notification'],
    ['{"alerts": {}}', 400, 'BAD_NOTIFICATION', /alerts must be a list/, 'the field is named'],
    [JSON.stringify({ alerts: [{ ...good, status: 'burning' }] }), 400, 'BAD_NOTIFICATION', /^alerts\[0\]\.status/, 'index and field are named'],
    [JSON.stringify({ alerts: [{ ...good, labels: { a: 1 } }, 7] }), 400, 'BAD_NOTIFICATION', /^alerts\[0\]/, 'none was good'],
  ]
  for (const [body, status, code, detail, because] of refused) {
    test(`refuses ${JSON.stringify(body.slice(0, 40))} with ${code}: ${because}`, async (t) => {
      const { call, parts, problems } = await open(t)
      const { json, type, ...answer } = await call('POST', url, { body })
      assert.deepEqual([answer.status, json.status, json.code, type], [status, status, code, 'application/problem+json'])
      assert.match(json.detail, detail)
      assert.equal(parts.entries.length, 0)
      assert.deepEqual(problems, [])
    })
  }

  test('good alerts beside bad ones are taken, the bad ones named and recorded', async (t) => {
    const { call, parts } = await open(t)
    const { status, json } = await call('POST', url, { body: { ...notification(2), alerts: [good, { ...good, startsAt: 'yesterday' }, { ...good, labels: { alertname: 'B' } }] } })
    assert.equal(status, 200)
    assert.equal(json.accepted, 2)
    assert.deepEqual(json.problems.map(({ index, field }: { index: number; field: string }) => [index, field]), [[1, 'startsAt']])
    const [entry] = parts.entries
    assert.ok(entry?.entry.kind === 'received' && entry.entry.problems?.[0]?.index === 1)
  })

  test('a group without alerts is nothing to keep', async (t) => {
    const { call, parts } = await open(t)
    const { status, json } = await call('POST', url, { body: notification(0) })
    assert.deepEqual([status, json, parts.entries.length], [200, { accepted: 0, alerts: [] }, 0])
  })

  const failures: [problem: Error, code: string, because: string][] = [
    [new LogError('LOG_LATE', 'secret path /var/x'), 'NOT_DURABLE', 'five seconds were not enough'],
    [new LogError('LOG_DISK_FULL', 'secret path /var/x'), 'NOT_DURABLE', 'no room'],
    [new LogError('LOG_BUSY', 'secret path /var/x'), 'QUEUE_FULL', 'too much waits'],
  ]
  for (const [problem, code, because] of failures) {
    test(`answers 503 ${code} when to come again, and nothing of what is inside: ${because}`, async (t) => {
      const { call, parts } = await open(t)
      parts.before = () => Promise.reject(problem)
      const { status, headers, json, text } = await call('POST', url, { body: notification(1) })
      assert.deepEqual([status, json.code], [503, code])
      assert.ok(Number(headers.get('retry-after')) >= 1)
      assert.doesNotMatch(text, /secret/)
    })
  }

  test('an error that nobody expected is a 500 without a word of it', async (t) => {
    const { call, parts, problems } = await open(t)
    parts.before = () => Promise.reject(new TypeError('secret at line 7'))
    const { status, json, text } = await call('POST', url, { body: notification(1) })
    assert.deepEqual([status, json.code], [500, 'INTERNAL'])
    assert.doesNotMatch(text, /secret|\.ts/)
    assert.equal(problems.length, 1)
  })

  test('asks for durability within five seconds', async (t) => {
    const { call, ports } = await open(t)
    const deadlines: number[] = []
    Object.assign(ports, { append: async (_: readonly Fact[], { deadlineMs }: { deadlineMs: number }) => void deadlines.push(deadlineMs) })
    await call('POST', url, { body: notification(1) })
    assert.deepEqual(deadlines, [5000])
  })

  test('a process without the role intake sends its senders on', async (t) => {
    const { call } = await open(t, { intake: false })
    const { status, json, headers } = await call('POST', url, { body: notification(1) })
    assert.deepEqual([status, json.code, headers.has('retry-after')], [503, 'NO_INTAKE', true])
  })

  test('before its parts are there it takes no alert, is not ready, says that it lives, and takes a stop', async (t) => {
    const { call, parts } = await open(t, { ports: () => undefined })
    parts.ready = false
    const { status, json, headers } = await call('POST', url, { body: notification(1) })
    assert.deepEqual([status, json.code, headers.has('retry-after'), parts.entries], [503, 'STARTING', true, []])
    assert.deepEqual([(await call('GET', '/readyz')).json.code, (await call('GET', '/livez')).status, (await call('POST', '/v1/stops')).status], ['NOT_READY', 200, 201])
  })

  test('a process that is ending takes no alerts, and stops still', async (t) => {
    const { call, door } = await open(t)
    door.drain()
    assert.equal((await call('POST', url, { body: notification(1) })).json.code, 'NO_INTAKE')
    assert.equal((await call('POST', '/v1/stops')).status, 201)
  })

  test('a hostile label arrives as it is', async (t) => {
    const { call, parts } = await open(t)
    for (const name of ['10-hostile-labels.json', '11-proto-labels.json', '12-nul-label.json']) {
      assert.equal((await call('POST', url, { body: fixture(name) })).status, 200, name)
    }
    const names = new Set([...parts.state.episodes.values()].flatMap(({ labels }) => [...labels.keys()]))
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) assert.ok(names.has(name), name)
  })

  test('a pair that tells of one firing four times, in a wrong order, tells of one episode', async (t) => {
    const { call, parts } = await open(t)
    for (const name of ['30-ha-out-of-order-1-firing-from-A', '31-ha-out-of-order-2-resolved-from-A', '32-ha-out-of-order-3-firing-from-B', '33-ha-out-of-order-4-resolved-from-B']) {
      assert.equal((await call('POST', url, { body: fixture(`${name}.json`) })).status, 200)
    }
    assert.deepEqual([...parts.state.episodes.values()].map(({ status }) => status), ['resolved'])
  })
})

describe("Grafana's webhook", () => {
  const secret = 'hush'
  const now = 1_760_000_000_000
  const stamp = String(now / 1000)
  const body = JSON.stringify(notification(1))
  const sign = (text: string, key = secret): string => createHmac('sha256', key).update(text).digest('hex')
  const grafana = { secret: () => secret, signatureHeader: 'X-Grafana-Alerting-Signature', timestampHeader: 'X-Stamp' }

  const rows: [headers: Record<string, string>, status: number, because: string][] = [
    [{ 'x-grafana-alerting-signature': sign(`${stamp}:${body}`), 'x-stamp': stamp }, 200, 'signed with its time'],
    [{ 'x-grafana-alerting-signature': sign(`${stamp}:${body}`).toUpperCase(), 'x-stamp': stamp }, 200, 'hex is hex'],
    [{}, 401, 'not signed'],
    [{ 'x-grafana-alerting-signature': sign(body), 'x-stamp': stamp }, 401, 'its time is not signed'],
    [{ 'x-grafana-alerting-signature': sign(`${stamp}:${body}`) }, 401, 'no time'],
    [{ 'x-grafana-alerting-signature': sign(`${stamp}:${body}`, 'other'), 'x-stamp': stamp }, 401, 'another secret'],
    [{ 'x-grafana-alerting-signature': sign(`${Number(stamp) - 301}:${body}`), 'x-stamp': String(Number(stamp) - 301) }, 401, 'a replay of what was said long ago'],
    [{ 'x-grafana-alerting-signature': sign(`${Number(stamp) + 301}:${body}`), 'x-stamp': String(Number(stamp) + 301) }, 401, 'a time to come is no better'],
    [{ 'x-grafana-alerting-signature': sign(`${Number(stamp) - 200}:${body}`), 'x-stamp': String(Number(stamp) - 200) }, 200, 'clocks differ a little'],
    [{ 'x-grafana-alerting-signature': 'zz', 'x-stamp': stamp }, 401, 'no hex'],
  ]
  for (const [headers, status, because] of rows) {
    test(`${status}: ${because}`, async (t) => {
      const { call, parts } = await open(t, { grafana, now: () => now })
      for (const method of ['POST', 'PUT']) {
        const answer = await call(method, '/webhooks/grafana', { body, headers })
        assert.equal(answer.status, status)
        if (status === 401) assert.equal(answer.json.code, 'BAD_SIGNATURE')
      }
      assert.equal(parts.state.episodes.size, status === 200 ? 1 : 0)
    })
  }

  test('without a timestamp header configured the body alone is signed', async (t) => {
    const { call } = await open(t, { grafana: { secret: () => secret, signatureHeader: grafana.signatureHeader } })
    assert.equal((await call('POST', '/webhooks/grafana', { body, headers: { 'x-grafana-alerting-signature': sign(body) } })).status, 200)
  })

  test("the signature stands for a token there, and nowhere else", async (t) => {
    const tokens = [{ name: 'ann', role: 'viewer' as const, sha256: 'ab'.repeat(32) }]
    const { call } = await open(t, { grafana: { secret: () => secret, signatureHeader: grafana.signatureHeader }, tokens })
    const headers = { 'x-grafana-alerting-signature': sign(body) }
    assert.equal((await call('POST', '/webhooks/grafana', { body, headers })).status, 200)
    assert.equal((await call('POST', url, { body, headers })).status, 401)
  })
})
