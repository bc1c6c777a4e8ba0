/** Why a workflow is where it is, in the words that people get. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { because, becauseLine } from '../../src/core/because.ts'
import { Story } from './story.ts'

describe('why a workflow is where it is', () => {
  test('held by a stop, and free again', () => {
    const story = new Story()
    const workflow = story.workflow()
    story.stop('stop-abcdef', ['runbook="fix"'])
    assert.deepEqual(because(story.state, workflow), { reason: 'stopped', detail: 'held by the stop of ann: test, stop abcdef' })
    story.lift('stop-abcdef')
    assert.equal(because(story.state, workflow).reason, undefined)
  })

  test('killed by a stop, by whose', () => {
    const story = new Story()
    const workflow = story.workflow()
    const claim = story.decideStart(workflow).claim(workflow)
    story.stop('stop-abcdef').says({ kind: 'let go', workflow: workflow.id, claim, how: 'killed', survivors: 0, tookMs: 1 })
    assert.equal(workflow.state, 'stopped')
    assert.equal(becauseLine(story.state, workflow), 'stopped: by ann: test, stop abcdef')
  })

  test('allowed, and taken by no runner yet', () => {
    const story = new Story()
    const workflow = story.workflow()
    story.decideStart(workflow)
    assert.equal(because(story.state, workflow).detail, 'it may start, and waits for a runner that has room')
    story.stop('stop-abcdef')
    assert.equal(because(story.state, workflow).reason, 'stopped')
  })

  test('at work on its second step, not on the one that it began with', () => {
    const story = new Story()
    const workflow = story.workflow()
    const first = story.decideStart(workflow).claim(workflow)
    const [one, two] = workflow.steps.map(({ name }) => name)
    assert.equal(because(story.state, workflow).detail, one)
    story.done(workflow, 0, first).claim(workflow, 1)
    assert.equal(because(story.state, workflow).detail, two)
    assert.notEqual(one, two)
  })

  test('what waits for a limit says which, whatever else covers it', () => {
    const story = new Story()
    const workflow = story.workflow()
    story.says({ kind: 'decided', workflow: workflow.id, turn: workflow.turn, outcome: 'wait', reason: 'rate', detail: '5 of 5 an hour\nmore', plan: workflow.plan!.digest, judgedAt: story.state.position, catalogue: 'c1', verdicts: [], takes: [] })
    story.stop('stop-abcdef')
    assert.equal(becauseLine(story.state, workflow), 'rate: 5 of 5 an hour')
  })
})
