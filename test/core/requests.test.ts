/** The handshake of people and programs: submitted, executed, looked at; cancelled. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestsDue, stepsDue } from '../../src/core/due.ts'
import type { Submitted } from '../../src/core/entry.ts'
import type { Effect, Mode } from '../../src/core/catalogue.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { allowing, catalogueWith, plan, Story } from './story.ts'

const submitted = (workflow: string, { key = `ann\n${workflow}`, mode = 'auto', effect = 'repeatable' }: { key?: string; mode?: Mode; effect?: Effect } = {}): Submitted => ({
  kind: 'submitted', workflow, catalogue: 'c1', runbook: { name: 'fix', version: 1, digest: 'd' }, provider: 'local', targets: ['web'], params: {}, mode,
  steps: [{ name: 'step 1', effect, timeoutMs: 1000, each: false, concurrency: 1, onError: 'stop', memoryMb: 64 }],
  healedWithinMs: 60_000, probe: false, labels: [['team', 'shop']], who: 'ann', why: 'slow', key, body: 'b1',
})

const seat = (story: Story) => ({ me: 'A', live: ['A'], now: story.at })
const ready = (story: Story, id = 'r1', more: Parameters<typeof submitted>[1] = {}): Workflow => {
  story.says(submitted(id, more))
  const workflow = story.state.workflows.get(id)!
  story.says({ kind: 'planned', workflow: id, turn: workflow.turn, plan: plan(['web'], story.at) })
  story.says({ kind: 'decided', ...story.judge(workflow) })
  return workflow
}
const exec = (story: Story, workflow: Workflow, { id = 'e1', digest = workflow.plan!.digest } = {}) =>
  story.says({ kind: 'exec asked', workflow: workflow.id, exec: id, plan: digest, who: 'ann' })

test('submitted: planned and judged, and nothing of it may be claimed', () => {
  const story = new Story()
  const workflow = ready(story)
  assert.deepEqual([workflow.state, workflow.decision?.outcome, workflow.decision?.verdicts.at(-1)?.verdict], ['ready', 'submitted', 'allow'])
  assert.deepEqual(stepsDue(story.state, seat(story)), [])
  story.claim(workflow)
  assert.equal(workflow.state, 'ready', 'a claim without exec is void')
})

test('executed: judged again, started, and completed, for there is no alert to check', () => {
  const story = new Story()
  const workflow = ready(story)
  exec(story, workflow)
  assert.equal(workflow.decision, undefined, 'what was judged at submit does not count')
  story.says({ kind: 'decided', ...story.judge(workflow) })
  assert.equal(stepsDue(story.state, seat(story)).length, 1)
  story.done(workflow, 0, story.claim(workflow))
  assert.equal(workflow.state, 'completed')
})

test('of many execs the first one on the log counts', () => {
  const story = new Story()
  const workflow = ready(story)
  for (let n = 0; n < 100; n++) exec(story, workflow, { id: `e${n}` })
  assert.equal(workflow.request?.exec?.id, 'e0')
})

test('an exec is for the plan that was shown: another plan asks again', () => {
  const story = new Story()
  const workflow = ready(story)
  exec(story, workflow, { digest: 'another plan' })
  assert.equal(workflow.request?.exec, undefined)
  exec(story, workflow)
  story.later(31_000)
  story.says({ kind: 'decided', ...story.judge(workflow) })
  assert.equal(workflow.state, 'planning', 'what the plan rests on is too old')
  story.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: { ...plan(['web'], story.at), digest: 'changed' } })
  story.says({ kind: 'decided', ...story.judge(workflow) })
  assert.deepEqual([workflow.state, workflow.decision?.outcome], ['ready', 'submitted'])
})

test('refused at submit: it has ended, with every verdict', () => {
  const story = new Story()
  story.says(submitted('r1'))
  const workflow = story.state.workflows.get('r1')!
  story.says({ kind: 'planned', workflow: 'r1', turn: workflow.turn, plan: plan(['web'], story.at) })
  story.says({ kind: 'decided', ...story.judge(workflow, { catalogue: catalogueWith([{ type: 'targets', name: 'targets', settings: { names: ['api'] }, source: 'p.yaml:1' }]) }) })
  assert.deepEqual([workflow.state, workflow.reason, workflow.decision?.verdicts.map(({ verdict }) => verdict)], ['refused', 'targets', ['allow', 'refuse']])
})

test('a rehearsal ends rehearsed, without exec', () => {
  assert.equal(ready(new Story(), 'r1', { mode: 'dry-run' }).state, 'rehearsed')
})

test('rule 25: a key gives one workflow for a day, and is free again after it', () => {
  const story = new Story()
  ready(story, 'r1', { key: 'ann\nk' })
  story.says(submitted('r2', { key: 'ann\nk' })).says(submitted('r3', { key: 'bob\nk' }))
  assert.deepEqual([...story.state.workflows.keys()], ['r1', 'r3'])
  story.later(86_400_000).says(submitted('r4', { key: 'ann\nk' }))
  assert.equal(story.state.keys.get('ann\nk')?.workflow, 'r4')
})

test('what nobody executes is due to expire after an hour, and not before', () => {
  const story = new Story()
  ready(story)
  story.later(3_599_000)
  assert.equal(requestsDue(story.state, seat(story), 3_600_000).length, 0)
  story.later(2_000)
  assert.equal(requestsDue(story.state, seat(story), 3_600_000).length, 1)
})

test('cancelled: before it runs it ends at once; while it runs it keeps its target until its runner let go', () => {
  const story = new Story()
  const waiting = ready(story, 'r1')
  story.says({ kind: 'cancelled', workflow: 'r1', who: 'bob', why: 'wrong service' })
  assert.deepEqual([waiting.state, waiting.reason, waiting.detail], ['cancelled', 'cancelled', 'bob: wrong service'])
  const running = ready(story, 'r2')
  exec(story, running)
  story.says({ kind: 'decided', ...story.judge(running) })
  const claim = story.claim(running)
  story.says({ kind: 'cancelled', workflow: 'r2', who: 'bob', why: '' })
  const other = story.workflow({ id: 'other' })
  assert.deepEqual([running.state, story.judge(other, { catalogue: allowing }).outcome], ['stopping', 'wait'])
  story.says({ kind: 'let go', workflow: 'r2', claim, how: 'killed', survivors: 0, tookMs: 3 })
  assert.deepEqual([running.state, story.judge(other).outcome], ['cancelled', 'start'])
})

test('cancelled in a step that may be done only once: it says that it is in doubt', () => {
  const story = new Story()
  const workflow = ready(story, 'r1', { effect: 'once' })
  exec(story, workflow)
  story.says({ kind: 'decided', ...story.judge(workflow) })
  const claim = story.claim(workflow)
  story.says({ kind: 'cancelled', workflow: 'r1', who: 'bob', why: '' }).says({ kind: 'let go', workflow: 'r1', claim, how: 'killed', survivors: 0, tookMs: 3 })
  assert.deepEqual([workflow.state, workflow.detail], ['cancelled', 'in doubt: step 1'])
})
