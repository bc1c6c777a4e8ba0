/** The digest of a state at a position: the same for all who folded the same, whatever comes in between. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { entryCodec, numbered, type Entry } from '../../src/core/entry.ts'
import { evolve } from '../../src/core/evolve.ts'
import { initialState } from '../../src/core/state.ts'
import { digestOf } from '../../src/follow/digest.ts'
import { startFollower } from '../../src/follow/follower.ts'
import { realClock } from '../../src/log/clock.ts'
import { memoryLog, type MemoryLog } from '../../src/log/memory.ts'
import { alertBody } from '../core/story.ts'

const alert = (n: number): Entry => numbered({ kind: 'received', source: 'alertmanager', payload: alertBody([{ labels: { alertname: 'A', n: String(n) } }]) }, 'A', n)
const alerts = (from: number, count: number): Entry[] => Array.from({ length: count }, (_, index) => alert(from + index))

const follow = async (t: TestContext, log: MemoryLog<Entry>) => {
  const follower = startFollower({ log, state: initialState(), clock: realClock, steady: () => performance.now(), onEntries: () => {}, onProblem: (problem) => assert.fail(String(problem)) })
  t.after(() => follower.close())
  await follower.caughtUp
  return { ...follower, digest: (position?: number) => follower.hold(() => digestOf(follower.state), { position, withinMs: 2000 }) }
}

test('two servers say the same of one position, in the middle of what came in one piece', async (t) => {
  const log = memoryLog<Entry>({ codec: entryCodec })
  await log.append(alerts(1, 50))
  const [one, two] = [await follow(t, log), await follow(t, log)]
  const both = Promise.all([one.digest(120), two.digest(120)])
  await log.append(alerts(51, 2000))
  const [a, b] = await both
  assert.deepEqual([a?.position, b], [120, a])
  const alone = initialState()
  for (const recorded of log.entries().slice(0, 120)) evolve(alone, recorded)
  assert.deepEqual(await digestOf(alone), a)
  await one.folded(2049)
  assert.notEqual((await one.digest())?.digest, a?.digest)
})

test('what is over, or does not come, has none; nothing is folded while it is made', async (t) => {
  const log = memoryLog<Entry>({ codec: entryCodec })
  await log.append(alerts(1, 10))
  const one = await follow(t, log)
  assert.equal(await one.digest(3), undefined)
  assert.equal(await one.hold(() => digestOf(one.state), { position: 11, withinMs: 20 }), undefined)
  const looked = await one.hold(async () => {
    await log.append(alerts(11, 5))
    await new Promise((resolve) => setTimeout(resolve, 100))
    return one.state.position
  }, { withinMs: 2000 })
  assert.equal(looked, 10)
  await one.folded(14)
})
