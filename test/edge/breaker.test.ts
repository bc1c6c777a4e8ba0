/** When a target that fails is left alone, and when it is tried again. The clock is a number here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker, type Outcome } from '../../src/edge/breaker.ts'
import { pauseMs, RetryBudget } from '../../src/edge/retry.ts'
import { usualSettings } from '../../src/edge/settings.ts'

const settings = usualSettings.breaker
const open = (chance = 0, more: Partial<typeof settings> = {}): Breaker => new Breaker({ ...settings, ...more }, () => chance)

function call(breaker: Breaker, outcome: Outcome, now: number): 'made' | 'open' | 'probing' {
  const pass = breaker.admit(now)
  if ('refused' in pass) return pass.refused
  breaker.report(pass, outcome, now)
  return 'made'
}
const fail = (breaker: Breaker, times: number, now = 0): string[] => Array.from({ length: times }, () => call(breaker, 'failed', now))

test('the sixth failure in a row opens it, and a success between begins anew', () => {
  const breaker = open()
  fail(breaker, 5)
  assert.equal(call(breaker, 'well', 0), 'made')
  fail(breaker, 5)
  assert.equal(call(breaker, 'failed', 0), 'made', 'five failures in a row are borne: the sixth call is made')
  assert.equal(call(breaker, 'well', 0), 'open')
  assert.equal(call(breaker, 'well', 9999), 'open')
})

test('half open, one call tries and the others are told so; well closes it, failed opens it for the whole time', () => {
  const breaker = open()
  fail(breaker, 6)
  const probe = breaker.admit(10_000)
  assert.ok(!('refused' in probe))
  assert.deepEqual(Array.from({ length: 9 }, () => call(breaker, 'well', 10_000)), Array(9).fill('probing'))
  breaker.report(probe, 'failed', 12_000)
  assert.equal(call(breaker, 'well', 21_999), 'open')
  assert.equal(call(breaker, 'well', 22_000), 'made')
  assert.equal(breaker.view(22_000).state, 'closed')
  assert.deepEqual(fail(breaker, 6, 22_000), Array(6).fill('made'), 'closed means six again')
})

test('a probe that was broken off here leaves the next one to try', () => {
  const breaker = open()
  fail(breaker, 6)
  assert.equal(call(breaker, 'neutral', 10_000), 'made')
  assert.equal(call(breaker, 'well', 10_000), 'made')
})

test('what began before it opened does neither close nor open it', () => {
  const breaker = open()
  const [late, later] = [breaker.admit(0), breaker.admit(0)]
  assert.ok(!('refused' in late) && !('refused' in later))
  fail(breaker, 6)
  breaker.report(late, 'well', 5)
  assert.equal(call(breaker, 'well', 5), 'open')
  const probe = breaker.admit(10_000)
  assert.ok(!('refused' in probe))
  breaker.report(later, 'failed', 10_001)
  assert.equal(breaker.view(10_001).state, 'half-open', 'an old failure is no word about the probe')
})

test('those that opened together do not probe together', () => {
  const instants = Array.from({ length: 20 }, (_, index) => {
    const breaker = open(index / 20)
    fail(breaker, 6)
    return 10_000 + (breaker.view(10_000).openForMs ?? 0)
  })
  assert.ok(Math.max(...instants) - Math.min(...instants) >= settings.jitterMs / 2)
})

test('by rate: half of at least so many calls of the last while', () => {
  const breaker = open(0, { mode: 'rate', calls: 10 })
  for (let i = 0; i < 9; i++) assert.equal(call(breaker, i % 2 === 0 ? 'failed' : 'well', i), 'made')
  assert.equal(breaker.view(9).state, 'closed', 'nine calls are too few to judge')
  assert.equal(call(breaker, 'failed', 9), 'made')
  assert.equal(call(breaker, 'well', 9), 'open')
  const patient = open(0, { mode: 'rate', calls: 10 })
  fail(patient, 9, 0)
  assert.deepEqual(fail(patient, 9, 40_000), Array(9).fill('made'), 'what was longer ago is forgotten')
})

test('one that has nothing to tell need not be kept', () => {
  const breaker = open()
  call(breaker, 'well', 0)
  assert.ok(breaker.isFresh(0))
  const pass = breaker.admit(0)
  assert.ok(!breaker.isFresh(0), 'a call is under way, and may fail')
  assert.ok(!('refused' in pass))
  breaker.report(pass, 'failed', 0)
  assert.ok(!breaker.isFresh(0))
})

test('pauses grow by half to their longest, each half longer or shorter by chance', () => {
  const { retry } = usualSettings
  const middles = [500, 750, 1125, 1687.5, 2531.25]
  assert.deepEqual(middles.map((_, index) => pauseMs(retry, index, () => 0.5)), middles)
  assert.deepEqual([pauseMs(retry, 0, () => 0), pauseMs(retry, 0, () => 1)], [250, 750])
  assert.deepEqual([pauseMs(retry, 40, () => 0), pauseMs(retry, 40, () => 1)], [30_000, 90_000], 'the longest is cut before the chance')
})

test('what only fails is retried ever less', () => {
  const budget = new RetryBudget(usualSettings.retry)
  const window = (): number => Array.from({ length: 50 }, () => {
    budget.earn()
    return Number(budget.spend()) + Number(budget.spend())
  }).reduce((sum, one) => sum + one, 0)
  const [first, second] = [window(), window()]
  assert.ok(first <= 20 && second <= 11 && second < first, `${first} then ${second} retries of 50 calls`)
})
