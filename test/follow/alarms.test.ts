import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAlarms } from '../../src/follow/alarms.ts'

const told = () => {
  const said: string[] = []
  const now: { ageMs: number; unknown?: string } = { ageMs: -Infinity }
  return { said, now, alarms: createAlarms({ notify: (text) => said.push(text), tickAgeMs: () => now.ageMs, killAfterMs: 30_000, unknownEntry: () => now.unknown }) }
}

test('rule 6: ticks that stay away for 15 s are told of, once, and that they come back', () => {
  const { said, now, alarms } = told()
  for (const [ageMs, count, because] of [
    [Infinity, 0, 'none was ever read: it is starting'], [14_000, 0, 'an election takes as long'], [15_001, 1, 'too long'], [29_000, 1, 'told once'], [300, 2, 'back'], [16_000, 3, 'again'],
  ] as const) {
    now.ageMs = ageMs
    alarms.act()
    assert.equal(said.length, count, because)
  }
  assert.match(said[0]!, /sent 15 s ago.*after 30 s what runs is killed/)
  assert.equal(said[1], 'ticks come back again')
})

test('rule 8: a clock of the log that went back by more than 5 s is told of, once, and that it has caught up', () => {
  const { said, alarms } = told()
  for (const [at, logTime, count, because] of [
    [100_000, 100_000, 0, 'as it should be'], [95_000, 100_000, 0, 'brokers differ by that'], [94_999, 100_000, 1, 'too much'], [94_998, 100_000, 1, 'told once'], [100_001, 100_001, 2, 'caught up'],
  ] as const) {
    alarms.folded(at, logTime)
    assert.equal(said.length, count, because)
  }
  assert.match(said[0]!, /went back by 5 s.*stands still/)
})

test('rule 10: a server that is older than its log says so, once', () => {
  const { said, now, alarms } = told()
  alarms.act()
  assert.deepEqual(said, [])
  now.unknown = 'fold version 9'
  alarms.act()
  alarms.act()
  assert.equal(said.length, 1)
  assert.match(said[0]!, /older than its log, and does not know `fold version 9`/)
})
