/** How long to pause before a call is tried again, and whether it is at all. */
import type { EdgeSettings } from './settings.ts'

type Settings = EdgeSettings['retry']

/** `retry` counts from 0. */
export const pauseMs = ({ firstMs, factor, mostMs, jitter }: Settings, retry: number, random: () => number): number =>
  Math.min(firstMs * factor ** retry, mostMs) * (1 - jitter + 2 * jitter * random())

/** What an edge may spend on retries: calls that succeed at once earn it, so that a dependency that is down is not called more, but less. */
export class RetryBudget {
  readonly #settings: Settings
  #saved: number

  constructor(settings: Settings) {
    this.#settings = settings
    this.#saved = settings.saved
  }

  earn(): void {
    this.#saved = Math.min(this.#settings.saved, this.#saved + this.#settings.share)
  }

  spend(): boolean {
    if (this.#saved < 1) return false
    this.#saved -= 1
    return true
  }
}
