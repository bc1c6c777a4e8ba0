/** Which runner goes on with a workflow where not every runner serves every target, or has every script. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plansDue, stepsDue, verificationsDue } from '../../src/core/due.ts'
import { parseMatchers } from '../../src/core/matcher.ts'
import type { Seat, Serving } from '../../src/core/seat.ts'
import { unserved } from '../../src/core/serving.ts'
import { Story } from './story.ts'

const serving = (targets: readonly string[], lacks: readonly string[] = []): Serving => ({ targets: parseMatchers(targets), lacks: new Set(lacks) })
const seatOf = (me: string, each: Record<string, Serving | undefined>, now = 0): Seat =>
  ({ me, live: Object.keys(each), now, serving: new Map(Object.entries(each).flatMap(([id, one]) => (one ? [[id, one] as const] : []))) })
/** Long after everybody had a turn. */
const late = 1e9

test('only a runner that serves all targets of a workflow plans it and claims its steps', () => {
  const db = serving(['target=~"db-.*"'])
  for (const [targets, each, who, because] of [
    [['db-1'], { A: db, B: serving(['target="web"']) }, ['A'], 'one of two'],
    [['db-1', 'web'], { A: db, B: undefined }, ['B'], 'one of them serves one target of two'],
    [['db-1'], { A: db, B: undefined }, ['A', 'B'], 'who serves everything serves this'],
    [['web'], { A: db, B: db }, [], 'nobody'],
    [['web'], { A: serving([], ['d']), B: undefined }, ['B'], 'one has not its script'],
    [['web'], { A: serving(['provider="local"', 'runbook="fix"']), B: serving(['provider="swarm"']) }, ['A'], 'by provider and runbook'],
  ] as const) {
    const story = new Story()
    const workflow = story.workflow({ target: targets[0], each: targets })
    story.decideStart(workflow)
    assert.deepEqual(['A', 'B'].filter((me) => stepsDue(story.state, seatOf(me, each, late)).length > 0), who, because)
    assert.deepEqual(unserved(story.state, seatOf('A', each, late)).map(({ reason }) => reason), who.length === 0 ? ['no runner'] : [], because)
  }
})

test('who is preferred is preferred among those who serve it: nobody waits for one who does not', () => {
  const story = new Story()
  const workflow = story.workflow({ target: 'web' })
  story.decideStart(workflow)
  const others = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`X${n}`, serving(['target="db"'])]))
  assert.equal(stepsDue(story.state, seatOf('A', { ...others, A: serving(['target="web"']) }, workflow.startableAt)).length, 1)
})

test('what nobody can go on with is told by its reason; what waits for a person, a judge or a stop is not meant', () => {
  const web = { A: serving(['target="db"']), B: serving(['target="db"']) }
  for (const [tell, expected, because] of [
    [(story: Story) => void story.workflow(), [], 'it is to be judged first'],
    [(story: Story) => void story.decideStart(story.workflow()), [['no runner', 'none of the 2 runners that live serves web (`runner.targets`)']], 'decided, and nobody'],
    [(story: Story) => void story.decideStart(story.workflow()).stop('s1'), [], 'a stop holds it'],
  ] as const) {
    const story = new Story()
    tell(story)
    assert.deepEqual(unserved(story.state, seatOf('A', web)).map(({ reason, detail }) => [reason, detail]), expected, because)
  }
  const story = new Story()
  story.decideStart(story.workflow())
  assert.deepEqual(unserved(story.state, seatOf('A', { A: serving([], ['d']), B: serving(['target="db"']), C: serving([], ['d']) })).map(({ reason, detail }) => [reason, detail]),
    [['runbook changed', 'the script of fix@1 is not here as it was released, on none of the 2 runners that serve its targets']])
  assert.deepEqual(unserved(story.state, { me: 'A', live: [], now: 0 }), [], 'with no runner at all it waits for one')
})

test('whoever holds a workflow goes on with it, and one whose job runs is not taken for unserved', () => {
  const story = new Story()
  const workflow = story.workflow({ target: 'web', effects: ['repeatable', 'repeatable'] })
  story.decideStart(workflow)
  const claim = story.claim(workflow, 0, 'A')
  const nobody = { A: serving([], ['d']) }
  assert.deepEqual(unserved(story.state, seatOf('A', nobody)), [], 'its job runs')
  story.done(workflow, 0, claim)
  assert.equal(stepsDue(story.state, seatOf('A', nobody)).length, 0, 'its script is gone')
  assert.deepEqual(unserved(story.state, seatOf('A', nobody)).map(({ reason }) => reason), ['runbook changed'])
})

test('a plan is made where the targets are; the end of an alert can be seen from anywhere', () => {
  const elsewhere = { A: serving(['target="db"']) }
  const story = new Story()
  const workflow = story.workflow({ target: 'web', effects: ['read'] })
  story.decideStart(workflow).done(workflow, 0, story.claim(workflow))
  assert.equal(workflow.state, 'verifying')
  assert.equal(verificationsDue(story.state, seatOf('A', elsewhere, late)).length, 1)
  assert.deepEqual([plansDue(story.state, seatOf('A', elsewhere, late)), unserved(story.state, seatOf('A', elsewhere))], [[], []])
})
