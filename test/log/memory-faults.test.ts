/** The memory log as the simulation uses it: seeded faults, the same for the same seed, and none that breaks a promise. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LogError, type Recorded } from '../../src/log/log.ts'
import { memoryLog, type MemoryLog } from '../../src/log/memory.ts'
import { seeded, type Faults } from '../../src/log/memory-faults.ts'
import { createWriter } from '../../src/log/writer.ts'
import { contractCodec, entry, readAll, type ContractEntry } from '../contract/log-entries.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

const everything: Faults = {
  delayMs: [0, 200], answerMs: [0, 50], readMs: [0, 100], lost: 0.1, landedButFailed: 0.1, landsLate: 0.1, lateMs: [10, 20_000],
  unanswered: 0.02, stall: 0.02, stallMs: [100, 5_000],
}

/** An append's outcome under one fault that is certain, and what is on the log in the end. */
async function one(faults: Faults): Promise<{ said: string; landed: number[] }> {
  const clock = new VirtualClock()
  const log = memoryLog<ContractEntry>({ codec: contractCodec, clock })
  let said = 'nothing'
  log.producer({ faults, random: seeded(1) }).append([entry(1)]).then(
    (position) => { said = `at ${position}` },
    (error: unknown) => { said = error instanceof LogError ? `${error.code} ${error.landed}` : String(error) },
  )
  await clock.pass(60_000)
  return { said, landed: log.entries().map(({ entry }) => entry.n) }
}

describe('each fault', () => {
  const table: readonly [Faults, said: string, landed: number[], why: string][] = [
    [{}, 'at 0', [1], 'no fault'],
    [{ delayMs: [5, 10], answerMs: [5, 10] }, 'at 0', [1], 'only late'],
    [{ lost: 1 }, 'LOG_UNREACHABLE maybe', [], 'whoever is told knows nothing'],
    [{ landedButFailed: 1 }, 'LOG_UNREACHABLE maybe', [1], 'the answer was lost'],
    [{ landsLate: 1 }, 'LOG_UNREACHABLE maybe', [1], 'the request of a client that gave up'],
    [{ unanswered: 1 }, 'nothing', [], 'a connection that is silent'],
    [{ stall: 1, stallMs: [1_000, 2_000] }, 'at 0', [1], 'a frozen process goes on'],
  ]
  for (const [faults, said, landed, why] of table) {
    test(`${JSON.stringify(faults)}: ${why}`, async () => assert.deepEqual(await one(faults), { said, landed }))
  }

  test('a late landing comes after what was sent later', async () => {
    const clock = new VirtualClock()
    const log = memoryLog<ContractEntry>({ clock })
    await log.producer({ faults: { landsLate: 1, lateMs: [500, 600] }, random: seeded(1) }).append([entry(1)]).catch(() => {})
    await log.append([entry(2)])
    await clock.pass(1_000)
    assert.deepEqual(log.entries().map(({ entry }) => entry.n), [2, 1])
  })
})

/** Three writers on one log with every fault there is. */
async function storm(seed: number) {
  const clock = new VirtualClock()
  const log = memoryLog<ContractEntry>({ codec: contractCodec, clock })
  const random = seeded(seed)
  const stamp = (fact: string, by: string, n: number): ContractEntry => ({ by, n, content: fact })
  const told = new Map<string, 'landed' | 'no' | 'maybe'>()
  const producers = ['a', 'b', 'c'].map(() => log.producer({ faults: everything, random }))
  const writers = producers.map((producer, index) =>
    createWriter<string, ContractEntry>(producer, { identity: `${index}`, codec: contractCodec, stamp, clock, limits: { attemptMs: 2_000 } }))
  for (let round = 0; round < 40; round++) {
    writers.forEach((writer, index) => {
      const fact = `${index} ${round}`
      writer.append([fact], round % 4 === 0 ? { deadlineMs: 300 } : {}).then(
        () => told.set(fact, 'landed'), (error: LogError) => told.set(fact, error.landed))
      if (round === 20) writer.renew(`${index} again`)
    })
    await clock.pass(random() * 200)
  }
  await clock.pass(300_000)
  for (const writer of writers) await writer.close()
  for (const producer of producers) await producer.close()
  return { log, told, drawn: producers.map(({ drawn }) => drawn) }
}

