import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { checkStructure } from '../../src/http/prepare.ts'
import { notification, open } from './door.ts'
import { manyAlerts } from '../fixtures/many-alerts.ts'

const url = '/webhooks/alertmanager'
const MB = 1024 * 1024

const dial = (port: number): Promise<Socket> => new Promise((resolve, reject) => {
  const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject)
})
const all = (socket: Socket): Promise<string> => new Promise((resolve) => {
  let text = ''
  socket.on('data', (chunk) => (text += chunk)).on('error', () => {}).on('close', () => resolve(text))
})

/** How long the loop is kept busy in each turn. */
const turnMs = 3

test('a stop behind a thousand new connections waits for few turns of the loop, not for a turn each', async (t) => {
  const { door, call } = await open(t)
  const port = door.address.port
  const sockets = Array.from({ length: 1000 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  t.after(() => sockets.forEach((socket) => socket.destroy()))
  let turns = 0
  let over = false
  const busy = (): void => {
    turns++
    for (const until = performance.now() + turnMs; performance.now() < until;);
    if (!over) setImmediate(busy)
  }
  setImmediate(busy)
  const { status } = await call('POST', '/v1/stops')
  over = true
  assert.equal(status, 201)
  assert.ok(turns < 400, `it took ${turns} turns`)
})

test('an address that is in use is refused, though ours is shared', async (t) => {
  const { door } = await open(t)
  await assert.rejects(open(t, { listen: { host: '127.0.0.1', port: door.address.port } }), { code: 'EADDRINUSE' })
})

describe('bounds', () => {
  test('a body over 16 MB is 413, whether it says its length or not', async (t) => {
    const { door, parts } = await open(t)
    for (const headers of [{ 'content-length': String(17 * MB) }, { 'transfer-encoding': 'chunked' }]) {
      const status = await new Promise<number>((resolve, reject) => {
        const req = request(`${door.url}${url}`, { method: 'POST', headers }, (res) => resolve(res.resume().statusCode!))
        req.on('error', reject)
        for (let i = 0; i < 17; i++) req.write(Buffer.alloc(MB, 0x20))
        req.end()
      })
      assert.equal(status, 413)
    }
    assert.equal(parts.entries.length, 0)
  })

  test('a body that inflates to more is 413, and is never inflated whole', async (t) => {
    const { call } = await open(t)
    const body = gzipSync(Buffer.alloc(400 * MB))
    assert.ok(body.length < MB)
    assert.equal((await call('POST', url, { body, headers: { 'content-encoding': 'gzip' } })).json.code, 'TOO_LARGE')
  })

  test('a few kilobytes that inflate to millions of lists are refused beside the main thread, and a stop waits for none of it', async (t) => {
    const { call } = await open(t)
    const body = gzipSync(`{"alerts":[${'[],'.repeat(5_000_000)}[]]}`)
    assert.ok(body.length < 16 * 1024)
    const { json } = await call('POST', url, { body, headers: { 'content-encoding': 'gzip' } })
    assert.deepEqual([json.code, json.detail], ['BAD_JSON', 'The body is nested in a way that no notification is.'])
  })

  test('what says gzip and is not, and what comes in another coding, is 415', async (t) => {
    const { call } = await open(t)
    for (const encoding of ['gzip', 'br', 'gzip, gzip']) {
      assert.equal((await call('POST', url, { body: 'plain', headers: { 'content-encoding': encoding } })).json.code, 'BAD_ENCODING', encoding)
    }
  })

  test('16 MB of real alerts are taken', async (t) => {
    const { call } = await open(t)
    const body = manyAlerts(25_200)
    assert.ok(body.length > 15 * MB && body.length < 16 * MB, String(body.length))
    const { status, json } = await call('POST', url, { body })
    assert.deepEqual([status, json.accepted], [200, 25_200])
  })

  const structures: [body: string, fine: boolean, because: string][] = [
    ['['.repeat(200_000), false, 'memory would grow a hundredfold'],
    [`[${'[],'.repeat(100_000)}1]`, false, 'flat, but nothing but lists'],
    [JSON.stringify(notification(2000)), true, 'alerts'],
    [`{"a":"${'[{'.repeat(100_000)}"}`, true, 'in a text they are text'],
    [`{"a":"${'\\"['.repeat(100_000)}"}`, true, 'an escaped quote does not end a text'],
    [`{"a":"\\\\",${'"b":[],'.repeat(50_000)}"c":1}`, false, 'an escaped backslash does not keep it open'],
    [`{"a":"${'x'.repeat(1000)}`, true, 'a text without an end is for the parser'],
  ]
  for (const [body, fine, because] of structures) {
    test(`${body.slice(0, 20)}… is ${fine ? 'parsed' : 'refused before it is parsed'}: ${because}`, () => {
      if (fine) checkStructure(Buffer.from(body))
      else assert.throws(() => checkStructure(Buffer.from(body)), { code: 'BAD_JSON' })
    })
  }

  test('bodies that are held together have a bound, and it is given back', async (t) => {
    const { call, parts } = await open(t, { limits: { bodyBytes: 3 * MB } })
    const held = Promise.withResolvers<void>()
    parts.before = () => held.promise
    const body = JSON.stringify(notification(1, { padding: 'x'.repeat(2 * MB) }))
    const first = call('POST', url, { body })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const second = await call('POST', url, { body })
    assert.deepEqual([second.status, second.json.code, second.headers.has('retry-after')], [503, 'QUEUE_FULL', true])
    held.resolve()
    assert.equal((await first).status, 200)
    assert.equal((await call('POST', url, { body })).status, 200)
  })

  test('so many notifications at once, then BUSY; stops are not among them', async (t) => {
    const { door, call, parts } = await open(t, { limits: { notifications: 2 } })
    const held = Promise.withResolvers<void>()
    parts.before = () => held.promise
    const waiting = [call('POST', url, { body: notification(1) }), call('POST', url, { body: notification(1) })]
    while (door.load().notifications < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal((await call('POST', url, { body: notification(1) })).json.code, 'BUSY')
    assert.equal((await call('POST', '/v1/stops')).status, 201)
    assert.equal((await call('GET', '/metrics')).status, 200)
    held.resolve()
    for (const one of waiting) assert.equal((await one).status, 200)
  })
})

describe('slow and broken senders', () => {
  test('headers that do not come are cut', async (t) => {
    const { door } = await open(t, { limits: { headersMs: 300, requestMs: 600 } })
    const socket = await dial(door.address.port)
    socket.write('POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\n')
    assert.match(await all(socket), /^HTTP\/1\.1 408 .*problem\+json.*"code":"TIMEOUT"/s)
  })

  test('a connection on which nothing ever comes is cut', async (t) => {
    const { door } = await open(t, { limits: { headersMs: 300, requestMs: 600 } })
    await all(await dial(door.address.port))
  })

  test('a body that trickles is cut, and nothing of it is kept', async (t) => {
    const { door, parts, call } = await open(t, { limits: { headersMs: 300, requestMs: 600, bodyBytes: MB } })
    const socket = await dial(door.address.port)
    socket.write('POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n')
    const trickle = setInterval(() => socket.write('x'.repeat(10_000), () => {}), 50)
    await all(socket)
    clearInterval(trickle)
    assert.equal(parts.entries.length, 0)
    assert.equal((await call('POST', url, { body: JSON.stringify(notification(1, { padding: 'x'.repeat(900_000) })) })).status, 200, 'its share was given back')
  })

  test('a sender that goes away leaves nothing behind', async (t) => {
    const { door, problems, call } = await open(t, { limits: { bodyBytes: MB } })
    const socket = await dial(door.address.port)
    socket.write(`POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n${'x'.repeat(800_000)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal((await call('POST', url, { body: JSON.stringify(notification(1, { padding: 'x'.repeat(900_000) })) })).status, 200)
    assert.deepEqual(problems, [])
  })

  test('what is not HTTP is answered with a problem, and the connection ends', async (t) => {
    const { door } = await open(t)
    const socket = await dial(door.address.port)
    socket.write('HELO there\r\n\r\n')
    assert.match(await all(socket), /^HTTP\/1\.1 400 .*"code":"BAD_REQUEST"/s)
    const big = await dial(door.address.port)
    big.write(`GET /livez HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`)
    assert.match(await all(big), /^HTTP\/1\.1 431 .*"code":"HEADERS_TOO_LARGE"/s)
  })

  test('from one port of a caller to two addresses of ours are two connections', { skip: process.platform !== 'linux' && 'only Linux has all of 127/8' }, async (t) => {
    const { door } = await open(t, { listen: { host: '0.0.0.0', port: 0 } })
    const from = (host: string, localPort = 0): Promise<Socket> => new Promise((resolve, reject) => {
      const socket = connect({ port: door.address.port, host, localAddress: '127.0.0.1', localPort }, () => resolve(socket)).once('error', reject)
      t.after(() => socket.destroy())
    })
    const first = await from('127.0.0.1')
    for (const socket of [first, await from('127.0.0.2', first.localPort)]) {
      socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n')
      await new Promise((answered) => socket.once('data', answered))
    }
    assert.equal(door.load().connections, 2)
  })

  test('one connection too many takes the place of the idlest: a stop always gets in', async (t) => {
    const { door, call } = await open(t, { limits: { connections: 100 } })
    const sockets = await Promise.all(Array.from({ length: 300 }, async (_, i) => {
      const socket = await dial(door.address.port)
      socket.on('error', () => {})
      // Some that say nothing, most in the middle of a body.
      if (i % 3 !== 0) socket.write('POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{')
      return socket
    }))
    t.after(() => sockets.forEach((socket) => socket.destroy()))
    while (sockets.filter(({ destroyed, readyState }) => destroyed || readyState !== 'open').length < 200) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal(door.load().connections, 100)
    assert.equal((await call('POST', '/v1/stops')).status, 201)
    assert.ok(sockets.filter(({ destroyed, readyState }) => !destroyed && readyState === 'open').length <= 100)
  })
})

test('a stop, health and metrics are answered while 16 MB bodies are being parsed', async (t) => {
  const { door, call, parts } = await open(t)
  const big = Buffer.from(manyAlerts(25_000))
  const flood = Array.from({ length: 4 }, () => call('POST', url, { body: big }))
  let done = 0
  for (const one of flood) void one.then(() => done++)
  const before: number[] = []
  for (let i = 0; done === 0 || i < 3; i++) {
    const at = performance.now()
    const [stop, metrics, health] = await Promise.all([call('POST', '/v1/stops'), call('GET', '/metrics'), call('GET', '/healthz')])
    assert.deepEqual([stop.status, metrics.status, health.status], [201, 200, 200])
    before.push(performance.now() - at)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  for (const { status, json } of await Promise.all(flood)) assert.ok(status === 200 || json.code === 'QUEUE_FULL', `${status}`)
  t.diagnostic(`slowest round beside the flood: ${Math.round(Math.max(...before))} ms`)
  assert.ok(before.length >= 3 && parts.state.stops.size >= 3)
  assert.ok(door.url)
})

test('closing lets what is being answered end, and ends event streams', async (t) => {
  const { door, parts, call } = await open(t)
  const held = Promise.withResolvers<void>()
  parts.before = () => held.promise
  const answer = call('POST', url, { body: notification(1) })
  const stream = await fetch(`${door.url}/v1/events`)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const closed = door.close(5000)
  setTimeout(() => held.resolve(), 50)
  assert.equal((await answer).status, 200)
  await stream.text()
  await closed
  await assert.rejects(fetch(door.url))
})
