import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initialState } from '../../src/core/state.ts'
import type { Entry } from '../../src/core/entry.ts'
import { startFollower } from '../../src/follow/follower.ts'
import { realClock } from '../../src/log/clock.ts'
import { LogError, type Log } from '../../src/log/log.ts'

test('nobody acts any more once the log cannot be followed, and it is told why', async () => {
  const cut = new LogError('LOG_CUT', 'Entry 7 is no longer held.')
  const goOn = Promise.withResolvers<void>()
  const log = {
    async* follow() {
      yield 'caught up'
      await goOn.promise
      throw cut
    },
  } as unknown as Log<Entry>
  let turns = 0
  const follower = startFollower({ log, state: initialState(), clock: realClock, steady: () => performance.now(), onEntries: () => {}, onProblem: assert.ifError })
  await follower.caughtUp
  follower.act([() => void turns++])
  assert.equal(turns, 1)
  goOn.resolve()
  assert.equal(await follower.failed, cut)
  const before = turns
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.equal(turns, before, 'it would act on a state that stands still')
  await follower.close()
})

test('rule 10: on a log that is too new only those act who do it always', async () => {
  const log = {
    async* follow(_: number, signal: AbortSignal) {
      yield 'caught up'
      yield [{ position: 0, at: 1, entry: { kind: 'of a later version', by: 'B', n: 1 } }]
      await new Promise((done) => signal.addEventListener('abort', done))
    },
  } as unknown as Log<Entry>
  const turns = { always: 0, else: 0 }
  const follower = startFollower({ log, state: initialState(), clock: realClock, steady: () => performance.now(), onEntries: () => {}, onProblem: assert.ifError })
  await follower.folded(0)
  assert.equal(follower.state.unknownEntry, 'of a later version')
  follower.act([() => void turns.else++])
  follower.act([() => void turns.always++], { always: true })
  assert.deepEqual(turns, { always: 1, else: 0 }, 'what it did would not be folded, and so be due for ever')
  await follower.close()
})