/** As every follower does: an entry that is not above the last number seen of its identity was said before. */
function once(read: readonly Recorded<ContractEntry>[]): string[] {
  const last = new Map<string, number>()
  return read.filter(({ entry: { by, n } }) => {
    if (n <= (last.get(by) ?? 0)) return false
    last.set(by, n)
    return true
  }).map(({ entry }) => entry.content as string)
}

describe('a writer over every fault', () => {
  test('what landed is read once and in order, what was withdrawn never, and every caller is told', async () => {
    const drawn: Record<string, number> = {}
    for (let seed = 1; seed <= 30; seed++) {
      const { log, told, drawn: by } = await storm(seed)
      for (const each of by) for (const [fault, count] of Object.entries(each)) drawn[fault] = (drawn[fault] ?? 0) + count
      const read = once(await readAll(log))
      const says = `SEED ${seed}`
      assert.equal(new Set(read).size, read.length, `${says}: something was read twice`)
      assert.equal(told.size, 120, `${says}: somebody was told nothing`)
      for (const [fact, became] of told) {
        if (became === 'landed') assert.ok(read.includes(fact), `${says}: ${fact} landed and is not there`)
        if (became === 'no') assert.ok(!read.includes(fact), `${says}: ${fact} was withdrawn and is there`)
      }
      for (const writer of ['0', '1', '2']) {
        const rounds = read.filter((fact) => fact.startsWith(writer)).map((fact) => Number(fact.slice(2)))
        assert.deepEqual(rounds, [...rounds].sort((a, b) => a - b), `${says}: out of order`)
      }
    }
    for (const [fault, count] of Object.entries(drawn)) assert.ok(count > 0, `${fault} never happened`)
  })

  test('the same seed gives the same log, to the position and the millisecond', async () => {
    const [first, second, other] = await Promise.all([storm(7), storm(7), storm(8)])
    assert.deepEqual(first.log.entries(), second.log.entries())
    assert.notDeepEqual(first.log.entries(), other.log.entries())
  })
})

describe('what is kept', () => {
  test('compacted: the latest of each key stays at its place, and the log does not grow', async () => {
    const log = memoryLog<ContractEntry>({ compact: ({ by }) => by })
    for (let n = 1; n <= 10_000; n++) await log.append([entry(n, undefined, `process ${n % 10}`)])
    const kept = log.entries()
    assert.ok(kept.length <= 1_100, `${kept.length} entries are kept`)
    const latest = new Map(kept.map(({ entry }) => [entry.by, entry.n]))
    assert.deepEqual([...latest.values()].sort((a, b) => a - b), Array.from({ length: 10 }, (_, index) => 9_991 + index))
    assert.equal(kept.at(-1)!.position, 9_999)
    assert.equal((await readAll(log, 5)).length, kept.length, 'a gap is stepped over')
  })

  test('older than the retention: gone, and whoever asks for it is told', async () => {
    const clock = new VirtualClock()
    const log = memoryLog<ContractEntry>({ clock, retentionMs: 60_000 })
    for (let n = 0; n < 5_000; n++) {
      await log.append([entry(n)])
      if (n % 100 === 0) await clock.pass(2_000)
    }
    assert.ok(log.entries().length < 4_500)
    await assert.rejects(readAll(log, 0), (error) => error instanceof LogError && error.code === 'LOG_CUT')
    await assert.rejects(readAll(log, 5_001), (error) => error instanceof LogError && error.code === 'LOG_BROKEN')
  })

  test('without a codec followers get the objects themselves', async () => {
    const log: MemoryLog<ContractEntry> = memoryLog()
    const sent = entry(1, {})
    await log.append([sent])
    assert.equal((await readAll(log))[0]!.entry, sent)
    await settled()
  })
})
