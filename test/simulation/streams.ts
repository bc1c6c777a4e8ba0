/** The two streams as one process has them: each through its own faults, its cuts and its gate. */
import type { Entry } from '../../src/core/entry.ts'
import { LogError, type Log, type Position, type Recorded } from '../../src/log/log.ts'
import type { MemoryLog } from '../../src/log/memory.ts'
import type { Faults } from '../../src/log/memory-faults.ts'
import type { Dice } from './dice.ts'
import type { Host } from './host.ts'
import { lostAfterMs } from './intensity.ts'
import type { Time } from './time.ts'

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface StreamOf<E> {
  readonly shared: MemoryLog<E>
  readonly name: 'log' | 'control'
  readonly faults: Faults
  /** Whether its sender dies of these, which land long after. */
  readonly dies?: (entries: readonly E[]) => boolean
}

export class HostLog<E> implements Log<E> {
  readonly #host: Host
  readonly #time: Time
  readonly #dice: Dice
  readonly #inner: MemoryLog<E>
  readonly #name: 'log' | 'control'
  readonly #of: StreamOf<E>
  /** Appends that are on their way: whoever dies now dies with them torn. */
  inFlight = 0

  constructor(host: Host, time: Time, dice: Dice, of: StreamOf<E>) {
    const { shared, name, faults } = of
    this.#of = of
    this.#host = host
    this.#time = time
    this.#dice = dice
    this.#name = name
    this.#inner = shared.producer({ faults, random: dice.next })
  }

  get drawn(): MemoryLog<E>['drawn'] {
    return this.#inner.drawn
  }

  append(entries: readonly E[], texts?: readonly string[]): Promise<Position> {
    if (this.#of.dies?.(entries)) {
      this.#time.after(this.#dice.between(lostAfterMs, lostAfterMs + 2500), () => void this.#of.shared.append(entries, texts))
      return new Promise(() => {})
    }
    this.inFlight++
    const sent = this.#send(entries, texts).finally(() => this.inFlight--)
    return this.#host.gate(sent)
  }

  async #send(entries: readonly E[], texts?: readonly string[]): Promise<Position> {
    if (!this.#host.cut[this.#name]) return this.#inner.append(entries, texts)
    await new Promise<void>((go) => this.#time.after(this.#dice.between(100, 3000), go))
    throw new LogError('LOG_UNREACHABLE', 'The simulation cut this process off.', { landed: 'no' })
  }

  async* follow(from: Position, signal: AbortSignal): AsyncGenerator<readonly Recorded<E>[] | 'caught up', void, void> {
    for await (const batch of this.#inner.follow(from, signal)) {
      if (this.#host.cut[this.#name]) await this.#host.reachable(this.#name)
      if (!this.#host.running) await this.#host.gate(Promise.resolve())
      yield batch
    }
  }

  end(): Promise<Position> {
    return this.#host.gate(this.#inner.end())
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }
}

export type EntryLog = HostLog<Entry>
