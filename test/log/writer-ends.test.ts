/** How waiting ends: by a deadline, a signal, or the end of the writer. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { facts, held, outcome, rejected, send, unreachable } from './held-log.ts'
import { settled } from './virtual-clock.ts'

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
