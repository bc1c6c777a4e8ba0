/** What the writer promises its callers, on a log that answers when the test says so. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LogError, type Codec, type Log, type LogErrorCode, type Position } from '../../src/log/log.ts'
import { createWriter, type Writer, type WriterLimits, type WriterOptions } from '../../src/log/writer.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

interface Fact { readonly text: string }
interface Numbered extends Fact { readonly by: string; readonly n: number }

const codec: Codec<Numbered> = {
  encode: (entry) => {
    if (entry.text === 'unspeakable') throw new TypeError('cannot be written')
    return JSON.stringify(entry)
  },
  decode: (text) => JSON.parse(text) as Numbered,
  key: ({ by }) => by,
  kind: () => 'fact',
}

/** A log whose attempts wait for the test's word. */
class HeldLog implements Log<Numbered> {
  readonly attempts: { entries: readonly Numbered[]; texts: readonly string[] | undefined; resolve(last: Position): void; reject(error: Error): void }[] = []
  #next = 0

  append(entries: readonly Numbered[], texts?: readonly string[]): Promise<Position> {
    return new Promise((resolve, reject) => this.attempts.push({ entries, texts, resolve, reject }))
  }

  async land(attempt = this.attempts.length - 1): Promise<void> {
    const { entries, resolve } = this.attempts[attempt]!
    this.#next += entries.length
    resolve(this.#next - 1)
    await settled()
  }

  async fail(error: Error): Promise<void> {
    this.attempts.at(-1)!.reject(error)
    await settled()
  }

  /** What each attempt said: `text by n`. */
  said(): string[][] {
    return this.attempts.map(({ entries }) => entries.map(({ text, by, n }) => `${text} ${by}${n}`))
  }

  async* follow(): AsyncGenerator<'caught up'> {}
  end = async (): Promise<Position> => this.#next
  close = async (): Promise<void> => {}
}

function held(limits: Partial<WriterLimits> = {}, more: Partial<WriterOptions<Fact, Numbered>> = {}) {
  const log = new HeldLog()
  const clock = new VirtualClock()
  const stamp = (fact: Fact, by: string, n: number): Numbered => ({ ...fact, by, n })
  const writer = createWriter<Fact, Numbered>(log, { identity: 'a', codec, stamp, clock, limits, ...more })
  return { log, clock, writer }
}

const facts = (...texts: string[]): Fact[] => texts.map((text) => ({ text }))
const unreachable = (landed: 'no' | 'maybe'): LogError => new LogError('LOG_UNREACHABLE', 'no broker', { landed })

/** What became of an append, as it stands now. */
function outcome(promise: Promise<Position>): () => string {
  let now = 'waiting'
  promise.then((position) => { now = `at ${position}` }, (error: unknown) => {
    now = error instanceof LogError ? `${error.code} ${error.landed}` : String(error)
  })
  return () => now
}
const send = (writer: Writer<Fact, Numbered>, ...texts: string[]): (() => string) => outcome(writer.append(facts(...texts)))
const rejected = (code: LogErrorCode, landed: 'no' | 'maybe', message = /./) => (error: unknown): boolean =>
  error instanceof LogError && error.code === code && error.landed === landed && message.test(error.message)

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

describe('whose time is over', () => {
  test('still queued: withdrawn, never sent, certainly not written', async () => {
    const { log, clock, writer } = held()
    send(writer, 'in flight')
    await settled()
    const short = writer.append(facts('short'), { deadlineMs: 5_000 })
    short.catch(() => {})
    const long = send(writer, 'long')
    await log.fail(unreachable('no'))
    await clock.pass(4_999)
    assert.equal(writer.stats.queuedEntries, 2)
    await clock.pass(1)
    await assert.rejects(short, rejected('LOG_LATE', 'no', /^Not written: its deadline passed\. The log cannot be written now: no broker$/))
    assert.equal(writer.stats.queuedEntries, 1)
    await log.land()
    await log.land()
    assert.equal(long(), 'at 1')
    assert.ok(!log.said().flat().some((said) => said.startsWith('short')))
    assert.equal(writer.stats.late, 1)
  })

  test('in flight: nobody knows, and the batch goes on', async () => {
    const { log, clock, writer } = held()
    const late = outcome(writer.append(facts('late'), { deadlineMs: 5_000 }))
    const patient = send(writer, 'patient')
    await clock.pass(5_000)
    assert.equal(late(), 'LOG_LATE maybe')
    assert.equal(patient(), 'waiting')
    await log.land()
    assert.equal(patient(), 'at 1')
  })

  test('deadlines of different length each come in their own time', async () => {
    const { clock, writer } = held()
    const lengths = [3_000, 1_000, 2_000, 1_000]
    const outcomes = lengths.map((deadlineMs) => outcome(writer.append(facts('x'), { deadlineMs })))
    for (const time of [1_000, 2_000, 3_000]) {
      await clock.pass(1_000)
      assert.deepEqual(outcomes.map((it) => it() !== 'waiting'), lengths.map((ms) => ms <= time), `after ${time} ms`)
    }
  })

  test('called off: at once when queued, not known when in flight, not taken when called off before', async () => {
    const { log, writer } = held()
    const [inFlight, queued] = [new AbortController(), new AbortController()]
    const first = outcome(writer.append(facts('first'), { signal: inFlight.signal }))
    await settled()
    const second = outcome(writer.append(facts('second'), { signal: queued.signal }))
    inFlight.abort()
    queued.abort()
    await settled()
    assert.deepEqual([first(), second()], ['LOG_LATE maybe', 'LOG_LATE no'])
    await assert.rejects(writer.append(facts('third'), { signal: AbortSignal.abort() }), rejected('LOG_LATE', 'no'))
    await log.land()
    assert.deepEqual(log.said(), [['first a1']])
  })

  test('once landed, neither deadline nor signal changes anything, and no timer is left', async () => {
    const { log, clock, writer } = held()
    const controller = new AbortController()
    const one = outcome(writer.append(facts('one'), { signal: controller.signal, deadlineMs: 100 }))
    await settled()
    await log.land()
    controller.abort()
    await clock.pass(200)
    assert.equal(one(), 'at 0')
    assert.equal(writer.stats.late, 0)
    assert.equal(clock.waiting, 0)
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

describe('the end', () => {
  test('close waits for what is still to be written, and takes no more', async () => {
    const { log, clock, writer } = held()
    const one = send(writer, 'one')
    await settled()
    const two = send(writer, 'two')
    const closing = writer.close()
    await assert.rejects(writer.append(facts('three')), rejected('LOG_CLOSED', 'no'))
    await log.land()
    await log.land()
    await closing
    assert.deepEqual([one(), two()], ['at 0', 'at 1'])
    assert.equal(clock.waiting, 0, 'a timer is left')
  })

  test('a log that does not answer is not waited for longer than closeMs', async () => {
    for (const failing of [false, true]) {
      const { log, clock, writer } = held({ closeMs: 3_000 })
      const one = outcome(writer.append(facts('one'), { deadlineMs: 60_000 }))
      await settled()
      const two = send(writer, 'two')
      if (failing) await log.fail(unreachable('maybe'))
      let closed = false
      void writer.close().then(() => { closed = true })
      if (failing) await clock.pass(50)
      await clock.pass(2_949)
      assert.equal(closed, false)
      await clock.pass(51)
      assert.equal(closed, true)
      assert.deepEqual([one(), two()], ['LOG_CLOSED maybe', 'LOG_CLOSED no'])
      assert.equal(clock.waiting, 0, 'a timer is left')
    }
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
