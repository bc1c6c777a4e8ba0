/** A ladder: how a workflow ended, whether its alert fires, and whether the next runbook answers the same episode. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { climbsDue } from '../../src/core/due.ts'
import type { Rung } from '../../src/core/entry.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { restored } from '../simulation/digest.ts'
import { lost, seat, Story } from './story.ts'

const rung = (name: string): Rung => ({ runbook: { name, version: 1, digest: 'e' }, provider: 'local', targets: ['web'], params: { by: 2 }, steps: [], healedWithinMs: 1000, probe: false })
const begun = (): Story => new Story().says({ kind: 'fold version', version: 2 })
const started = (story: Story, effect: 'repeatable' | 'once' = 'repeatable'): Workflow => {
  const workflow = story.workflow({ id: 'first', effects: [effect], ladder: [rung('mend'), rung('replace')] })
  story.claim(story.decideStart(workflow) && workflow)
  return workflow
}
const ends = (story: Story, { id, turn }: Workflow, state: 'unproven' | 'healed' | 'refused' | 'failed'): Story => story.says({ kind: 'ended', workflow: id, turn, state, reason: state === 'healed' ? 'alert gone' : 'not healed in time', detail: '' })
const fails = (story: Story, workflow: Workflow, reason: 'step failed' | 'runbook changed' = 'step failed'): Story => story.fails(workflow, 0, workflow.steps[0]!.jobs[0]!.claim!, { reason })

const rows: readonly { readonly given: string; readonly story: (story: Story) => unknown; readonly climbs: boolean }[] = [
  { given: 'a step failed', story: (story) => fails(story, started(story)), climbs: true },
  { given: 'it was run, and the alert stays', story: (story) => { const one = started(story); ends(story.done(one, 0, one.steps[0]!.jobs[0]!.claim!), one, 'unproven') }, climbs: true },
  { given: 'its plan could not be made', story: (story) => { const one = story.workflow({ id: 'first', ladder: [rung('mend')] }); ends(story, one, 'failed') }, climbs: true },
  { given: 'it healed', story: (story) => { const one = started(story); ends(story.done(one, 0, one.steps[0]!.jobs[0]!.claim!), one, 'healed') }, climbs: false },
  { given: 'it is in doubt: a person looks first', story: (story) => { started(story, 'once'); story.says(lost('A'), 'B') }, climbs: false },
  { given: 'its script is not what was released', story: (story) => fails(story, started(story), 'runbook changed'), climbs: false },
  { given: 'a policy refused it: limits are no failure', story: (story) => ends(story, story.workflow({ id: 'first', ladder: [rung('mend')] }), 'refused'), climbs: false },
  { given: 'the alert ended meanwhile', story: (story) => { const one = started(story); fails(story, one); story.alert(Object.fromEntries(one.labels), { status: 'resolved' }) }, climbs: false },
  { given: 'there is no ladder', story: (story) => { const one = story.workflow({ id: 'first', effects: ['repeatable'] }); story.claim(story.decideStart(one) && one); fails(story, one) }, climbs: false },
]

describe('a ladder', () => {
  for (const { given, story: tell, climbs } of rows) {
    test(`${given}: ${climbs ? 'the next one' : 'people'}`, () => {
      const story = begun()
      tell(story)
      assert.deepEqual(climbsDue(story.state, seat(story, 'B')).map(({ id }) => id), climbs ? ['first'] : [])
      assert.deepEqual(climbsDue(restored(story.state), seat(story, 'B')).map(({ id }) => id), climbs ? ['first'] : [], 'a snapshot has it')
      const notice = story.state.notices.get('workflow:first')
      const calls = !climbs && !['healed'].includes(story.state.workflows.get('first')!.state) && given !== 'the alert ended meanwhile'
      assert.equal(notice?.urgency === 'page', calls, 'nobody is called while something else is tried')
      story.says({ kind: 'climbed', workflow: 'next', after: 'first' }, 'B').says({ kind: 'climbed', workflow: 'late', after: 'first' }, 'C')
      assert.deepEqual([story.state.workflows.has('next'), story.state.workflows.has('late')], [climbs, false], 'the first on the log takes it')
    })
  }

  test('it goes on to its last rung on the same episode, and then people are called', () => {
    const story = begun()
    const one = started(story)
    fails(story, one)
    story.says({ kind: 'climbed', workflow: 'second', after: 'first' })
    const two = story.state.workflows.get('second')!
    assert.deepEqual([two.runbook.name, two.episode, two.after, two.params, two.ladder?.length, two.timeline[0]!.detail], ['mend', one.episode, 'first', { by: 2 }, 1, 'fix@1 ended failed (first)'])
    story.says({ kind: 'planned', workflow: 'second', turn: two.turn, plan: one.plan! })
    assert.ok(!story.judge(two).verdicts.some(({ policy }) => policy === 'answered'), 'it answers the same episode')
    ends(story, two, 'failed').says({ kind: 'climbed', workflow: 'third', after: 'second' })
    const three = story.state.workflows.get('third')!
    assert.deepEqual([three.runbook.name, three.ladder], ['replace', undefined])
    ends(story, three, 'unproven')
    assert.deepEqual(['first', 'second', 'third'].map((id) => story.state.notices.get(`workflow:${id}`)?.urgency), ['info', 'info', 'page'])
    story.says({ kind: 'climbed', workflow: 'fourth', after: 'third' })
    assert.equal(story.state.workflows.has('fourth'), false)
  })

  test('a rung that nobody took is not an answer', () => {
    const story = begun()
    const one = started(story)
    fails(story, one).says({ kind: 'climbed', workflow: 'second', after: 'first' })
    const two = story.state.workflows.get('second')!
    one.next = 'another'
    story.says({ kind: 'planned', workflow: 'second', turn: two.turn, plan: one.plan! })
    assert.equal(story.judge(two).reason, 'answered')
  })

  test('before the upgrade is finished there is none: an older server would not know of it', () => {
    const story = new Story()
    fails(story, started(story))
    assert.deepEqual(climbsDue(story.state, seat(story)), [])
  })

  test('what was tried is forgotten together', () => {
    const story = begun()
    const one = started(story)
    fails(story, one).says({ kind: 'climbed', workflow: 'second', after: 'first' })
    ends(story, story.state.workflows.get('second')!, 'healed')
    story.alert(Object.fromEntries(one.labels), { status: 'resolved' })
    for (const notice of [...story.state.noticesDue]) story.says({ kind: 'message sent', notice: notice.key, revision: notice.revision, channel: 'C', ts: '1' })
    for (let day = 0; day < 4; day++) story.later(24 * 3_600_000).alert({ alertname: `Day ${day}` })
    assert.deepEqual([story.state.workflows.has('first'), story.state.workflows.has('second')], [false, false])
  })
})
