/** What policies promise once the log is folded: whoever judged judged a past, and the claim is where it is counted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgementsDue, plansDue, stepsDue } from '../../src/core/due.ts'
import type { PolicyEntry } from '../../src/core/catalogue.ts'
import { evolve } from '../../src/core/evolve.ts'
import type { Plan } from '../../src/core/plan.ts'
import { initialState } from '../../src/core/state.ts'
import { labelled, resize } from './policies-judged.ts'
import { catalogueWith } from './story.ts'
import { fleet, minute, policy, said, Told, web } from './policies-story.ts'

/** Two servers judged the same past, each one of two plans. Alone each may; together they must not. */
const races: readonly [PolicyEntry, Plan, Plan, then: string][] = [
  [policy('one-domain', { label: 'zone' }), labelled({ web: { zone: 'a' } }), labelled({ api: { zone: 'b' } }), 'waiting one-domain'],
  [policy('healthy-floor', { min: 2, of: 'targets' }), { ...labelled({ web: {} }), observed: fleet([]) }, { ...labelled({ api: {} }), observed: fleet([]) }, 'ready catalogue'],
  [policy('breaker', { max: 1, in: '1h' }), labelled({ web: {} }), labelled({ api: {} }), 'ready catalogue'],
  [policy('caps', { max: 4, of: 'replicas', per: '1h' }), resize({ web: [1, 4] }), resize({ api: [1, 3] }), 'waiting caps'],
  [policy('caps', { max: 2, by: 'label:region' }), labelled({ web: { region: 'eu' }, db: { region: 'eu' } }), labelled({ api: { region: 'eu' } }), 'waiting caps'],
  [policy('ramp', {}), labelled({ web: {} }), labelled({ api: {} }), 'waiting ramp'],
  [policy('error-budget', { max: 1, in: '1h' }), labelled({ web: {} }), labelled({ api: {} }), 'waiting error-budget'],
  [policy('pause-after', { count: 1, for: '1m' }), labelled({ web: {} }), labelled({ api: {} }), 'waiting pause-after'],
  [policy('concurrency', { max: 1 }), labelled({ web: {} }), labelled({ api: {} }), 'waiting concurrency'],
]
for (const [rule, first, second, then] of races) {
  test(`${rule.type} ${JSON.stringify(rule.settings)} holds when two judged the same past`, () => {
    const story = new Told(rule)
    const [one, two] = [story.planned(first), story.planned(second)]
    story.decide(one).decide(two)
    assert.deepEqual([one.decision?.outcome, two.decision?.outcome], ['start', 'start'], 'each alone may')
    story.claim(one)
    story.claim(two)
    assert.deepEqual([one.state, said(two)], ['running', then])
    story.start(two)
    assert.notEqual(two.state, 'running', 'nor when it is judged again')
  })
}

test('one-domain: the other domain goes on when the first is done', () => {
  const story = new Told(policy('one-domain', { label: 'zone' }))
  const [one, two] = [story.planned(labelled({ web: { zone: 'a' } })), story.planned(labelled({ api: { zone: 'b' } }))]
  story.start(one).start(two)
  assert.equal(said(two), 'waiting one-domain')
  assert.deepEqual(judgementsDue(story.state, { me: 'A', live: ['A'], now: story.at }), [])
  story.end(one)
  assert.deepEqual(judgementsDue(story.state, { me: 'A', live: ['A'], now: story.at }), [two])
})

test('breaker: its trip is kept, also when the window is over, and closed by a person alone', () => {
  const story = new Told(policy('breaker', { max: 1, in: '10m' }))
  const one = story.planned(labelled({ web: {} }))
  story.start(one).end(one)
  const two = story.planned(labelled({ api: {} }))
  assert.equal(said(story.start(two) && two), 'refused breaker')
  story.later(60 * minute)
  const three = story.planned(labelled({ web: {} }))
  assert.equal(said(story.start(three) && three), 'refused breaker')
  assert.match(three.detail, /tripped, until a person closes it/)
  story.says({ kind: 'breaker closed', breaker: 'breaker', who: 'ann', why: 'looked' })
  const four = story.planned(labelled({ api: {} }))
  assert.equal(said(story.start(four) && four), 'running')
})

