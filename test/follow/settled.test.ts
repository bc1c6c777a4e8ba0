/** Rule 23: what leaves the control stream, and when; a real reader of a real stream, in a time of the test's own. */
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { startControl, type ControlRecord, type Tick } from '../../src/follow/control.ts'
import { createSettled } from '../../src/follow/settled.ts'
import { memoryLog } from '../../src/log/memory.ts'
import { lost, Story } from '../core/story.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const stop = (id: string) => ({ id, matchers: ['target="web"'], effect: 'pause', who: 'ann', why: 'test' }) as const

const stage = async (t: TestContext, live: readonly string[] = ['A']) => {
  const story = new Story()
  const log = memoryLog<ControlRecord>()
  let time = 0
  const tick = (by: string): Omit<Tick, 'kind' | 'n' | 'sentAt'> => ({ by, name: by, host: 'h', address: '', stopKey: '', roles: ['decide'], foldVersion: 1, catalogue: '' })
  for (const by of ['Q', 'R']) await log.append([{ kind: 'tick', n: 1, sentAt: 0, ...tick(by) }])
  for (const id of ['lifted', 'stands']) await log.append([{ kind: 'stop', by: 'Q', n: 1, stop: stop(id) }])
  const control = startControl({ log, clock: { now: () => time, steady: () => time, after: () => () => {} }, boottime: () => time, tick: () => tick('A'), onLease: () => {}, onStop: () => {}, onProblem: assert.ifError })
  t.after(() => control.close())
  await control.caughtUp
  const look = createSettled({ state: story.state, seat: () => ({ me: 'A', live, now: story.at }), control, boottime: () => time, onProblem: assert.ifError })
  return {
    story, control,
    /** What was taken from the stream by the look after so long, in the state as it is then. */
    gone: async (ms: number): Promise<string[]> => {
      time += ms
      story.later(ms)
      const before = log.entries().length
      look()
      await turn()
      return log.entries().slice(before).flatMap(({ entry }) => (entry.kind === 'forgotten' ? [entry.key] : []))
    },
  }
}

test('the ticks of who is lost go after ten minutes of silence, and no others', async (t) => {
  const { story, control, gone } = await stage(t)
  story.says({ kind: 'noted', workflow: 'none', who: 'ann', text: '' }, 'Q').says({ kind: 'noted', workflow: 'none', who: 'ann', text: '' }, 'R').says(lost('Q'))
  assert.deepEqual(await gone(9 * minute), [])
  assert.deepEqual(await gone(2 * minute), ['Q'])
  assert.deepEqual([[...control.peers().keys()].sort(), await gone(2 * minute)], [['A', 'R'], []], 'once')
})

test('a stop goes when it was lifted and forgotten, and a snapshot holds its id', async (t) => {
  const { story, control, gone } = await stage(t)
  story.says({ kind: 'stop pulled', stop: stop('lifted') }).says({ kind: 'stop pulled', stop: stop('stands') }).lift('lifted')
  for (const { key, revision } of [...story.state.noticesDue]) story.says({ kind: 'message sent', notice: key, revision, channel: 'C', ts: '1', rang: true }).says({ kind: 'taken', notice: key, who: 'ann' })
  for (const { key, revision } of [...story.state.noticesDue]) story.says({ kind: 'message sent', notice: key, revision, channel: 'C', ts: '1' })
  assert.deepEqual(await gone(hour), [], 'it was lifted a moment ago')
  story.later(2 * day).says({ kind: 'noted', workflow: 'none', who: 'ann', text: '' })
  assert.deepEqual([story.state.lifted.has('lifted'), await gone(2 * minute)], [true, []], 'no snapshot was made')
  story.says({ kind: 'snapshot made', position: 1, digest: 'd' })
  assert.deepEqual(await gone(2 * minute), ['lifted'])
  assert.deepEqual([[...control.stops()], await gone(day)], [['stands'], []])
})

test('several take nothing away twice: the preferred one does', async (t) => {
  const { story, gone } = await stage(t, ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'])
  for (const id of ['Q', 'R']) story.says({ kind: 'noted', workflow: 'none', who: 'ann', text: '' }, id).says(lost(id))
  assert.ok((await gone(hour)).length < 2)
})
