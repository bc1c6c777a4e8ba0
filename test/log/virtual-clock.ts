/** Time that moves only when told to, for tests: what is due runs in order of its time, then of its asking. */
import type { Clock } from '../../src/log/clock.ts'

export class VirtualClock implements Clock {
  #now = 1_700_000_000_000
  readonly #due: { at: number; act: () => void }[] = []

  now = (): number => this.#now
  steady = (): number => this.#now

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#now + ms, act }
    const later = this.#due.findIndex(({ at }) => at > timer.at)
    this.#due.splice(later === -1 ? this.#due.length : later, 0, timer)
    return () => {
      const index = this.#due.indexOf(timer)
      if (index !== -1) this.#due.splice(index, 1)
    }
  }

  get waiting(): number {
    return this.#due.length
  }

  /** Lets `ms` pass, with everything that follows of each moment before the next. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#due.shift()
      this.#now = Math.max(this.#now, next.at)
      next.act()
      await settled()
    }
    this.#now = end
  }
}

/** All promises that can go on have done so. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