test('storm: begins with a floor that was reached, restarts with the next one, and ends', () => {
  const story = new Told(policy('healthy-floor', { min: 2 }), policy('storm', { for: '10m' }))
  const low = story.planned(resize({ web: [2, 1] }))
  assert.equal(said(story.start(low) && low), 'refused healthy-floor')
  story.later(9 * minute)
  const again = story.planned(resize({ api: [2, 1] }))
  assert.equal(said(story.start(again) && again), 'refused healthy-floor')
  story.later(9 * minute)
  const next = story.planned(resize({ web: [2, 3] }))
  assert.equal(said(story.start(next) && next), 'waiting storm')
  story.later(2 * minute)
  assert.deepEqual(judgementsDue(story.state, { me: 'A', live: ['A'], now: story.at }), [next])
  assert.equal(said(story.start(story.replan(next, resize({ web: [2, 3] }))) && next), 'running')
})

test('mass-failure: what asks counts, whether it was helped or not, and the whole of it is put before people', () => {
  const story = new Told(policy('mass-failure', { max: 3, in: '10m' }))
  const all = ['a', 'b', 'c', 'd'].map((name) => story.planned(labelled({ [name]: {} })))
  for (const workflow of all) story.start(workflow)
  assert.deepEqual(all.map(said), Array.from({ length: 4 }, () => 'refused mass-failure'), 'also those that came first: none was started before the fourth asked')
})

test('mass-failure: a start that was judged before the last of them asked is void', () => {
  const story = new Told(policy('mass-failure', { max: 1, in: '10m' }))
  const one = story.planned(labelled({ web: {} }))
  story.decide(one)
  story.planned(labelled({ api: {} }))
  story.claim(one)
  assert.equal(one.state, 'ready')
  assert.equal(said(story.start(one) && one), 'refused mass-failure')
})

test('pause-after: 12 targets, five at once, and at least a minute after the fifth of them has ended', () => {
  const story = new Told(policy('pause-after', { count: 5, for: '1m' }))
  const names = Array.from({ length: 12 }, (_, index) => `t${index}`)
  const workflow = story.planned(labelled(Object.fromEntries(names.map((name) => [name, {}]))))
  Object.assign(workflow.steps[0]!, { concurrency: 12 })
  story.decide(workflow)
  const begun: number[] = []
  const lastEnd: number[] = []
  for (let round = 0; round < 400 && workflow.state !== 'verifying'; round++) {
    const due = stepsDue(story.state, { me: 'A', live: ['A'], now: story.at })
    for (const { job } of due) {
      story.claim(workflow, 0, 'A', job)
      if (workflow.steps[0]!.jobs[job]!.state === 'claimed') begun.push(story.at)
    }
    // One of them ends every five seconds, so the fifth ends long after the first.
    story.later(5000)
    const running = workflow.steps[0]!.jobs.findIndex(({ state }) => state === 'claimed')
    if (running >= 0) {
      story.done(workflow, 0, workflow.steps[0]!.jobs[running]!.claim!, 'A', running)
      lastEnd.push(story.at)
    }
  }
  assert.equal(begun.length, 12)
  assert.ok(begun[5]! - lastEnd[4]! >= minute, `the sixth began ${begun[5]! - lastEnd[4]!} ms after the fifth ended`)
  assert.ok(begun[10]! - lastEnd[9]! >= minute, `the eleventh began ${begun[10]! - lastEnd[9]!} ms after the tenth ended`)
  assert.ok(begun[4]! < lastEnd[0]!, 'five at once')
})

test('error-budget: what could not be proved is spent, what healed is not', () => {
  const story = new Told(policy('error-budget', { max: 2, in: '1h' }))
  for (const [end, then] of [['healed', 'running'], ['unproven', 'running'], ['failed', 'running'], ['healed', 'refused error-budget']] as const) {
    const workflow = story.planned(labelled({ web: {} }))
    assert.equal(said(story.start(workflow) && workflow), then)
    if (workflow.state === 'running') story.end(workflow, end)
  }
})

test('ramp: one, then two, then four; and one that is not proved ends it', () => {
  const story = new Told(policy('ramp', { max: 4 }))
  const begin = (name: string) => {
    const workflow = story.planned(labelled({ [name]: {} }))
    story.start(workflow)
    return workflow
  }
  const wave = (names: readonly string[], most: number) => {
    const all = names.map(begin)
    assert.deepEqual(all.map(({ state }) => state), names.map((_, index) => (index < most ? 'running' : 'waiting')))
    return all.filter(({ state }) => state === 'running')
  }
  for (const one of wave(['a', 'b'], 1)) story.end(one)
  for (const one of wave(['c', 'd', 'e'], 2)) story.end(one)
  const four = wave(['f', 'g', 'h', 'i', 'j'], 4)
  story.end(four[0]!, 'unproven')
  const next = begin('k')
  assert.equal(said(next), 'refused ramp')
})

