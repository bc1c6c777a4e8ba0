/** Rule 12: a state that was written and read again is the same state, and goes on the same way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../src/core/entry.ts'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import type { State } from '../../src/core/state.ts'
import { targetTake } from '../../src/core/decide.ts'
import type { Take } from '../../src/core/plan.ts'
import { allowing, Story } from './story.ts'

const lines = (state: State): string[] => [...snapshotLines(state)]

const takes: readonly Take[] = [
  targetTake('local', 'id-web'),
  { key: 'rate:all', max: 3, window: { ms: 60_000 }, policy: 'rate', otherwise: 'wait' },
]

/** One of everything that a state can hold. */
const eventful = (): Story => {
  const story = new Story()
  story.says({ kind: 'catalogue announced', catalogue: allowing }).says({ kind: 'catalogue activated', digest: allowing.digest, was: '' })
  const running = story.workflow({ id: 'running', target: 'web' })
  story.decideStart(running, takes).claim(running)
  const waiting = story.workflow({ id: 'waiting', target: 'web' })
  story.says({ kind: 'decided', ...story.judge(waiting) })
  story.workflow({ id: 'planned', target: 'api' })
  const episode = story.alert({ alertname: 'Novel', ['__proto__']: 'x', hostile: '\u0000<!channel>' })
  story.says({ kind: 'unmatched', episodes: [episode], reason: 'no route', detail: 'no route knows it', tell: true, route: '' })
  story.says({ kind: 'message sent', notice: [...story.state.notices.keys()].at(-1)!, revision: 1, channel: 'C1', ts: '1.2', rang: true })
  const watchdog = story.alert({ alertname: 'Watchdog' })
  story.says({ kind: 'unmatched', episodes: [watchdog], reason: 'heartbeat', detail: '', tell: false, route: 'routes.yaml:3', heartbeatMs: 300_000 })
  story.says({ kind: 'stop pulled', stop: { id: 's1', matchers: ['target="api"'], effect: 'pause', who: 'ann', why: 'deploy' } })
  story.says({ kind: 'stop pulled', stop: { id: 's2', matchers: ['runbook=~"re.*"'], effect: 'kill', who: 'bob', why: '' } })
  story.says({ kind: 'stop lifted', stop: 's2', who: 'bob', why: 'fixed' }).says({ kind: 'stop lifted', stop: 'not yet here', who: 'bob', why: '' })
  story.alert({ alertname: 'Early' }, { status: 'resolved' })
  story.says({ kind: 'runner lost', runner: 'gone', name: 'host-9', why: 'no tick' }, 'B')
  story.alert({ alertname: 'Not answered yet' })
  return story
}

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
