/** What can happen to an append between its sender and the log, drawn by chance: each is what a real keeper does too. */

/** From and to, in milliseconds. */
export type Span = readonly [number, number]

/** Chances are 0 to 1. All of it is off by default. */
export interface Faults {
  /** On its way to the log. Two producers' appends overtake each other by it. */
  readonly delayMs?: Span
  /** The answer's way back. */
  readonly answerMs?: Span
  /** From the log to a follower. */
  readonly readMs?: Span
  /** Never lands, and is reported as failed. */
  readonly lost?: number
  /** Lands, and is reported as failed. */
  readonly landedButFailed?: number
  /** Reported as failed at once, and lands after `lateMs`. */
  readonly landsLate?: number
  readonly lateMs?: Span
  /** Neither landed nor refused: the sender never hears of it. */
  readonly unanswered?: number
  /** This producer and its followers come to a standstill for `stallMs`. */
  readonly stall?: number
  readonly stallMs?: Span
}

export type Fate = 'lands' | 'lost' | 'landed but failed' | 'lands late' | 'unanswered'

export class Chance {
  readonly #random: () => number
  readonly #faults: Faults
  #stalledUntil = 0
  /** How often each thing was drawn, so that a simulation can see that all of them were. */
  readonly drawn: Record<Fate | 'stall', number> = {
    'lands': 0, 'lost': 0, 'landed but failed': 0, 'lands late': 0, 'unanswered': 0, 'stall': 0,
  }

  /** `random` gives numbers from 0 to below 1. */
  constructor(faults: Faults, random: () => number) {
    this.#faults = faults
    this.#random = random
  }

  fate(): Fate {
    const { lost = 0, landedButFailed = 0, landsLate = 0, unanswered = 0 } = this.#faults
    const drawn = this.#random()
    const fate: Fate = drawn < lost ? 'lost'
      : drawn < lost + landedButFailed ? 'landed but failed'
      : drawn < lost + landedButFailed + landsLate ? 'lands late'
      : drawn < lost + landedButFailed + landsLate + unanswered ? 'unanswered'
      : 'lands'
    this.drawn[fate]++
    return fate
  }

  /** What is left of a standstill that may begin now. */
  stallMs(now: number): number {
    if (this.#faults.stall !== undefined && this.#random() < this.#faults.stall) {
      this.drawn.stall++
      this.#stalledUntil = Math.max(this.#stalledUntil, now + this.#within(this.#faults.stallMs ?? [100, 5_000]))
    }
    return Math.max(0, this.#stalledUntil - now)
  }

  delayMs(): number {
    return this.#within(this.#faults.delayMs)
  }

  answerMs(): number {
    return this.#within(this.#faults.answerMs)
  }

  readMs(): number {
    return this.#within(this.#faults.readMs)
  }

  lateMs(): number {
    return this.#within(this.#faults.lateMs ?? [10, 10_000])
  }

  #within(span: Span | undefined): number {
    return span === undefined ? 0 : span[0] + this.#random() * (span[1] - span[0])
  }
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
