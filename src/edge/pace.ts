/** Calls evenly in time: who comes too soon is given a later moment. After a silence a tenth of a second's worth may go at once. */

const burstMs = 100

export class Pace {
  readonly #gapMs: number
  #nextAt = -Infinity

  constructor(perSecond: number) {
    this.#gapMs = 1000 / perSecond
  }

  /** How long to wait; undefined if that is longer than `mostMs`, and then no moment is taken. */
  take(now: number, mostMs: number): number | undefined {
    const at = Math.max(this.#nextAt, now - burstMs)
    const waitMs = Math.max(0, at - now)
    if (waitMs > mostMs) return undefined
    this.#nextAt = at + this.#gapMs
    return waitMs
  }
}
