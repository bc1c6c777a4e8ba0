/** The child that made a plan: whose it is until the first step begins. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Jobs } from '../../src/runner/jobs.ts'
import { createKept } from '../../src/runner/kept.ts'
import { realClock } from '../../src/log/clock.ts'
import { Story } from '../core/story.ts'

const stage = () => {
  const story = new Story()
  const released: string[] = []
  let steady = 0
  const jobs = { release: (workflow: string) => void released.push(workflow) } as unknown as Jobs
  const kept = createKept({ me: () => 'A', jobs: () => jobs, clock: { ...realClock, steady: () => steady } })
  const workflow = story.workflow()
  kept.add(workflow)
  kept.look()
  assert.deepEqual(released, [], 'it may begin any moment')
  return { story, workflow, kept, released, later: (ms: number) => void (steady += ms) }
}

test('it stays with a workflow that begins here, and is let go of by whoever runs the steps', () => {
  const { story, workflow, kept, released, later } = stage()
  story.decideStart(workflow)
  kept.look()
  story.claim(workflow)
  kept.look()
  later(5000)
  kept.look()
  assert.deepEqual([workflow.state, released], ['running', []])
})

test('it is let go of where its workflow waits, begins elsewhere, or begins nowhere soon', () => {
  const waits = stage()
  waits.story.stop('s1').decideStart(waits.workflow).claim(waits.workflow)
  waits.kept.look()
  assert.deepEqual([waits.workflow.state, waits.released], ['waiting', [waits.workflow.id]])

  const elsewhere = stage()
  elsewhere.story.decideStart(elsewhere.workflow).claim(elsewhere.workflow, 0, 'B')
  elsewhere.kept.look()
  assert.deepEqual([elsewhere.workflow.state, elsewhere.released], ['running', [elsewhere.workflow.id]])

  const nowhere = stage()
  nowhere.later(1001)
  nowhere.kept.look()
  nowhere.kept.look()
  assert.deepEqual(nowhere.released, [nowhere.workflow.id], 'once')
})
