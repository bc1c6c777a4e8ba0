/** What every keeper of the log promises. Run on memory, SQLite and a real Kafka. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { LogError, type Codec, type Log, type Position, type Recorded } from '../../src/log/log.ts'
import { contractCodec, deadlineMs, entries, entry, readAll, Reader, within, type ContractEntry } from './log-entries.ts'

/** A fresh log for every `open`. */
export interface Subject {
  readonly log: Log<ContractEntry>
  /** Closes the log and opens the same one again. */
  reopen(): Promise<Log<ContractEntry>>
  /** Ends whatever is open and removes what it left behind. */
  destroy(): Promise<void>
}

export type OpenSubject = (codec: Codec<ContractEntry>) => Promise<Subject>

/** A promise that a keeper cannot give, and why. */
export interface Exception {
  readonly test: string
  readonly reason: string
}

export function logContract(name: string, open: OpenSubject, exceptions: readonly Exception[] = []): void {
  describe(`the log's contract: ${name}`, () => {
    for (const [promise, check] of Object.entries(promises)) {
      const exception = exceptions.find((it) => it.test === promise)
      test(promise, { timeout: 3 * deadlineMs, skip: exception?.reason ?? false }, async () => {
        const subject = await open(contractCodec)
        try {
          await check(subject)
        } finally {
          await subject.destroy()
        }
      })
    }
    let known: string[] = []
    before(() => { known = Object.keys(promises) })
    after(() => {
      for (const exception of exceptions) assert.ok(known.includes(exception.test), `no promise is called "${exception.test}"`)
    })
  })
}

const numbers = (read: readonly Recorded<ContractEntry>[]): number[] => read.map(({ entry }) => entry.n)

function assertRising(read: readonly Recorded<ContractEntry>[]): void {
  read.forEach((recorded, index) => {
    const before = read[index - 1]
    if (before === undefined) return
    assert.ok(recorded.position > before.position, `position ${recorded.position} after ${before.position}`)
    assert.ok(recorded.at >= before.at, `at ${recorded.at} after ${before.at}`)
  })
}

const hostile: readonly [name: string, content: unknown][] = [
  ['unicode', 'Grüße, Jürgen 漢字 𝒳 👩‍👩‍👧 e\u0301'],
  ['NUL', 'before\u0000after'],
  ['control characters', '\u0001\u001e\u001f\u007f\u0085\u2028\u2029\ufeff'],
  ['a lone surrogate', 'x\ud800y\udc00z'],
  ['__proto__', JSON.parse('{"__proto__":{"polluted":true},"constructor":"c","":"empty"}')],
  ['line breaks and quotes', 'a\r\nb\tc "d" \\e'],
  ['numbers', [0, -0, 1e21, 5e-324, Number.MAX_SAFE_INTEGER]],
  ['nothing', ''],
]

