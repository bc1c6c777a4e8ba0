/** What the one way to the outside does about an outside that fails, hangs, asks for a pause, or has more than one address. */
import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test, type TestContext } from 'node:test'
import { Edge, type Ask, type EdgeOptions, type Meaning } from '../../src/edge/edge.ts'
import { EdgeError, type EdgeErrorName } from '../../src/edge/error.ts'
import { createHttp, httpMeaning } from '../../src/edge/http.ts'
import { usualSettings, type EdgeSettings } from '../../src/edge/settings.ts'

const quick: EdgeSettings = { ...usualSettings, retry: { ...usualSettings.retry, firstMs: 5, mostMs: 20, tries: 3 } }
const edgeWith = (more: Partial<EdgeSettings> = {}, options: Partial<EdgeOptions> = {}): Edge =>
  new Edge({ name: 'cloud', settings: { ...quick, ...more }, meaning: (error) => (error as { means?: Meaning }).means ?? 'fault', ...options })

const never = new AbortController().signal
const says = (means: Meaning): Error => Object.assign(new Error('the outside said so'), { means })
const ask = <T>(run: Ask<T>['run'], more: Partial<Ask<T>> = {}): Ask<T> => ({ effect: 'repeatable', signal: never, deadlineMs: 30_000, run, ...more })
const named = (name: EdgeErrorName) => (error: unknown): boolean => error instanceof EdgeError && error.name === name

/** Counts how often it was called, and answers by turn; the last answer stays. */
function outside(...answers: readonly (Error | 'hangs' | number)[]) {
  const seen = { calls: 0 }
  return Object.assign(seen, {
    run: async (): Promise<number> => {
      const answer = answers[Math.min(seen.calls++, answers.length - 1)]!
      if (answer === 'hangs') return new Promise<never>(() => undefined)
      if (answer instanceof Error) throw answer
      return answer
    },
  })
}

describe('an edge', () => {
  test('a call without a deadline is not made', async () => {
    const target = outside(1)
    // @ts-expect-error A call needs a deadline: without one it does not compile.
    const unbounded: Ask<number> = { effect: 'read', signal: never, run: target.run }
    await assert.rejects(edgeWith().call(unbounded), named('NoDeadline'))
    assert.equal(target.calls, 0)
  })

  test('retries what may be repeated, and only that', async () => {
    const [faults, once, refused, late] = [outside(says('fault'), says('fault'), 7), outside(says('fault'), 7), outside(says('answered'), 7), outside(says('fault'))]
    assert.equal(await edgeWith().call(ask(faults.run)), 7)
    await assert.rejects(edgeWith().call(ask(once.run, { effect: 'once' })), /said so/)
    await assert.rejects(edgeWith().call(ask(refused.run)), /said so/)
    await assert.rejects(edgeWith().call(ask(late.run)), /said so/)
    assert.deepEqual([faults.calls, once.calls, refused.calls, late.calls], [3, 1, 1, 3])
  })

  test('a series of tries is one failure: six of them open the breaker, and then nothing is called', async () => {
    const edge = edgeWith({ retry: { ...quick.retry, saved: 100 } })
    const target = outside(says('fault'))
    for (let i = 0; i < 6; i++) await assert.rejects(edge.call(ask(target.run)), /said so/)
    assert.equal(target.calls, 18)
    for (let i = 0; i < 20; i++) await assert.rejects(edge.call(ask(target.run)), named('BreakerOpen'))
    assert.equal(target.calls, 18)
    assert.equal(edge.view().breakers[0]?.state, 'open')
    assert.ok(edge.view().degraded)
    const other = outside(7)
    assert.equal(await edge.call(ask(other.run, { target: 'another' })), 7, 'another target is not held up')
  })

  test('what the outside refuses leaves the breaker closed', async () => {
    const edge = edgeWith()
    for (let i = 0; i < 10; i++) await assert.rejects(edge.call(ask(outside(says('answered')).run)), /said so/)
    assert.deepEqual([edge.view().breakers, edge.view().degraded, edge.view().retried], [[], false, 0])
  })

  test('a call that hangs ends by its deadline, also where it does not listen; a pause that would outlive it is not begun', async () => {
    const target = outside('hangs')
    await assert.rejects(edgeWith().call(ask(target.run, { deadlineMs: 30 })), named('DeadlineOver'))
    const slow = outside(says({ afterMs: 60_000 }))
    await assert.rejects(edgeWith().call(ask(slow.run)), /said so/)
    assert.equal(slow.calls, 1)
  })

  test('a try that hangs leaves time for another', async () => {
    const target = outside('hangs', 7)
    assert.equal(await edgeWith({ retry: { ...quick.retry, tryMs: 20 } }).call(ask(target.run)), 7)
  })

  test('whoever gives up a call ends it, its pause too, and it is no word about the outside', async () => {
    const edge = edgeWith({ retry: { ...quick.retry, firstMs: 20_000, mostMs: 20_000 } })
    const stop = new AbortController()
    const target = outside(says('fault'))
    const asked = edge.call(ask(target.run, { signal: stop.signal }))
    await sleep(20)
    stop.abort(new Error('the step was killed'))
    await assert.rejects(asked, /the step was killed/)
    assert.deepEqual([target.calls, edge.view().breakers], [1, []])
  })

  test('chance is a value: the same seed makes the same pauses', async () => {
    const pausesOf = async (): Promise<number[]> => {
      let at = 0
      let seed = 7
      const times: number[] = []
      const edge = edgeWith({}, { now: () => at, random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647 })
      await assert.rejects(edge.call(ask(async () => (times.push(seed), (at += 1), Promise.reject(says('fault'))))))
      return times
    }
    assert.deepEqual(await pausesOf(), await pausesOf())
  })

  test('one target that hangs leaves room for others, and bounds who waits', async () => {
    const edge = edgeWith()
    const stop = new AbortController()
    const hanging = Array.from({ length: 30 }, () => edge.call(ask(outside('hangs').run, { target: 'sick', signal: stop.signal })).catch((error: Error) => error))
    await sleep(5)
    assert.equal(edge.view().inFlight, 4)
    assert.equal(await edge.call(ask(outside(7).run, { target: 'well' })), 7)
    stop.abort(new Error('enough'))
    const ends = await Promise.all(hanging)
    assert.equal(ends.filter(named('TooManyWaiting')).length, 30 - 4 - 16)
    assert.deepEqual([edge.view().inFlight, edge.view().waiting], [0, 0])
  })

  test('never more calls at once than the edge may have, and all come to their turn', async () => {
    const edge = edgeWith({ bulkhead: { atOnce: 20, perTarget: 20, waiting: 200 } })
    let [now, most] = [0, 0]
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => edge.call(ask(async () => {
      most = Math.max(most, ++now)
      await sleep(2)
      now -= 1
      return index
    }))))
    assert.deepEqual([most, answers.at(-1)], [20, 99])
  })

  test('calls go out no faster than they may, and who would wait too long is told at once', async () => {
    let at = 0
    const edge = edgeWith({ perSecond: 10 }, { now: () => at })
    for (let i = 0; i < 2; i++) assert.equal(await edge.call(ask(outside(7).run)), 7)
    await assert.rejects(edge.call(ask(outside(7).run, { deadlineMs: 50 })), named('RateLimited'))
    at += 1000
    assert.equal(await edge.call(ask(outside(7).run, { deadlineMs: 50 })), 7)
  })

  test('goes to another address at once, and benches one that keeps failing', async () => {
    let at = 0
    const calls: string[] = []
    const edge = edgeWith({}, { endpoints: ['a', 'b'], now: () => at })
    const call = (): Promise<string> => edge.call(ask(async ({ endpoint }) => {
      calls.push(endpoint)
      if (endpoint === 'a') throw says('fault')
      return endpoint
    }))
    for (let i = 0; i < 8; i++) assert.equal(await call(), 'b')
    assert.equal(calls.filter((one) => one === 'a').length, 3, 'three failures, then the bench')
    assert.ok((edge.view().endpoints[0]?.benchedForMs ?? 0) > 0)
    at += 30_001
    for (let i = 0; i < 2; i++) await call()
    assert.equal(calls.filter((one) => one === 'a').length, 4, 'then it is tried once more')
  })

  test('can be switched: off, an answer of its own, nothing between', async () => {
    const target = outside(7)
    await assert.rejects(edgeWith({ mode: 'off' }).call(ask(target.run)), named('EdgeOff'))
    await assert.rejects(edgeWith({ mode: 'mock' }).call(ask(target.run)), named('EdgeOff'), 'what cannot be done without is never made up')
    assert.equal(await edgeWith({ mode: 'mock' }).call(ask(target.run, { mock: () => 3 })), 3)
    assert.equal(target.calls, 0)
    assert.equal(await edgeWith({ mode: 'direct' }).call(ask(target.run)), 7)
  })
})