test('opposite: alternating alerts for ten minutes change the size once', () => {
  const story = new Told(policy('opposite', { for: '10m' }))
  let changes = 0
  for (let turn = 0; turn < 10; turn++) {
    const workflow = story.planned(resize({ web: turn % 2 === 0 ? [2, 3] : [3, 2] }))
    story.start(workflow)
    if (workflow.state === 'running') {
      if (turn % 2 === 1 || changes === 0) changes++
      story.end(workflow)
    } else story.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'cancelled', reason: 'cancelled', detail: '' })
    story.later(minute)
  }
  assert.equal(changes, 1)
})

test('slow-down: a hundred alerts take one replica in ten minutes, and add what they must', () => {
  const story = new Told(policy('slow-down', { max: 1, per: '10m' }))
  const begun = { up: 0, down: 0 }
  for (let second = 0; second < 100; second++) {
    const way = second % 2 === 0 ? 'down' : 'up'
    const workflow = story.planned(resize({ web: way === 'down' ? [5, 4] : [4, 5] }))
    story.start(workflow)
    if (workflow.state === 'running') {
      begun[way]++
      story.end(workflow)
    } else story.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'cancelled', reason: 'cancelled', detail: '' })
    story.later(1000)
  }
  assert.deepEqual(begun, { up: 50, down: 1 })
})

test('blocking-alerts: a start is void when one began to fire after it was judged, and goes on when it ends', () => {
  const story = new Told(policy('blocking-alerts', { alerts: ['Upgrading'] }))
  const workflow = story.planned(labelled({ web: {} }))
  story.decide(workflow)
  story.alert({ alertname: 'Upgrading' })
  story.claim(workflow)
  assert.equal(said(workflow), 'waiting blocking-alerts')
  story.alert({ alertname: 'Upgrading' }, { status: 'resolved' })
  assert.deepEqual(judgementsDue(story.state, { me: 'A', live: ['A'], now: story.at }), [workflow])
  assert.equal(said(story.start(workflow) && workflow), 'running')
})

test('a decision about the plan before is not taken for one about the same plan made again', () => {
  const story = new Told(policy('caps', { max: 9 }))
  const workflow = story.planned(web())
  const before = story.judge(workflow, { catalogue: catalogueWith(story.policies) })
  story.replan(workflow, web())
  story.says({ kind: 'decided', ...before })
  assert.equal(workflow.decision, undefined)
  assert.equal(workflow.state, 'ready')
})

test('a thousand that a stop held begin, once it is lifted, no faster than the rate and no more at once than the cap', () => {
  const story = new Told(policy('rate', { max: 20, per: '1m' }), policy('concurrency', { max: 8 }))
  const seat = () => ({ me: 'A', live: ['A'], now: story.at })
  story.stop('s')
  const all = Array.from({ length: 1000 }, (_, n) => story.planned(labelled({ [`t${n}`]: {} })))
  for (const workflow of all) story.decide(workflow)
  assert.deepEqual([new Set(all.map(said)), stepsDue(story.state, seat())], [new Set(['waiting stopped']), []])
  story.lift('s')
  for (let turns = 0; all.some(({ state }) => state !== 'healed'); turns++) {
    assert.ok(turns < 20_000, `${all.filter(({ state }) => state === 'healed').length} of 1000 after ${turns} turns`)
    const length = story.log.length
    for (const workflow of plansDue(story.state, seat())) story.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: labelled({ [workflow.targets[0]!]: {} }) })
    for (const workflow of judgementsDue(story.state, seat())) story.decide(workflow)
    for (const { workflow } of stepsDue(story.state, seat())) story.claim(workflow)
    for (const workflow of [...story.state.live.get('running')!]) if (story.at - workflow.since > 10_000) story.end(workflow)
    if (story.log.length === length) story.later(2000)
  }
  const again = initialState()
  const inFlight = story.log.map((read) => (evolve(again, read), again.live.get('running')!.size + again.live.get('verifying')!.size))
  const begun = all.flatMap(({ timeline }) => timeline.filter(({ state }) => state === 'running').map(({ at }) => at)).sort((a, b) => a - b)
  assert.equal(begun.length, 1000, 'each begins once')
  const inAMinute = begun.map((at, first) => begun.findLastIndex((one) => one < at + minute) - first + 1)
  assert.deepEqual([Math.max(...inFlight), Math.max(...inAMinute)], [8, 20], 'both are reached, and neither is exceeded')
})
