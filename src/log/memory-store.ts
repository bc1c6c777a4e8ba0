/** The entries of a log in memory, in order. */
import { realClock, type Clock } from './clock.ts'
import { LogError, type Codec, type Position, type Recorded } from './log.ts'
import { Waiting } from './waiting.ts'

interface Kept {
  readonly position: Position
  readonly at: number
  /** Text where there is a codec, else the entry. */
  readonly content: unknown
  readonly key: string | undefined
}

export interface StoreOptions<E> {
  readonly clock?: Clock
  readonly codec?: Codec<E>
  readonly compact?: (entry: E) => string
  readonly retentionMs?: number
}

/** What is pushed: the entries as they are kept. */
export interface Content {
  readonly contents: readonly unknown[]
  readonly keys: readonly string[] | undefined
}

/** Old entries are swept out when so many have come since: an entry costs O(1) in the long run. */
const sweepAfter = 1_000

export class Store<E> {
  next: Position = 0
  /** Below it nothing can be asked for; compaction leaves gaps instead. */
  oldest: Position = 0
  readonly #options: StoreOptions<E>
  readonly #clock: Clock
  readonly #waiting = new Waiting()
  readonly #latest = new Map<string, Position>()
  #kept: Kept[] = []
  #unswept = 0
  #lastAt = 0

  constructor(options: StoreOptions<E>) {
    this.#options = options
    this.#clock = options.clock ?? realClock
  }

  encoded(entries: readonly E[], texts?: readonly string[]): Content {
    const { codec, compact } = this.#options
    const contents = codec === undefined ? [...entries] : texts ?? entries.map((entry) => codec.encode(entry))
    return { contents, keys: compact === undefined ? undefined : entries.map(compact) }
  }

  push({ contents, keys }: Content): Position {
    const at = this.#lastAt = Math.max(this.#lastAt, Math.floor(this.#clock.now()))
    contents.forEach((content, index) => {
      const position = this.next++
      const key = keys?.[index]
      if (key !== undefined) this.#latest.set(key, position)
      this.#kept.push({ position, at, content, key })
    })
    this.#unswept += contents.length
    if (this.#unswept > Math.max(sweepAfter, this.#latest.size)) this.#sweep(at)
    this.#waiting.wake()
    return this.next - 1
  }

  /** Up to `count` entries from `position` on. Below what is held it throws LOG_CUT. */
  slice(position: Position, count: number): readonly Recorded<E>[] {
    this.refuseBelowOrAbove(position)
    let low = 0
    let high = this.#kept.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#kept[middle]!.position < position) low = middle + 1
      else high = middle
    }
    return this.#kept.slice(low, low + count).map(({ position, at, content }) => ({ position, at, entry: this.#read(content) }))
  }

  refuseBelowOrAbove(position: Position): void {
    if (position < this.oldest) {
      throw new LogError('LOG_CUT', `Entry ${position} is no longer held: the log begins at ${this.oldest}. Go on from a newer snapshot.`, { oldest: this.oldest })
    }
    if (position > this.next) {
      throw new LogError('LOG_BROKEN', `Entry ${position} was asked for, but the log ends before ${this.next}. Begin without snapshots.`)
    }
  }

  /** Resolves at the next push, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    return this.#waiting.wait(signal)
  }

  #read(content: unknown): E {
    const { codec } = this.#options
    return codec === undefined ? content as E : codec.decode(content as string)
  }

  #sweep(now: number): void {
    this.#unswept = 0
    const { retentionMs = Infinity, compact } = this.#options
    if (compact !== undefined) this.#kept = this.#kept.filter(({ position, key }) => key === undefined || this.#latest.get(key) === position)
    if (retentionMs === Infinity) return
    const young = this.#kept.findIndex(({ at }) => at >= now - retentionMs)
    if (young <= 0) return
    this.oldest = this.#kept[young]!.position
    for (const { key, position } of this.#kept.splice(0, young)) {
      if (key !== undefined && this.#latest.get(key) === position) this.#latest.delete(key)
    }
  }
}
