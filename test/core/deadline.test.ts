/** The budget of a workflow: when it begins, what draws from it, and that at zero nothing goes on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { budgetMs, deadlinesDue, leftMs } from '../../src/core/deadline.ts'
import { stepsDue } from '../../src/core/due.ts'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { plan, seat, Story } from './story.ts'

const minute = 60_000
/** At the fold version that knows of it, a workflow whose first step runs. */
const running = (deadlineMs: number, version = 2): { story: Story; workflow: Workflow; claim: string } => {
  const story = new Story().says({ kind: 'fold version', version })
  const workflow = story.workflow()
  story.says({ kind: 'decided', ...story.judge(workflow), deadlineMs }).later(1000)
  return { story, workflow, claim: story.claim(workflow) }
}

test('it is what the runbook says, else what the steps may take by their own timeouts and an hour', () => {
  const workflow = new Story().workflow()
  const step = workflow.manifest[0]!
  const each = { ...workflow, manifest: [step, { ...step, each: true, concurrency: 2, timeoutMs: minute }] }
  assert.equal(budgetMs(each, plan(['a', 'b', 'c'], 0), undefined), 60 * minute + 1000 + 2 * minute)
  assert.equal(budgetMs(each, plan(['a'], 0), { deadlineMs: 5 }), 5)
})

test('it begins with the first step; at zero no claim counts, no step is due, and it is due to be ended', () => {
  const { story, workflow, claim } = running(minute)
  assert.equal(leftMs(workflow, story.at), minute)
  story.done(workflow, 0, claim)
  assert.equal(stepsDue(story.state, seat(story)).length, 1)
  assert.deepEqual(deadlinesDue(story.state, seat(story)), [])
  story.later(minute)
  assert.deepEqual([stepsDue(story.state, seat(story)), deadlinesDue(story.state, seat(story))], [[], [workflow]])
  assert.deepEqual(deadlinesDue(restoreState(snapshotLines(story.state)), seat(story)).map(({ id }) => id), [workflow.id])
  story.claim(workflow, 1)
  assert.equal(workflow.steps[1]!.jobs[0]!.state, 'open', 'void')
  story.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'failed', reason: 'deadline', detail: '' })
  assert.deepEqual([workflow.state, workflow.reason], ['failed', 'deadline'])
})

test('what runs at that moment is ended by its runner, and then it has failed by its deadline', () => {
  const { story, workflow, claim } = running(minute)
  story.later(minute)
  assert.deepEqual(deadlinesDue(story.state, seat(story)), [], 'nobody ends it over the head of its runner')
  story.says({ kind: 'step failed', workflow: workflow.id, step: 0, job: 0, claim, reason: 'deadline', detail: '', tookMs: 1 })
  assert.deepEqual([workflow.state, workflow.reason], ['failed', 'deadline'])
})

test('a first step that is offered again begins no new budget', () => {
  const { story, workflow, claim } = running(minute)
  const { deadlineAt } = workflow
  story.later(1000).says({ kind: 'let go', workflow: workflow.id, claim, how: 'killed', survivors: 0, tookMs: 1 })
  story.says({ kind: 'decided', ...story.judge(workflow), deadlineMs: 10 * minute })
  story.claim(workflow)
  assert.deepEqual([workflow.state, workflow.deadlineAt], ['running', deadlineAt])
})

test('while an older server may fold the log nothing has a budget', () => {
  assert.equal(running(minute, 1).workflow.deadlineAt, undefined)
})
