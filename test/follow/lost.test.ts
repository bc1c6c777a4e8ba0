/** Who is declared lost, and when: by our own steady clock and our own ticks alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../src/core/entry.ts'
import { createLost } from '../../src/follow/lost.ts'
import { Story } from '../core/story.ts'

const lostAfterMs = 16_000
/** So long this process has been up, and the machine as well. */
const bootMs = 9_000_000

interface Row {
  /** In ms since this process first looked. */
  readonly readQAt: number | undefined
  readonly ownSentAt: number
  readonly now: number
  readonly lost: boolean
  readonly because: string
}

const rows: readonly Row[] = [
  { readQAt: 0, ownSentAt: 15_999, now: 16_000, lost: false, because: 'it was silent for a moment too short' },
  { readQAt: 0, ownSentAt: 16_000, now: 16_010, lost: true, because: 'ours came back all that time, and none of its' },
  { readQAt: 0, ownSentAt: 1000, now: 90_000, lost: false, because: 'whoever reads nothing, of himself either, judges nobody' },
  { readQAt: 5000, ownSentAt: 20_000, now: 20_000, lost: false, because: 'the last one read counts' },
  { readQAt: -60_000, ownSentAt: 100, now: 100, lost: false, because: 'an old tick is no silence: it counts from when we first saw it' },
  { readQAt: undefined, ownSentAt: 100, now: 100, lost: false, because: 'one that only the log knows has as long, and not since our own start' },
  { readQAt: undefined, ownSentAt: 16_000, now: 16_000, lost: true, because: 'one that holds a workflow and never ticked is found all the same' },
]

for (const { readQAt, ownSentAt, now, lost, because } of rows) {
  test(`rule 4: ${lost ? 'lost' : 'not lost'}: ${because}`, () => {
    const story = new Story()
    const workflow = story.workflow()
    if (readQAt === undefined) story.decideStart(workflow).claim(workflow, 0, 'Q')
    const said: Fact[] = []
    let own = 0
    let time = bootMs
    const look = createLost({
      state: story.state, me: () => 'A', lostAfterMs, boottime: () => time, ownSentAt: () => bootMs + own,
      peers: () => new Map(readQAt === undefined ? [] : [['Q', { tick: { name: 'q' }, seenAt: bootMs + readQAt }]]),
      append: async (facts) => said.push(...facts), folded: async () => {}, onProblem: assert.ifError,
    })
    look()
    assert.equal(said.length, 0)
    own = ownSentAt
    time = bootMs + now
    look()
    assert.deepEqual(said.map((fact) => fact.kind === 'runner lost' && fact.runner), lost ? ['Q'] : [])
  })
}
