/** What the contract of the log and the tests of its keepers write and read, with a deadline on everything that they wait for. */
import assert from 'node:assert/strict'
import type { Codec, Log, Position, Recorded } from '../../src/log/log.ts'

export const deadlineMs = 20_000

export interface ContractEntry {
  readonly by: string
  readonly n: number
  readonly content?: unknown
  /** Written with line breaks between its parts, as a sender's own JSON may be. */
  readonly pretty?: boolean
}

export const contractCodec: Codec<ContractEntry> = {
  encode: (entry) => JSON.stringify(entry, null, entry.pretty === true ? 2 : 0),
  decode: (text) => JSON.parse(text) as ContractEntry,
  key: ({ by }) => by,
  kind: () => 'contract',
}

export const entry = (n: number, content?: unknown, by = 'a'): ContractEntry => content === undefined ? { by, n } : { by, n, content }
export const entries = (from: number, count: number, by = 'a'): ContractEntry[] =>
  Array.from({ length: count }, (_, index) => entry(from + index, undefined, by))

type Item = readonly Recorded<ContractEntry>[] | 'caught up'

/** One follower, with a deadline on everything that it waits for. */
export class Reader {
  readonly #stop = new AbortController()
  readonly #items: AsyncIterator<Item>

  constructor(log: Log<ContractEntry>, from: Position) {
    this.#items = log.follow(from, this.#stop.signal)[Symbol.asyncIterator]()
  }

  next(): Promise<IteratorResult<Item>> {
    return within(this.#items.next())
  }

  /** What comes before the next 'caught up'. */
  async toEnd(): Promise<Recorded<ContractEntry>[]> {
    const read: Recorded<ContractEntry>[] = []
    for (;;) {
      const { value, done } = await this.next()
      assert.ok(done !== true, 'the follower ended before it had caught up')
      if (value === 'caught up') return read
      assert.ok(value.length > 0, 'an empty batch')
      read.push(...value)
    }
  }

  abort(): void {
    this.#stop.abort()
  }

  async close(): Promise<void> {
    this.abort()
    await within(Promise.resolve(this.#items.return?.()))
  }
}

export async function readAll(log: Log<ContractEntry>, from = 0): Promise<Recorded<ContractEntry>[]> {
  const reader = new Reader(log, from)
  try {
    return await reader.toEnd()
  } finally {
    await reader.close()
  }
}

export async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${deadlineMs} ms`)), deadlineMs)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
