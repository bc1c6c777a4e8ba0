/** Deadlines of thousands of callers with one timer: it is set for the earliest, and mostly finds them gone. */
import type { Clock } from './clock.ts'

export class Deadlines<T> {
  readonly #clock: Clock
  readonly #passed: (it: T) => void
  readonly #due = new Map<T, number>()
  #timer: { at: number; cancel: () => void } | undefined

  constructor(clock: Clock, passed: (it: T) => void) {
    this.#clock = clock
    this.#passed = passed
  }

  add(it: T, ms: number): void {
    const at = this.#clock.steady() + ms
    this.#due.set(it, at)
    this.#arm(at)
  }

  remove(it: T): void {
    this.#due.delete(it)
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.cancel()
    this.#timer = { at, cancel: this.#clock.after(Math.max(0, at - this.#clock.steady()), () => this.#sweep()) }
  }

  #sweep(): void {
    this.#timer = undefined
    const now = this.#clock.steady()
    let earliest = Infinity
    for (const [it, at] of this.#due) {
      if (at <= now) this.#passed(it)
      else earliest = Math.min(earliest, at)
    }
    if (earliest !== Infinity) this.#arm(earliest)
  }
}
