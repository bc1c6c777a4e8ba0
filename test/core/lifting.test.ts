/** Stops that end by themselves, and what becomes of what they held. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgementsDue, plansDue } from '../../src/core/due.ts'
import { became, liftsDue, staleDue } from '../../src/core/lifting.ts'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { resize } from './policies-judged.ts'
import { minute, policy, Told } from './policies-story.ts'
import { seat, Story } from './story.ts'

const hour = 60 * minute
const pull = (id: string, effect: 'kill' | 'pause') => ({ kind: 'stop pulled', stop: { id, matchers: [], effect, forMs: 2 * hour, who: 'ann', why: '' } }) as const

test('a pause lifts itself when its time is over, by log time and after a restart; a kill never does, whatever it was told', () => {
  const story = new Story().says(pull('pause', 'pause')).says(pull('kill', 'kill')).stop('plain', [], 'pause')
  const due = (ms: number, state = story.state) => liftsDue(state, { ...seat(story), now: state.stops.get('pause')!.at + ms }).map(({ id }) => id)
  assert.deepEqual(due(2 * hour - 1), [])
  assert.deepEqual(due(2 * hour), ['pause'])
  assert.deepEqual(due(1000 * hour, restoreState(snapshotLines(story.state))), ['pause'])
  story.lift('pause')
  assert.deepEqual(due(2 * hour), [])
})

test('what a stop held for too long is stale once it is lifted; what came late, or was held by nothing, is not', () => {
  const story = new Story()
  const before = story.workflow({ target: 'web' })
  story.says({ kind: 'decided', ...story.judge(before), outcome: 'wait', until: story.at + 100 * hour })
  story.stop('s').later(23 * hour)
  const late = story.workflow({ target: 'api' })
  story.later(2 * hour)
  const stale = () => staleDue(story.state, seat(story), 24 * hour)
  assert.deepEqual(stale(), [], 'as long as it is stopped it may be cancelled, and nothing else')
  story.lift('s')
  assert.deepEqual(stale(), [before])
  story.says({ kind: 'ended', workflow: before.id, turn: before.turn, state: 'expired', reason: 'expired', detail: '' })
  story.later(30 * hour)
  assert.deepEqual(stale(), [], `${late.id} was held for two hours`)
})

test('1,000 held workflows, lifted: each window holds at every start, and the report says what each waits for', () => {
  const story = new Told(policy('rate', { max: 5, per: '1h', by: 'all' }))
  story.stop('s')
  const all = Array.from({ length: 1000 }, (_, index) => story.workflow({ target: `t${index}`, effects: ['repeatable'] }))
  for (const workflow of all) story.decide(workflow)
  assert.ok(all.every(({ state, reason }) => state === 'waiting' && reason === 'stopped'))
  const resolve = (some: readonly Workflow[]): void => {
    for (const { labels, startsAt } of some.map(({ episode }) => story.state.episodes.get(episode!)!)) story.alert(Object.fromEntries(labels), { status: 'resolved', startsAt })
  }
  resolve(all.slice(0, 10))
  story.lift('s')
  assert.deepEqual(became(story.state, story.state.stops.get('s')!.held), [['being judged', 990]], 'what was resolved meanwhile is not held any more')
  resolve(all.slice(10, 20))
  const starts: number[] = []
  for (let hours = 0; hours < 6; hours++, story.later(hour)) {
    turn(story, starts)
    for (const at of starts) assert.ok(starts.filter((other) => other > at - hour && other <= at).length <= 5, 'more than five within an hour')
    assert.deepEqual(became(story.state, story.state.stops.get('s')!.held), [['ran', 5 * (hours + 1)], ['obsolete', 10], ['still waiting: rate', 980 - 5 * (hours + 1)]])
  }
})

/** What a server does until nothing is due any more. */
const turn = (story: Told, starts: number[]): void => {
  for (let due: Workflow[]; (due = [...plansDue(story.state, seat(story)), ...judgementsDue(story.state, seat(story))]).length > 0;) {
    for (const workflow of due) {
      if (workflow.state === 'planning') {
        const [target] = workflow.targets
        story.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: { ...resize({ [target!]: [3, 4] }), observed: [] } })
        continue
      }
      story.start(workflow)
      if (workflow.state !== 'running') continue
      starts.push(story.at)
      story.end(workflow)
    }
  }
}
