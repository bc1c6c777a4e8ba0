/** The policy `approval`, through the fold. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyNot } from '../../src/core/approving.ts'
import { questionsDue } from '../../src/core/due.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { minute, policy, said, Told, web } from './policies-story.ts'

const yes = (workflow: Workflow, who: string) => ({ kind: 'approved', workflow: workflow.id, plan: workflow.plan!.digest, who, why: '' }) as const

test('approval: two persons, each once; the same plan made again keeps them, another one asks again', () => {
  const story = new Told(policy('approval', { count: 2, within: '2h' }))
  const workflow = story.planned(web())
  assert.equal(said(story.start(workflow) && workflow), 'asking approval')
  story.says(yes(workflow, 'ann')).start(workflow)
  assert.equal(said(workflow), 'asking approval', 'one of two')
  story.says(yes(workflow, 'ann')).start(workflow)
  assert.equal(said(workflow), 'asking approval', 'the same one again')
  story.later(5 * minute).says(yes(workflow, 'bob')).decide(workflow)
  assert.equal(workflow.state, 'planning', 'what was observed is old by now')
  story.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: { ...web(), observed: [] } }).decide(workflow)
  assert.equal(workflow.decision?.outcome, 'start', 'the same plan, observed again')

  const other = story.planned(web())
  story.start(other).says(yes(other, 'ann')).start(other).later(minute).says(yes(other, 'bob')).decide(other)
  story.says({ kind: 'planned', workflow: other.id, turn: other.turn, plan: { ...web(), digest: 'another', observed: [] } }).decide(other)
  assert.equal(said(other), 'asking approval', 'another plan')
})

test('approval: it never bypasses a freeze, and the question ends when `within` is over', () => {
  const day = new Date(1_000_000).toISOString().slice(0, 10)
  const story = new Told(policy('approval', { within: '10m' }), policy('freeze', { from: day, to: day, zone: 'UTC', why: 'launch', otherwise: 'wait' }))
  const workflow = story.planned(web())
  story.start(workflow)
  assert.equal(said(workflow), 'asking approval')
  const seat = (now: number) => ({ me: 'A', live: ['A'], now })
  assert.deepEqual(questionsDue(story.state, seat(story.at + 9 * minute), 3_600_000), [])
  assert.deepEqual(questionsDue(story.state, seat(story.at + 10 * minute), 3_600_000), [workflow])
  story.says(yes(workflow, 'ann')).start(workflow)
  assert.equal(said(workflow), 'waiting freeze')
})

test('the route names who approves: nobody else counts, and each rung of its ladder asks the same persons', () => {
  const story = new Told(policy('targets', { names: ['web'] }))
  story.says({ kind: 'fold version', version: 2 })
  const workflow = story.workflow({ mode: 'approve', approvers: ['ann', 'T1/U1'] })
  const say = (who: string) => {
    const why = whyNot(story.state, { ...yes(workflow, who) })?.detail ?? ''
    story.says(yes(workflow, who)).decide(workflow)
    return [why, workflow.decision?.outcome]
  }
  story.decide(workflow)
  assert.match(workflow.detail, /the route asks ann or T1\/U1/)
  assert.deepEqual(say('bob'), ['Only ann, T1/U1 may approve what this route runs, and bob is not among them.', 'ask'])
  assert.deepEqual(say('ann (Slack T1/U2)')[1], 'ask', 'what somebody calls himself')
  assert.deepEqual(say('whoever (Slack T1/U1)'), ['', 'start'])
})