const promises: Record<string, (subject: Subject) => Promise<void>> = {
  async 'an empty log is caught up at once, and ends at its beginning'({ log }) {
    const end = await within(log.end())
    const reader = new Reader(log, end)
    assert.deepEqual(await reader.next(), { value: 'caught up', done: false })
    await reader.close()
    assert.equal(await within(log.append([entry(1)])), end)
  },

  async 'entries are read in the order in which they were appended, at the positions that append told'({ log }) {
    const lasts: Position[] = []
    for (let n = 1; n <= 30; n += 3) lasts.push(await within(log.append(entries(n, 3))))
    const read = await readAll(log)
    assert.deepEqual(numbers(read), Array.from({ length: 30 }, (_, index) => index + 1))
    assertRising(read)
    assert.deepEqual(read.filter((_, index) => index % 3 === 2).map(({ position }) => position), lasts)
    assert.ok(await within(log.end()) > lasts.at(-1)!)
  },

  async 'at is a time of now'({ log }) {
    await within(log.append([entry(1)]))
    const [recorded] = await readAll(log)
    assert.ok(Number.isInteger(recorded!.at))
    assert.ok(Math.abs(Date.now() - recorded!.at) < 60_000, `at ${recorded!.at}`)
  },

  async 'what append resolved is there when the log is opened again'({ log, reopen }) {
    const last = await within(log.append(entries(1, 100)))
    const before = await readAll(log)
    const again = await within(reopen())
    assert.deepEqual(await readAll(again), before)
    assert.ok(await within(again.end()) > last)
    assert.ok(await within(again.append([entry(101)])) > last)
    const after = await readAll(again)
    assert.equal(after.length, 101)
    assertRising(after)
  },

  async 'a follower begins at any position, also in the middle of a batch'({ log }) {
    for (let n = 1; n <= 20; n += 5) await within(log.append(entries(n, 5)))
    const all = await readAll(log)
    for (let skip = 0; skip < all.length; skip++) {
      assert.deepEqual(await readAll(log, all[skip]!.position), all.slice(skip), `from position ${all[skip]!.position}`)
    }
  },

  async 'a follower at the end is handed what comes, and is told each time that it caught up'({ log }) {
    const reader = new Reader(log, 0)
    assert.deepEqual(await reader.toEnd(), [])
    for (let n = 1; n <= 5; n++) {
      await within(log.append([entry(n)]))
      assert.deepEqual(numbers(await reader.toEnd()), [n])
    }
    await reader.close()
  },

  async 'caught up is said at the end and not before'({ log }) {
    for (let n = 1; n <= 1_500; n += 500) await within(log.append(entries(n, 500)))
    const end = await within(log.end())
    const reader = new Reader(log, 0)
    const read = await reader.toEnd()
    assert.equal(read.length, 1_500)
    assert.ok(read.at(-1)!.position < end)
    const silent = Symbol('silent')
    const next = reader.next()
    assert.equal(await Promise.race([next, new Promise((resolve) => setTimeout(() => resolve(silent), 300))]), silent)
    await within(log.append([entry(1_501)]))
    const { value } = await next
    assert.ok(Array.isArray(value))
    await reader.close()
  },

  async 'several followers see the same, whenever they began'({ log }) {
    const early = new Reader(log, 0)
    assert.deepEqual(await early.toEnd(), [])
    await within(log.append(entries(1, 50)))
    const late = new Reader(log, 0)
    const first = await late.toEnd()
    await within(log.append(entries(51, 50)))
    const second = await late.toEnd()
    const seen: Recorded<ContractEntry>[] = []
    while (seen.length < 100) seen.push(...await early.toEnd())
    assert.deepEqual(seen, [...first, ...second])
    await early.close()
    await late.close()
  },

  async 'a slow follower misses nothing'({ log }) {
    const reader = new Reader(log, 0)
    await reader.toEnd()
    const seen: number[] = []
    for (let n = 1; n <= 60; n++) {
      await within(log.append([entry(n, 'x'.repeat(1_000))]))
      if (n % 20 === 0) seen.push(...numbers(await reader.toEnd()))
    }
    while (seen.length < 60) seen.push(...numbers(await reader.toEnd()))
    assert.deepEqual(seen, Array.from({ length: 60 }, (_, index) => index + 1))
    await reader.close()
  },

  async 'abort ends a follower that waits'({ log }) {
    const reader = new Reader(log, 0)
    await reader.toEnd()
    const next = reader.next()
    reader.abort()
    assert.equal((await next).done, true)
  },

  async 'abort ends a follower in the middle of history'({ log }) {
    for (let n = 0; n < 5; n++) await within(log.append(entries(n, 400)))
    const reader = new Reader(log, 0)
    await reader.next()
    reader.abort()
    let more = 0
    while ((await reader.next()).done !== true) assert.ok(++more < 3, 'it went on after the abort')
  },

  async 'a follower whose signal aborted before yields nothing'({ log }) {
    await within(log.append([entry(1)]))
    for await (const _ of log.follow(0, AbortSignal.abort())) assert.fail('it yielded')
  },

  async 'a follower may be left at any time, and the log goes on'({ log }) {
    await within(log.append(entries(1, 10)))
    const left = log.follow(0, new AbortController().signal)[Symbol.asyncIterator]()
    await left.next()
    await left.return?.()
    await within(log.append(entries(11, 10)))
    assert.equal((await readAll(log)).length, 20)
  },

  async 'a batch that is said twice is kept twice'({ log }) {
    const batch = entries(1, 3)
    const first = await within(log.append(batch))
    const second = await within(log.append(batch))
    assert.ok(second > first)
    assert.deepEqual(numbers(await readAll(log)), [1, 2, 3, 1, 2, 3])
  },

  async 'the entries of one append stand together, whatever else is appended'({ log }) {
    const appends = Array.from({ length: 24 }, (_, index) => log.append(entries(1, 7, `by ${index}`)))
    const lasts = await within(Promise.all(appends))
    const read = await readAll(log)
    assert.equal(read.length, 24 * 7)
    assertRising(read)
    for (let start = 0; start < read.length; start += 7) {
      const batch = read.slice(start, start + 7)
      assert.deepEqual(numbers(batch), [1, 2, 3, 4, 5, 6, 7])
      assert.equal(new Set(batch.map(({ entry }) => entry.by)).size, 1, 'two appends are mixed')
      const by = Number(batch[0]!.entry.by.slice(3))
      assert.equal(batch[6]!.position, lasts[by], 'append told another position')
      assert.equal(batch[6]!.position - batch[0]!.position, 6, 'a gap within a batch')
    }
  },

  async 'hostile content comes back as it was'({ log }) {
    const sent = hostile.flatMap(([name, content], index) =>
      [{ ...entry(2 * index, content), name }, { ...entry(2 * index + 1, content), name, pretty: true }])
    await within(log.append(sent))
    const read = await readAll(log)
    assert.deepEqual(read.map(({ entry }) => contractCodec.encode(entry)), sent.map((it) => contractCodec.encode(it)))
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  },

  async 'texts that come along are what is kept'({ log }) {
    const sent = [entry(1, 'one'), { ...entry(2, { a: [1, 2] }), pretty: true }]
    await within(log.append(sent, sent.map((it) => contractCodec.encode(it))))
    assert.deepEqual((await readAll(log)).map(({ entry }) => entry), sent)
  },

  async 'the largest batch that a writer forms fits: 500 entries, entries of 256 kB, 800 kB in all'({ log }) {
    const large = [entry(1, noise(250_000)), entry(2, noise(250_000)), entry(3, noise(250_000))]
    const many = Array.from({ length: 500 }, (_, index) => entry(4 + index, noise(1_500)))
    await within(log.append(large))
    await within(log.append(many))
    const read = await readAll(log)
    assert.deepEqual(read.map(({ entry }) => entry), [...large, ...many])
  },

  async 'an append of nothing is a mistake'({ log }) {
    await assert.rejects(within(log.append([])), TypeError)
  },

  async 'a closed log takes nothing more, and its followers end'({ log }) {
    await within(log.append([entry(1)]))
    const reader = new Reader(log, 0)
    await reader.toEnd()
    const waiting = reader.next().then(({ done }) => done, (error: unknown) => error)
    await within(log.close())
    await within(log.close())
    const ended = await within(waiting)
    if (ended !== true) assert.ok(ended instanceof LogError && ended.code === 'LOG_CLOSED', String(ended))
    await assert.rejects(within(log.append([entry(2)])), (error) => error instanceof LogError && error.code === 'LOG_CLOSED')
  },
}

/** Text that packs badly. */
function noise(length: number): string {
  let state = length
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    text += state.toString(36)
  }
  return text.slice(0, length)
}
