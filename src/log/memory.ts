/**
 * The log in memory: what `memory:` and the embedded control stream are, and what the simulation runs on. One store,
 * any number of producers, each with its own seeded faults. Time and chance come in, so that a seed replays a run.
 */
import { realClock, type Clock } from './clock.ts'
import { LogError, type Codec, type Log, type Position, type Recorded } from './log.ts'
import { Chance, type Faults } from './memory-faults.ts'
import { Store } from './memory-store.ts'

export interface MemoryOptions<E> {
  readonly clock?: Clock
  /** Entries go through text and back, as in every other keeper. Without it followers get the objects themselves. */
  readonly codec?: Codec<E>
  /** Keeps the latest entry per key and forgets the others, as Kafka's compaction does. */
  readonly compact?: (entry: E) => string
  readonly retentionMs?: number
}

export interface ProducerOptions {
  readonly faults: Faults
  readonly random: () => number
}

const batchEntries = 1_000

/** A log of one process. `producer` gives further handles on the same entries. */
export function memoryLog<E>(options: MemoryOptions<E> = {}): MemoryLog<E> {
  return new MemoryLog(new Store(options), options.clock ?? realClock, new Chance({}, () => 0))
}

export class MemoryLog<E> implements Log<E> {
  readonly #store: Store<E>
  readonly #clock: Clock
  readonly #chance: Chance
  readonly #closing = new AbortController()

  constructor(store: Store<E>, clock: Clock, chance: Chance) {
    this.#store = store
    this.#clock = clock
    this.#chance = chance
  }

  /** Another process's view of the same log. Closing it closes nothing else; what it sent may still land. */
  producer({ faults, random }: ProducerOptions): MemoryLog<E> {
    return new MemoryLog(this.#store, this.#clock, new Chance(faults, random))
  }

  /** How often each fault was drawn. */
  get drawn(): Chance['drawn'] {
    return this.#chance.drawn
  }

  /** Everything that is held now, for those who check a simulation. */
  entries(): readonly Recorded<E>[] {
    return this.#store.slice(this.#store.oldest, Infinity)
  }

  async append(entries: readonly E[], texts?: readonly string[]): Promise<Position> {
    if (entries.length === 0) throw new TypeError('an append needs at least one entry')
    this.#refuseIfClosed('no')
    const kept = this.#store.encoded(entries, texts)
    const fate = this.#chance.fate()
    if (fate === 'unanswered') return this.#never()
    if (fate === 'lands late') {
      this.#clock.after(this.#chance.lateMs(), () => void this.#store.push(kept))
      await this.#pause(this.#chance.delayMs())
      throw failed('maybe')
    }
    await this.#pause(this.#chance.stallMs(this.#clock.steady()) + this.#chance.delayMs())
    const position = fate === 'lost' ? undefined : this.#store.push(kept)
    await this.#pause(this.#chance.answerMs())
    if (position === undefined || fate === 'landed but failed') throw failed('maybe')
    return position
  }

  async* follow(from: Position, signal: AbortSignal): AsyncGenerator<readonly Recorded<E>[] | 'caught up', void, void> {
    const ended = AbortSignal.any([signal, this.#closing.signal])
    let position = from
    let caughtUp = false
    this.#store.refuseBelowOrAbove(position)
    while (!signal.aborted) {
      this.#refuseIfClosed('no')
      await this.#pause(this.#chance.stallMs(this.#clock.steady()) + this.#chance.readMs(), ended)
      if (ended.aborted) continue
      const batch = this.#store.slice(position, batchEntries)
      if (batch.length > 0) {
        caughtUp = false
        position = batch.at(-1)!.position + 1
        yield batch
      } else if (!caughtUp) {
        caughtUp = true
        yield 'caught up'
      } else {
        await this.#store.wait(ended)
      }
    }
  }

  async end(): Promise<Position> {
    return this.#store.next
  }

  async close(): Promise<void> {
    this.#closing.abort()
  }

  #pause(ms: number, signal?: AbortSignal): Promise<void> | undefined {
    if (ms === 0) return undefined
    return new Promise((resolve) => {
      const go = (): void => {
        cancel()
        signal?.removeEventListener('abort', go)
        resolve()
      }
      const cancel = this.#clock.after(ms, go)
      signal?.addEventListener('abort', go)
    })
  }

  #never(): Promise<never> {
    return new Promise((_, reject) => {
      this.#closing.signal.addEventListener('abort', () => reject(closed('maybe')))
    })
  }

  #refuseIfClosed(landed: 'no' | 'maybe'): void {
    if (this.#closing.signal.aborted) throw closed(landed)
  }
}

const closed = (landed: 'no' | 'maybe'): LogError => new LogError('LOG_CLOSED', 'The log is closed.', { landed })
const failed = (landed: 'no' | 'maybe'): LogError =>
  new LogError('LOG_UNREACHABLE', 'The append failed, as the simulation wanted it. Send the same again.', { landed })
