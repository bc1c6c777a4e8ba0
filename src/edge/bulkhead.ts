/** How many calls are under way at once, of an edge and of each of its targets. One target that hangs leaves room for the others. */
import { EdgeError } from './error.ts'
import type { EdgeSettings } from './settings.ts'

interface Waiter {
  readonly target: string
  go(): void
}

/** A target may hold this many times as many waiters as it may have calls. */
const waitersPerCall = 4

export class Bulkhead {
  readonly #settings: EdgeSettings['bulkhead']
  readonly #busy = new Map<string, number>()
  readonly #waitersOf = new Map<string, number>()
  #waiters: Waiter[] = []
  #total = 0

  constructor(settings: EdgeSettings['bulkhead']) {
    this.#settings = settings
  }

  /** Resolves with the way out, which is taken once. Rejects with the signal's reason, or at once when too many wait. */
  async enter(target: string, signal: AbortSignal): Promise<() => void> {
    if (!this.#hasRoom(target)) await this.#wait(target, signal)
    else this.#take(target)
    return () => this.#leave(target)
  }

  view(): { readonly inFlight: number; readonly waiting: number } {
    return { inFlight: this.#total, waiting: this.#waiters.length }
  }

  #hasRoom(target: string): boolean {
    return this.#total < this.#settings.atOnce && (this.#busy.get(target) ?? 0) < this.#settings.perTarget
  }

  #take(target: string): void {
    this.#total += 1
    add(this.#busy, target, 1)
  }

  #leave(target: string): void {
    this.#total -= 1
    add(this.#busy, target, -1)
    // The one that waits longest among those that may go.
    const next = this.#waiters.find((waiter) => this.#hasRoom(waiter.target))
    if (next === undefined) return
    this.#forget(next)
    this.#take(next.target)
    next.go()
  }

  #wait(target: string, signal: AbortSignal): Promise<void> {
    const { waiting, perTarget } = this.#settings
    if (this.#waiters.length >= waiting || (this.#waitersOf.get(target) ?? 0) >= waitersPerCall * perTarget) {
      return Promise.reject(new EdgeError('TooManyWaiting', `${this.#total} calls are under way and ${this.#waiters.length} wait already`))
    }
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    return new Promise((go, fail) => {
      const giveUp = (): void => {
        this.#forget(waiter)
        fail(signal.reason as Error)
      }
      const waiter: Waiter = { target, go: () => (signal.removeEventListener('abort', giveUp), go()) }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiters.push(waiter)
      add(this.#waitersOf, target, 1)
    })
  }

  #forget(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((one) => one !== waiter)
    add(this.#waitersOf, waiter.target, -1)
  }
}

const add = (counts: Map<string, number>, key: string, by: number): void => {
  const now = (counts.get(key) ?? 0) + by
  if (now === 0) counts.delete(key)
  else counts.set(key, now)
}
