/** Rules 13 to 19 of docs/protocol.md: what is judged, what counts, and who goes first. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { room } from '../../src/core/counter.ts'
import { targetTake } from '../../src/core/decide.ts'
import { judgementsDue, plansDue, stepsDue } from '../../src/core/due.ts'
import type { Take } from '../../src/core/plan.ts'
import { preferred } from '../../src/core/rendezvous.ts'
import { lost, plan, seat, Story } from './story.ts'

const once: Take = { key: 'rate:all', max: 1, window: { ms: 10_000 }, policy: 'rate', reason: 'rate', otherwise: 'wait' }

test('rule 13 and 14: two deciders that judged the same past start one, not two', () => {
  const story = new Story()
  const [one, two] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.decideStart(one, [once], 'A').decideStart(two, [once], 'B')
  story.claim(one, 0, 'A')
  story.claim(two, 0, 'B')
  assert.equal(one.state, 'running')
  assert.equal(two.state, 'waiting')
  assert.equal(two.wait?.until, one.steps[0]!.jobs[0]!.startedAt! + 10_000)
})

test('rule 14: a stop, or another catalogue, after the position judged at voids the claim', () => {
  for (const after of ['stop', 'stop and lift', 'catalogue'] as const) {
    const story = new Story()
    const workflow = story.workflow()
    story.decideStart(workflow)
    if (after === 'catalogue') {
      story.says({ kind: 'catalogue announced', catalogue: { digest: 'z', routes: [], runbooks: {}, policies: {} } })
      story.says({ kind: 'catalogue activated', digest: 'z', was: '' })
    } else {
      story.stop('s')
      if (after === 'stop and lift') story.lift('s')
    }
    story.claim(workflow)
    assert.notEqual(workflow.state, 'running', after)
    assert.equal(workflow.started, false, after)
  }
})

test('rule 14: later claims look at the stop, the holder and the step, and at no take', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.decideStart(workflow, [once]).done(workflow, 0, story.claim(workflow))
  story.claim(workflow, 1, 'B')
  assert.equal(workflow.steps[1]!.jobs[0]!.state, 'open', 'A holds it')
  story.claim(workflow, 1, 'A')
  assert.equal(workflow.steps[1]!.jobs[0]!.state, 'claimed')
})

test('rule 14: a first step that is offered again counts again', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.decideStart(workflow, [once]).claim(workflow, 0, 'B')
  story.says(lost('B'))
  story.decideStart(workflow, [once]).claim(workflow, 0, 'A')
  assert.equal(workflow.state, 'waiting')
  story.later(10_000).decideStart(workflow, [once]).claim(workflow, 0, 'A')
  assert.equal(workflow.state, 'running')
  assert.equal(room(story.state, { ...once, max: 9 }, story.at, '').used, 1)
})

test('rule 17: neither the decision nor what its plan read is older than 30 s when the first step is claimed', () => {
  for (const [readFor, decidedFor, state] of [[0, 29_000, 'running'], [0, 31_000, 'ready'], [20_000, 15_000, 'ready']] as const) {
    const story = new Story()
    const workflow = story.workflow()
    story.later(readFor).decideStart(workflow).later(decidedFor).claim(workflow)
    assert.equal(workflow.state, state, `${readFor} ms after it was read, and then ${decidedFor}`)
  }
})

test('rule 14: a workflow of several targets holds every one of them, or none', () => {
  const story = new Story()
  const [web, api] = ['id-web', 'id-api'].map((id) => targetTake('local', id)) as [Take, Take]
  const holders = () => [web, api].map(({ key }) => [...(story.state.counters.get(key)?.holders.keys() ?? [])])
  const one = story.workflow({ id: 'one', target: 'api', effects: ['repeatable'] })
  const wide = story.workflow({ id: 'wide', effects: ['repeatable'], each: ['web', 'api'] })
  // Both were judged when both targets were free.
  story.decideStart(wide, [web, api], 'B').decideStart(one, [api])
  const claim = story.claim(one)
  story.claim(wide, 0, 'B')
  assert.deepEqual([wide.state, wide.wait?.key, holders()], ['waiting', api.key, [[], ['one']]], 'web is not held by who cannot have api')
  story.done(one, 0, claim).says({ kind: 'ended', workflow: 'one', turn: one.turn, state: 'healed', reason: 'alert gone', detail: '' })
  story.decideStart(wide, [web, api], 'B').claim(wide, 0, 'B')
  assert.deepEqual([wide.state, holders()], ['running', [['wide'], ['wide']]])
})

test('rule 15: who waits for a key stands in line, and only the head is due when it frees', () => {
  const story = new Story()
  const take = targetTake('local', 'id-web')
  const workflows = [0, 1, 2].map(() => story.workflow({ target: 'web', effects: ['repeatable'] }))
  for (const workflow of workflows) story.decideStart(workflow, [take])
  const claim = story.claim(workflows[0]!)
  story.claim(workflows[1]!)
  story.claim(workflows[2]!)
  assert.deepEqual(workflows.map((one) => one.state), ['running', 'waiting', 'waiting'])
  assert.deepEqual(judgementsDue(story.state, seat(story)), [])
  story.done(workflows[0]!, 0, claim).says({ kind: 'ended', workflow: workflows[0]!.id, turn: workflows[0]!.turn, state: 'healed', reason: 'alert gone', detail: '' })
  assert.deepEqual(judgementsDue(story.state, seat(story)).map((one) => one.id), [workflows[1]!.id])
})

test('rule 15: preference counts from when work could be gone on with: the others leave it alone for a second each, from then on', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.decideStart(workflow)
  const [first, second] = preferred(workflow.id, ['A', 'B'])
  const mine = (me: string, now = story.at): number => stepsDue(story.state, { me, live: ['A', 'B'], now }).length
  assert.deepEqual([mine(first!), mine(second!), mine(second!, story.at + 1000)], [1, 0, 1])
  story.later(20_000).claim(workflow, 0, 'C')
  assert.equal(workflow.holder, 'C')
  story.says(lost('C'), 'A')
  story.decideStart(workflow)
  assert.deepEqual([mine(first!), mine(second!)], [1, 0], 'from when its runner was lost on, not from when it was first startable')
})

test('rule 16: whoever claims a `once` step and is lost before it began leaves it in doubt; a claim let go unstarted does not', () => {
  const one = new Story()
  const first = one.workflow({ effects: ['once'] })
  one.decideStart(first).claim(first, 0, 'B')
  one.says(lost('B'))
  assert.deepEqual([first.state, first.reason], ['failed', 'in doubt'])

  const two = new Story()
  const second = two.workflow({ effects: ['once'] })
  two.decideStart(second)
  two.says({ kind: 'let go', workflow: second.id, claim: two.claim(second), how: 'never started', survivors: 0, tookMs: 0 })
  assert.equal(second.state, 'ready')
})

test('rule 17: at `until` everything is judged again, and by facts that are no older than 30 s', () => {
  const story = new Story()
  const [one, two] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.decideStart(one, [once]).claim(one)
  story.decideStart(two, [once]).claim(two)
  assert.deepEqual(judgementsDue(story.state, seat(story)), [])
  story.later(10_000)
  assert.deepEqual(judgementsDue(story.state, seat(story)), [two])
  assert.equal(story.judge(two).outcome, 'start')
  story.later(30_000)
  assert.equal(story.judge(two).outcome, 'plan again')
  story.says({ kind: 'decided', ...story.judge(two) })
  assert.deepEqual(plansDue(story.state, seat(story)), [two])
})

test('rule 18: an approval counts once, while it is asked for, and for the plan that was shown', () => {
  const story = new Story()
  const workflow = story.workflow({ mode: 'approve' })
  story.says({ kind: 'decided', ...story.judge(workflow) })
  assert.equal(workflow.state, 'asking')
  story.says({ kind: 'approved', workflow: workflow.id, plan: 'another plan', who: 'ann', why: '' })
  assert.equal(workflow.state, 'asking')
  story.says({ kind: 'approved', workflow: workflow.id, plan: workflow.plan!.digest, who: 'ann', why: '' })
  assert.equal(workflow.state, 'ready')
  assert.equal(story.judge(workflow).outcome, 'start')
})

test('rule 18: another plan drops the approval, the same plan made anew keeps it', () => {
  for (const [targets, outcome] of [[['web'], 'start'], [['web', 'api'], 'ask']] as const) {
    const story = new Story()
    const workflow = story.workflow({ mode: 'approve' })
    story.says({ kind: 'decided', ...story.judge(workflow) })
    const { digest } = workflow.plan!
    story.says({ kind: 'approved', workflow: workflow.id, plan: digest, who: 'ann', why: '' })
    story.says({ kind: 'decided', ...story.judge(workflow, { at: story.at + 31_000 }) })
    assert.equal(workflow.state, 'planning')
    const again = plan(targets, story.at)
    story.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: outcome === 'start' ? { ...again, digest } : again })
    assert.equal(story.judge(workflow).outcome, outcome)
  }
})

test('rule 18: an approval sets aside nothing but the question', () => {
  const story = new Story()
  const workflow = story.workflow({ mode: 'approve' })
  story.says({ kind: 'decided', ...story.judge(workflow) })
  story.says({ kind: 'approved', workflow: workflow.id, plan: workflow.plan!.digest, who: 'ann', why: '' })
  story.stop('s')
  assert.deepEqual([story.judge(workflow).outcome, story.judge(workflow).reason], ['wait', 'stopped'])
})

test('rule 19: the lease of a target is on the provider\'s stable id, not on its name', () => {
  const story = new Story()
  const [web, api] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.says({ kind: 'decided', ...story.judge(web) }).claim(web)
  const renamed = { ...api.plan!, targets: [{ name: 'api', id: 'id-web' }] }
  assert.equal(story.judge({ ...api, plan: renamed }).reason, 'target busy')
})
