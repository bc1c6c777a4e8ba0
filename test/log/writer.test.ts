/** What the writer does with what it is given: batches, bounds, repeats, numbers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LogError, type LogErrorCode } from '../../src/log/log.ts'
import type { WriterLimits } from '../../src/log/writer.ts'
import { codec, facts, held, rejected, send, unreachable } from './held-log.ts'
import { settled } from './virtual-clock.ts'

describe('batches', () => {
  test('what queues while a batch is in flight goes as one, in order, with numbers in that order', async () => {
    const { log, writer } = held()
    const first = send(writer, 'one')
    await settled()
    const rest = [send(writer, 'two', 'three'), send(writer, 'four'), send(writer, 'five')]
    await settled()
    assert.equal(log.attempts.length, 1, 'one batch in flight at a time')
    await log.land()
    assert.equal(first(), 'at 0')
    assert.deepEqual(log.said(), [['one a1'], ['two a2', 'three a3', 'four a4', 'five a5']])
    await log.land()
    assert.deepEqual(rest.map((it) => it()), ['at 2', 'at 3', 'at 4'], 'each is told the place of its own last fact')
  })

  test('appends of one moment go together', async () => {
    const { log, writer } = held()
    send(writer, 'one')
    send(writer, 'two')
    await settled()
    assert.deepEqual(log.said(), [['one a1', 'two a2']])
  })

  test('the keeper is handed the texts, so that nothing is encoded twice', async () => {
    const { log, writer } = held()
    send(writer, 'one')
    await settled()
    assert.deepEqual(log.attempts[0]!.texts, ['{"text":"one","by":"a","n":1}'])
  })

  const limits: readonly [name: string, limits: Partial<WriterLimits>, calls: string[][], batches: number[], why: string][] = [
    ['entries', { batchEntries: 3 }, [['1', '2'], ['3', '4'], ['5']], [2, 3], 'the facts of one call stay together'],
    ['exactly full', { batchEntries: 4 }, [['1', '2'], ['3', '4'], ['5']], [4, 1], 'the limit itself is allowed'],
    ['bytes', { batchBytes: 70 }, [['1'], ['2'], ['3']], [2, 1], 'an entry here has 27 bytes'],
  ]
  for (const [name, limit, calls, batches, why] of limits) {
    test(`a batch is bounded in ${name}: ${why}`, async () => {
      const { log, writer } = held(limit)
      for (const texts of calls) send(writer, ...texts)
      for (const _ of batches) {
        await settled()
        await log.land()
      }
      assert.deepEqual(log.attempts.map(({ entries }) => entries.length), batches)
    })
  }
})

describe('at the door', () => {
  test('too much that waits: refused at once, nothing of it is taken', async () => {
    for (const limit of [{ queuedEntries: 2 }, { queuedBytes: 50 }]) {
      const { log, writer } = held(limit)
      send(writer, 'in flight')
      await settled()
      const waiting = send(writer, 'one', 'two')
      await assert.rejects(writer.append(facts('three')), rejected('LOG_BUSY', 'no', /wait to be written already. Send again later/))
      assert.equal(writer.stats.busy, 1)
      await log.land()
      await log.land()
      assert.equal(waiting(), 'at 2')
      assert.equal(writer.stats.queuedBytes, 0)
    }
  })

  const floods: readonly [unit: string, limits: Partial<WriterLimits>][] = [['entries', { queuedEntries: 20 }], ['bytes', { queuedBytes: 800 }]]
  for (const [unit, limits] of floods) {
    test(`full of webhooks, counted in ${unit}: they are refused, and a stop still lands`, async () => {
      const { log, writer } = held(limits, { yields: ({ text }) => text.startsWith('webhook') })
      const webhooks: (() => string)[] = []
      for (let n = 0; n < 50; n++) {
        webhooks.push(send(writer, `webhook ${n}`))
        await settled()
      }
      assert.ok(writer.stats.busy > 20, 'the flood is held off')
      const [webhook, stop] = [send(writer, 'webhook again'), send(writer, 'stop')]
      await settled()
      assert.deepEqual([webhook(), stop()], ['LOG_BUSY no', 'waiting'])
      await log.land()
      await log.land()
      const taken = webhooks.filter((one) => one() !== 'LOG_BUSY no')
      assert.equal(stop(), `at ${taken.length}`, 'after what was taken before it, in order')
    })
  }

  const refused: readonly [name: string, texts: string[], code: LogErrorCode | 'TypeError', why: string][] = [
    ['an entry that is too large', ['ok', 'x'.repeat(80)], 'LOG_TOO_LARGE', 'of its call nothing is written'],
    ['one that is too large in bytes only', ['漢'.repeat(30)], 'LOG_TOO_LARGE', 'limits are bytes of UTF-8'],
    ['more than fits into one batch', ['1', '2', '3', '4', '5', '6'], 'LOG_TOO_LARGE', 'the facts of one call stay together'],
    ['what cannot be written as text', ['unspeakable'], 'TypeError', 'a defect of its caller'],
    ['nothing', [], 'TypeError', 'a defect of its caller'],
  ]
  for (const [name, texts, code, why] of refused) {
    test(`${name} is refused to its own caller only: ${why}`, async () => {
      const { log, writer } = held({ entryBytes: 100, batchEntries: 5 })
      const before = send(writer, 'before')
      const bad = writer.append(facts(...texts))
      const after = send(writer, 'after')
      await assert.rejects(bad, (error) => code === 'TypeError' ? error instanceof TypeError : rejected(code, 'no')(error))
      await log.land()
      assert.deepEqual([before(), after()], ['at 0', 'at 1'])
      assert.deepEqual(log.attempts[0]!.entries.map(({ text }) => text), ['before', 'after'])
    })
  }
})

describe('a log that fails', () => {
  test('a batch is said again unchanged, with longer and longer pauses, until it lands', async () => {
    const { log, clock, writer } = held()
    const one = send(writer, 'one')
    await settled()
    const pauses = [50, 100, 200, 400, 800, 1_000, 1_000]
    for (const [index, ms] of pauses.entries()) {
      send(writer, `later ${index}`)
      await log.fail(unreachable(index % 2 === 0 ? 'no' : 'maybe'))
      await clock.pass(ms - 1)
      assert.equal(log.attempts.length, index + 1, `attempt ${index + 2} came before ${ms} ms`)
      await clock.pass(1)
      assert.equal(log.attempts.length, index + 2, `attempt ${index + 2} did not come after ${ms} ms`)
    }
    assert.ok(log.attempts.every(({ entries, texts }) => entries === log.attempts[0]!.entries && texts === log.attempts[0]!.texts))
    assert.equal(one(), 'waiting')
    assert.match(writer.stats.failing?.error.message ?? '', /no broker/)
    await log.land()
    assert.equal(one(), 'at 0')
    assert.equal(writer.stats.failing, undefined)
    assert.equal(writer.stats.repeats, pauses.length)
    assert.equal(log.attempts.at(-1)!.entries.length, pauses.length, 'what waited goes as the next batch')
  })

  test('an attempt that is never answered is given up and said again', async () => {
    const { log, clock, writer } = held({ attemptMs: 2_000 })
    const one = send(writer, 'one')
    await clock.pass(2_050)
    assert.deepEqual(log.said(), [['one a1'], ['one a1']])
    await log.land(1)
    assert.equal(one(), 'at 0')
    await log.land(0)
    assert.equal(writer.stats.batches, 1, 'the late answer of the first attempt means nothing')
  })

  test('what repeating cannot help is told to those of that batch, and the next one goes', async () => {
    for (const [error, code, landed] of [
      [new TypeError('a defect'), 'LOG_BROKEN', 'maybe'],
      [new LogError('LOG_TOO_LARGE', 'no'), 'LOG_TOO_LARGE', 'no'],
    ] as const) {
      const { log, writer } = held()
      const bad = send(writer, 'bad')
      await settled()
      const good = send(writer, 'good')
      await log.fail(error)
      assert.equal(bad(), `${code} ${landed}`)
      assert.deepEqual(log.said(), [['bad a1'], ['good a2']])
      await log.land()
      assert.equal(good(), 'at 0')
    }
  })
})

describe('a new identity', () => {
  test('what is in flight keeps the old numbers; what is queued and what comes gets new ones from 1', async () => {
    const { log, clock, writer } = held()
    send(writer, 'old')
    await settled()
    send(writer, 'queued', 'too')
    writer.renew('b')
    send(writer, 'new')
    assert.equal(writer.identity, 'b')
    await log.fail(unreachable('maybe'))
    await clock.pass(50)
    await log.land()
    assert.deepEqual(log.said(), [['old a1'], ['old a1'], ['queued b1', 'too b2', 'new b3']])
    assert.deepEqual(log.attempts.at(-1)!.texts, log.attempts.at(-1)!.entries.map(codec.encode))
  })
})

test('the figures add up', async () => {
  const sent: unknown[] = []
  const { log, clock, writer } = held({}, { onLanded: (it) => sent.push(it) })
  send(writer, 'one', 'two')
  await settled()
  send(writer, 'three')
  const { queuedEntries, queuedBytes, inFlightEntries } = writer.stats
  assert.deepEqual({ queuedEntries, queuedBytes, inFlightEntries }, { queuedEntries: 1, queuedBytes: 31, inFlightEntries: 2 })
  await log.fail(unreachable('no'))
  await clock.pass(50)
  await log.land()
  await clock.pass(7)
  await log.land()
  assert.deepEqual(sent, [{ entries: 2, bytes: 58, attempts: 2, tookMs: 50 }, { entries: 1, bytes: 31, attempts: 1, tookMs: 7 }])
  assert.deepEqual(writer.stats, {
    batches: 2, entries: 3, bytes: 89, repeats: 1, givenUp: 0, busy: 0, late: 0, queuedEntries: 0, queuedBytes: 0, inFlightEntries: 0,
  })
})
