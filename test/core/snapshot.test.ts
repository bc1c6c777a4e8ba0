/** Rule 12: a state that was written and read again is the same state, and goes on the same way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../src/core/entry.ts'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import type { State } from '../../src/core/state.ts'
import { eventful } from './eventful.ts'
import { Story } from './story.ts'

const lines = (state: State): string[] => [...snapshotLines(state)]

const further: readonly Fact[] = [
  { kind: 'stop lifted', stop: 's1', who: 'ann', why: 'over' },
  { kind: 'runner lost', runner: 'A', name: 'host-1', why: 'no tick of it' },
  { kind: 'stop pulled', stop: { id: 's3', matchers: [], effect: 'kill', who: 'eve', why: 'all' } },
]

test('rule 12: what was restored writes the same lines', () => {
  const { state } = eventful()
  for (const part of ['unanswered', 'noticesDue', 'inForce', 'lifted', 'counters', 'heartbeats', 'unknownNotice'] as const) {
    assert.ok(state[part].size > 0, `the story leaves ${part} empty`)
  }
  assert.deepEqual(lines(restoreState(lines(state))), lines(state))
})

test('rule 12: what was restored goes on as what was never written', () => {
  const kept = eventful()
  const restored = new Story(restoreState(lines(kept.state)))
  for (const story of [kept, restored]) {
    for (const fact of further) story.says(fact, 'C')
    story.alert({ alertname: 'Novel', n: '2' })
    story.alert({ alertname: 'Early' })
  }
  assert.deepEqual(lines(restored.state), lines(kept.state))
  assert.notDeepEqual(lines(kept.state), lines(eventful().state))
})

test('a line that is not of a snapshot is refused, and so is a reference to nothing', () => {
  assert.throws(() => restoreState(['["nonsense",1]']), /no part "nonsense"/)
  assert.throws(() => restoreState(['["inForce","s9"]']), /refers to s9/)
})
