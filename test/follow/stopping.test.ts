/** However many stops are asked for, each is answered with one that covers what it meant, and what is kept has an end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStopping, type StoppingOptions } from '../../src/follow/stopping.ts'
import { realClock } from '../../src/log/clock.ts'
import { createLatch } from '../../src/runner/latch.ts'
import { Story } from '../core/story.ts'
import { VirtualClock } from '../log/virtual-clock.ts'

const stage = (more: Partial<StoppingOptions> = {}) => {
  const story = new Story()
  const latch = createLatch(story.state)
  let text: string | undefined
  const stopping = createStopping({
    state: story.state, clock: realClock, newId: () => 'unreadable', file: { read: () => text, write: (all) => (text = all) }, trip: latch.trip,
    inForce: latch.inForce, unrecorded: latch.unrecorded, unheard: () => [], sendOnControl: async () => {}, sendToPeers: () => {},
    append: async (facts) => (facts.forEach((fact) => story.says(fact)), story.state.position), folded: async () => {}, onProblem: assert.ifError, ...more,
  })
  const pull = (id: string, matchers: readonly string[]) => stopping.pull({ id, matchers, effect: 'kill', who: 'ann', why: 'loop' })
  return { story, latch, pull }
}

test('the same stop again and again is one of those that stand, from some number on', async () => {
  const { story, pull } = stage()
  for (let n = 0; n < 250; n++) await pull(`s${n}`, ['target="web"'])
  assert.equal(story.state.inForce.size, 200)
})

test('a thousand scopes, and the next is of everything: it says so, and there is one of it', async () => {
  const { story, latch, pull } = stage()
  for (let n = 0; n < 1000; n++) assert.equal((await pull(`s${n}`, [`target="t${n}"`])).note, undefined)
  const other = story.workflow({ target: 'other' })
  assert.ok(!latch.covers(other))
  const pulled = await pull('next', ['target="other"'])
  assert.deepEqual([pulled.id, pulled.durable, story.state.stops.get('next')?.matchers], ['next', true, []])
  assert.match(pulled.note!, /1000 stops are in force: this one is of everything/)
  assert.ok(latch.covers(other))
  assert.equal((await pull('another', ['target="more"'])).id, 'next')
  assert.equal(story.state.inForce.size, 1001)
})

test('a log that does not answer keeps nobody waiting: within a second it is said that the stop is not on it', async () => {
  const clock = new VirtualClock()
  const { latch, story, pull } = stage({ clock, append: () => new Promise(() => {}) })
  const pulled = pull('one', [])
  assert.ok(latch.covers(story.workflow()), 'in force at once')
  await clock.pass(1000)
  assert.deepEqual(await Promise.race([pulled, Promise.resolve('still waiting')]), { id: 'one', durable: false })
})
