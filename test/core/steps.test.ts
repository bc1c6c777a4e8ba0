/** The jobs of one step: how many at a time, whose they are, and what becomes of the others when one fails. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsDue } from '../../src/core/due.ts'
import { lost, seat, Story } from './story.ts'

test('jobs of one step run `concurrency` at a time, each is its own checkpoint, and a lost runner\'s done ones stay done', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'], each: ['web', 'api', 'db'] })
  story.decideStart(workflow)
  const claim = story.claim(workflow, 0, 'B', 0)
  story.claim(workflow, 0, 'B', 1)
  story.claim(workflow, 0, 'B', 2)
  assert.deepEqual(workflow.steps[0]!.jobs.map((job) => job.state), ['claimed', 'claimed', 'open'])
  story.done(workflow, 0, claim, 'B', 0)
  story.says(lost('B'))
  assert.deepEqual(workflow.steps[0]!.jobs.map((job) => job.state), ['done', 'open', 'open'])
  assert.deepEqual(stepsDue(story.state, seat(story)).map(({ job }) => job), [1, 2])
})

test('rule 21: whoever lets go of one job holds the workflow while another job of it runs, and its loss gives both back', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'], each: ['web', 'api', 'db'] })
  story.decideStart(workflow).claim(workflow, 0, 'B', 0)
  story.says({ kind: 'let go', workflow: workflow.id, claim: story.claim(workflow, 0, 'B', 1), how: 'never started', survivors: 0, tookMs: 0 }, 'B')
  story.claim(workflow, 0, 'A', 1)
  assert.deepEqual([workflow.holder, ...workflow.steps[0]!.jobs.map((job) => job.state)], ['B', 'claimed', 'open', 'open'])
  story.says(lost('B'))
  assert.deepEqual([workflow.holder, ...workflow.steps[0]!.jobs.map((job) => job.state)], [undefined, 'open', 'open', 'open'])
})

/** What two jobs of the first of two steps come to, with and without `onError: continue`; the state, the reason, the jobs that are due. */
const errors: readonly [given: string, onError: 'stop' | 'continue', first: 'fails' | 'is changed' | 'is in doubt', then: string, due: number][] = [
  ['a failed job ends its workflow', 'stop', 'fails', 'failed step failed', 0],
  ['a failed job is an error of its own, and the steps after it run', 'continue', 'fails', 'running', 2],
  ['a script that changed ends it all the same', 'continue', 'is changed', 'failed runbook changed', 0],
  ['a doubt ends it all the same', 'continue', 'is in doubt', 'failed in doubt', 0],
]
for (const [given, onError, first, then, due] of errors) {
  test(`onError ${onError}: ${given}`, () => {
    const story = new Story()
    const workflow = story.workflow({ effects: [first === 'is in doubt' ? 'once' : 'repeatable', 'read'], each: ['web', 'api'], onError })
    story.decideStart(workflow)
    const [one, two] = [story.claim(workflow), story.claim(workflow, 0, 'A', 1)]
    if (first === 'is in doubt') story.says({ kind: 'let go', workflow: workflow.id, claim: one, how: 'killed', survivors: 0, tookMs: 1 })
    else story.fails(workflow, 0, one, { reason: first === 'fails' ? 'step failed' : 'runbook changed' })
    assert.equal(workflow.state, 'running', 'what runs beside it ends by its own word')
    story.done(workflow, 0, two, 'A', 1)
    assert.equal([workflow.state, workflow.reason].filter(Boolean).join(' '), then)
    assert.equal(stepsDue(story.state, seat(story)).length, due)
    if (due === 0) return
    for (const job of [0, 1]) story.done(workflow, 1, story.claim(workflow, 1, 'A', job), 'A', job)
    assert.deepEqual([workflow.state, workflow.steps[0]!.jobs.map(({ state, detail }) => [state, detail])], ['verifying', [['failed', 'a test'], ['done', undefined]]])
  })
}

test('onError continue: jobs that have not begun when one fails still run', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'], each: ['web', 'api', 'db'], onError: 'continue' })
  story.decideStart(workflow).fails(workflow, 0, story.claim(workflow))
  assert.deepEqual(stepsDue(story.state, seat(story)).map(({ job }) => job), [1, 2])
})