describe('HTTP over an edge', () => {
  const serve = async (t: TestContext, answer: (res: ServerResponse, count: number) => void): Promise<{ url: string; server: Server; sockets: Set<unknown> }> => {
    let count = 0
    const sockets = new Set<unknown>()
    const server = createServer((_, res) => answer(res, ++count)).on('connection', (socket) => sockets.add(socket))
    await new Promise<void>((go) => server.listen(0, '127.0.0.1', go))
    t.after(() => (server.closeAllConnections(), new Promise((go) => server.close(go))))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server, sockets }
  }
  const httpEdge = (): Edge => edgeWith({ bulkhead: { atOnce: 8, perTarget: 8, waiting: 500 } }, { meaning: httpMeaning })

  const faults: [what: string, answer: (res: ServerResponse) => void, tries: number, error: RegExp][] = [
    ['a 404 is an answer', (res) => res.writeHead(404).end(), 1, /404/],
    ['a redirect is not followed', (res) => res.writeHead(302, { location: 'http://169.254.169.254/' }).end(), 3, /302/],
    ['a 500 is a fault', (res) => res.writeHead(500).end(), 3, /500/],
    ['a 503 is a fault', (res) => res.writeHead(503).end(), 3, /503/],
    ['a 429 is obeyed', (res) => res.writeHead(429, { 'retry-after': '3600' }).end(), 1, /429/],
    ['garbage is a fault', (res) => res.end('{"half'), 3, /JSON/],
    ['half a body is a fault', (res) => (res.writeHead(200, { 'content-length': 100 }).write('{'), setTimeout(() => res.destroy(), 5)), 3, /broke off|aborted|hang up|reset/],
    ['a cut is a fault', (res) => res.destroy(), 3, /hang up|reset/],
  ]
  for (const [what, answer, tries, error] of faults) {
    test(what, async (t) => {
      let calls = 0
      const { url } = await serve(t, (res) => (calls++, answer(res)))
      const http = createHttp({ sockets: 8 })
      t.after(http.close)
      await assert.rejects(httpEdge().call(ask((attempt) => http.json({ ...attempt, url }))), error)
      assert.equal(calls, tries)
    })
  }

  test('connections are kept and bounded', async (t) => {
    const { url, sockets } = await serve(t, (res, count) => res.end(String(count)))
    const http = createHttp({ sockets: 8 })
    t.after(http.close)
    const edge = httpEdge()
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 25 }, () => edge.call(ask((attempt) => http.json({ ...attempt, url })))))
    assert.ok(sockets.size <= 8, `${sockets.size} connections for 500 calls`)
  })
})
