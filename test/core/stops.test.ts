/** Rules 20 to 24 of docs/protocol.md: what a stop does to what runs and to what waits, and how an alert ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { room } from '../../src/core/counter.ts'
import { targetTake } from '../../src/core/decide.ts'
import { plansDue, stepsDue, verificationsDue } from '../../src/core/due.ts'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import { createLatch } from '../../src/runner/latch.ts'
import { lost, seat, Story } from './story.ts'

test('rule 20: a lift may come before its stop; the id stays lifted', () => {
  const story = new Story()
  story.lift('s').stop('s')
  assert.equal(story.state.inForce.size, 0)
})

test('rule 21: a killed workflow keeps its target until its holder let go, or is lost', () => {
  for (const end of ['let go', 'lost'] as const) {
    const story = new Story()
    const workflow = story.workflow()
    const take = targetTake('local', 'id-web')
    story.decideStart(workflow, [take])
    const claim = story.claim(workflow, 0, 'B')
    story.stop('s')
    assert.equal(workflow.state, 'stopping')
    assert.equal(room(story.state, take, story.at, 'other').fits, false, 'the target is kept')
    if (end === 'lost') story.says(lost('B'))
    else story.says({ kind: 'let go', workflow: workflow.id, claim, how: 'killed', survivors: 0, tookMs: 4 }, 'B')
    assert.equal(workflow.state, 'stopped')
    assert.equal(room(story.state, take, story.at, 'other').fits, true)
  }
})

test('rule 21: a pause kills nothing and starts nothing', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.decideStart(workflow)
  const claim = story.claim(workflow)
  story.stop('p', [], 'pause')
  assert.equal(workflow.state, 'running')
  story.done(workflow, 0, claim)
  assert.deepEqual(stepsDue(story.state, seat(story)), [])
  story.lift('p')
  assert.equal(stepsDue(story.state, seat(story)).length, 1)
})

test('rule 21: a claim is let go once the log has each stop that killed it: another one that is there already does not stand in for it', () => {
  const story = new Story()
  const workflow = story.workflow()
  const latch = createLatch(story.state)
  story.stop('pause', [], 'pause')
  for (const id of ['pause', 'kill', 'elsewhere']) latch.trip({ id, matchers: id === 'elsewhere' ? ['target="db"'] : [], effect: id === 'pause' ? 'pause' : 'kill', who: 'ann', why: 'test' })
  assert.equal(latch.coversUnknown(workflow), true)
  story.stop('kill')
  assert.equal(latch.coversUnknown(workflow), false)
})

test('rule 22: let go by its deadline is said of an identity that is lost and had not answered, and of no other', () => {
  const story = new Story()
  for (const by of ['B', 'C', 'D']) story.says({ kind: 'joined', name: by, host: 'h', roles: by === 'D' ? ['notify'] : ['run'], foldVersion: 1 }, by)
  story.stop('s').says({ kind: 'stop acknowledged', stop: 's', runner: 'B', name: 'B', killed: 0, survivors: 0, tookMs: 1 }, 'B')
  const stop = story.state.stops.get('s')!
  assert.deepEqual(stop.lost, [])
  for (const runner of ['B', 'C', 'D']) story.says(lost(runner))
  assert.deepEqual(stop.lost.map(({ runner }) => runner), ['C'])
})

test('rule 23: a stop that is read again after its lift, from wherever, stays lifted, also after a snapshot', () => {
  const story = new Story()
  story.stop('s').lift('s').lift('early')
  const state = restoreState([...snapshotLines(story.state)])
  const latch = createLatch(state)
  for (const id of ['s', 'early', 'another']) latch.hear({ id, matchers: [], effect: 'kill', who: 'ann', why: 'test' })
  assert.deepEqual(latch.unrecorded().map(({ id }) => id), ['another'])
})

test('rule 24: `resolved` before `firing` is a tombstone; while waiting it ends the workflow; after the end it changes nothing', () => {
  const story = new Story()
  const tombstone = story.state.episodes.get(story.alert({ alertname: 'A' }, { status: 'resolved' }))!
  story.alert({ alertname: 'A' })
  assert.deepEqual(tombstone.answer, { reason: 'resolved first', detail: 'it was told of as resolved before it was told of as firing' })
  assert.equal(story.state.unanswered.size, 0)

  const workflow = story.workflow()
  story.alert({ alertname: 'HighLatency', service: 'web', id: workflow.id }, { status: 'resolved' })
  assert.deepEqual([workflow.state, workflow.reason], ['obsolete', 'resolved'])
  story.alert({ alertname: 'HighLatency', service: 'web', id: workflow.id }, { status: 'resolved' })
  assert.equal(workflow.state, 'obsolete')
})

test('rule 24: `resolved` while it runs is a hint: it goes on, and is verified', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'] })
  story.decideStart(workflow)
  const claim = story.claim(workflow)
  story.alert({ alertname: 'HighLatency', service: 'web', id: workflow.id }, { status: 'resolved' })
  assert.equal(workflow.state, 'running')
  story.done(workflow, 0, claim)
  assert.deepEqual(verificationsDue(story.state, seat(story)), [workflow])
})

test('a stop holds what has not begun; lifting plans it anew; what it killed is put before people and not started again', () => {
  const story = new Story()
  const [killed, held] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.decideStart(killed)
  const claim = story.claim(killed)
  story.stop('s').says({ kind: 'let go', workflow: killed.id, claim, how: 'killed', survivors: 0, tookMs: 1 })
  story.says({ kind: 'decided', ...story.judge(held) })
  assert.deepEqual([held.state, held.reason], ['waiting', 'stopped'])
  assert.deepEqual(plansDue(story.state, seat(story)), [])
  story.lift('s')
  assert.equal(held.state, 'planning')
  assert.deepEqual(plansDue(story.state, seat(story)).map((one) => one.id), [held.id])
  assert.equal(killed.state, 'stopped')
  assert.equal(story.state.notices.get(`workflow:${killed.id}`)?.urgency, 'page')
})

test('a stop by matchers holds what it covers and nothing else', () => {
  const story = new Story()
  const [web, api] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.stop('s', ['target="web"'])
  assert.equal(story.judge(web).reason, 'stopped')
  assert.equal(story.judge(api).outcome, 'start')
})

test('any stop that covers a workflow holds it: lifting one of two frees nothing', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.stop('s1').stop('s2', ['runbook="fix"']).lift('s1')
  assert.equal(story.judge(workflow).reason, 'stopped')
  story.lift('s2')
  assert.equal(story.judge(workflow).outcome, 'start')
})

test('one stop is the end of every one of 1,000 that run, at once where it is heard and again where it is folded; who joins later is told too', () => {
  const story = new Story()
  const latch = createLatch(story.state)
  const all = Array.from({ length: 1000 }, (_, index) => story.workflow({ id: `w${index}`, target: `t${index}`, startsAt: new Date(index * 1000).toISOString() }))
  for (const workflow of all) story.decideStart(workflow).claim(workflow)
  const heard: string[] = []
  for (let index = 0; index < 1000; index++) latch.onTrip(({ id }) => heard.push(id))
  const order = { id: 's', matchers: ['runbook="fix"'], effect: 'kill', who: 'x', why: '' } as const
  latch.trip(order)
  latch.trip(order)
  assert.equal(heard.length, 1000)
  assert.equal(all.filter((workflow) => latch.covers(workflow)).length, 1000)
  story.stop('s', order.matchers)
  assert.equal(story.state.live.get('stopping')!.size, 1000)
  assert.equal(story.judge(story.workflow({ id: 'later', target: 'web', startsAt: new Date(2_000_000).toISOString() })).reason, 'stopped')
})
