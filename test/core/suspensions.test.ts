/** A person's hand wins: what a workflow left, what was found there, and whether its runbook leaves the target alone then. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Left } from '../../src/core/entry.ts'
import { targetTake } from '../../src/core/decide.ts'
import { restored } from '../simulation/digest.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { catalogueWith, Story } from './story.ts'

const at = (version: string, replicas?: number): Left => ({ target: 'web', id: 'id-web', version, ...(replicas === undefined ? {} : { replicas }) })

const begun = (): Story => new Story().says({ kind: 'fold version', version: 2 })

/** A workflow that changed web and is over. */
const changed = (story: Story, left: Left = at('2', 3), more: { id?: string; to?: unknown } = {}): Workflow => {
  const workflow = story.workflow({ id: more.id ?? 'first', effects: ['repeatable'] })
  if ('to' in more) Object.assign(workflow.plan!.changes[0]!, { to: more.to })
  const claim = story.decideStart(workflow, [targetTake('local', 'id-web')]).claim(workflow)
  story.says({ kind: 'step done', workflow: workflow.id, step: 0, job: 0, claim, output: null, tookMs: 1, left: [left] })
  return workflow
}
const heals = (story: Story, { id, turn }: Workflow): Story => story.says({ kind: 'ended', workflow: id, turn, state: 'healed', reason: 'alert gone', detail: '' })
const found = (story: Story, was: string, now: Left, suspension = 'aaaaaa'): Story => story.says({ kind: 'changed by hand', suspension, provider: 'local', was, ...now })

const rows: readonly { readonly given: string; readonly story: (story: Story) => unknown; readonly then: 'start' | 'refuse' }[] = [
  { given: 'nobody touched it', story: (story) => heals(story, changed(story)), then: 'start' },
  { given: 'somebody made it smaller again', story: (story) => (heals(story, changed(story)), found(story, '2', at('3', 2))), then: 'refuse' },
  { given: 'while the workflow only waits for the end of its alert', story: (story) => (changed(story), found(story, '2', at('3', 2))), then: 'refuse' },
  { given: 'a release went out, and the size is what it was', story: (story) => (heals(story, changed(story)), found(story, '2', at('3', 3))), then: 'start' },
  { given: 'what was changed is no size, so any change counts', story: (story) => (heals(story, changed(story, at('2', 3), { to: 'restarted' })), found(story, '2', at('3', 3))), then: 'refuse' },
  { given: 'the finding is of before another workflow changed it', story: (story) => (heals(story, changed(story)), heals(story, changed(story, at('3', 4), { id: 'second' })), found(story, '2', at('3', 4))), then: 'start' },
  { given: 'what was found is not watched', story: (story) => found(story, '1', at('2', 3)), then: 'start' },
  { given: 'another target was changed by hand', story: (story) => (heals(story, changed(story, { ...at('2', 3), id: 'id-api', target: 'api' })), found(story, '2', { ...at('3', 2), id: 'id-api', target: 'api' })), then: 'start' },
  { given: 'a day has passed', story: (story) => (heals(story, changed(story)), story.later(24 * 3_600_000 + 60_000), story.alert({ alertname: 'Other' }), found(story, '2', at('3', 2))), then: 'start' },
  { given: 'a person resumed it', story: (story) => (heals(story, changed(story)), found(story, '2', at('3', 2)).says({ kind: 'resumed', suspension: 'aaaaaa', who: 'ann', why: 'done' })), then: 'start' },
  { given: 'a late copy of the finding comes after that', story: (story) => (heals(story, changed(story)), found(story, '2', at('3', 2)).says({ kind: 'resumed', suspension: 'aaaaaa', who: 'ann', why: 'done' }), found(story, '2', at('3', 2), 'bbbbbb')), then: 'start' },
]

describe('a person\'s hand', () => {
  for (const { given, story: tell, then } of rows) {
    test(`${given}: ${then}`, () => {
      const story = begun()
      tell(story)
      const next = story.workflow({ id: 'next' })
      const judged = story.judge(next, { catalogue: catalogueWith([{ type: 'targets', name: 'targets', settings: { names: ['web'] }, source: 'p:1' }]) })
      const own = judged.verdicts.filter(({ policy }) => policy === 'suspended')
      assert.deepEqual(own.map(({ verdict, reason }) => [verdict, reason]), then === 'refuse' ? [['refuse', 'suspended']] : [])
      if (then === 'refuse') assert.equal(judged.outcome, 'refuse')
      assert.deepEqual(restored(story.state).suspensions, story.state.suspensions, 'a snapshot has it')
      assert.deepEqual(restored(story.state).watched, story.state.watched, 'and what is watched')
    })
  }

  test('people are told with both sizes, and when it is over', () => {
    const story = begun()
    heals(story, changed(story))
    found(story, '2', at('3', 2))
    const notice = story.state.notices.get('suspended:aaaaaa')!
    assert.equal(notice.urgency, 'page')
    const next = story.workflow({ id: 'next' })
    assert.match(story.judge(next).verdicts.find(({ policy }) => policy === 'suspended')!.detail, /changed web by hand \(3 → 2\) after fix had: paramedic resume aaaaaa/)
    const told = notice.revision
    story.says({ kind: 'resumed', suspension: 'aaaaaa', who: 'ann', why: 'done' }).says({ kind: 'resumed', suspension: 'aaaaaa', who: 'bob', why: 'done too' })
    assert.equal(notice.revision, told + 1)
    assert.deepEqual(notice.about.kind === 'suspended' && notice.about.resumed?.who, 'ann')
  })

  test('what was judged before it was seen does not start after it', () => {
    const story = begun()
    heals(story, changed(story))
    const next = story.workflow({ id: 'next' })
    story.decideStart(next)
    found(story, '2', at('3', 2))
    story.claim(next)
    assert.deepEqual([next.state, next.started, next.decision], ['ready', false, undefined])
  })

  test('while a workflow is at work on the target nobody can tell whose change it is', () => {
    const story = begun()
    heals(story, changed(story))
    const next = story.workflow({ id: 'next' })
    story.decideStart(next, [targetTake('local', 'id-web')]).claim(next)
    found(story, '2', at('3', 4))
    assert.equal(story.state.suspensions.size, 0)
  })

  test('every runbook that had changed it leaves it alone, and no other', () => {
    const story = begun()
    heals(story, changed(story))
    const other = story.workflow({ id: 'other', effects: ['repeatable'] })
    Object.assign(other, { runbook: { name: 'mend', version: 1, digest: 'e' } })
    const claim = story.decideStart(other, [targetTake('local', 'id-web')]).claim(other)
    heals(story.says({ kind: 'step done', workflow: 'other', step: 0, job: 0, claim, output: null, tookMs: 1, left: [at('3', 4)] }), other)
    found(story, '3', at('4', 2))
    assert.deepEqual([...story.state.suspensions.values()].map(({ runbooks }) => runbooks.map(({ name }) => name)), [['fix', 'mend']])
  })

  test('before the upgrade is finished nothing is watched: an older server would know nothing of it', () => {
    const story = new Story()
    changed(story)
    assert.equal(story.state.watched.size, 0)
  })

  test('what is watched is forgotten after a day', () => {
    const story = begun()
    heals(story, changed(story))
    assert.equal(story.state.watched.size, 1)
    story.later(25 * 3_600_000).alert({ alertname: 'Other' })
    story.later(3_600_000).alert({ alertname: 'Another' })
    assert.equal(story.state.watched.size, 0)
  })
})
