/** The pace of one channel: a message a second, Slack's own pauses, and longer and longer ones while it fails. */
import type { Failure } from './outcome.ts'

export interface LaneOptions {
  /** Steady, in milliseconds. */
  readonly now: () => number
  /** From 0 to 1. */
  readonly random: () => number
  readonly paceMs: number
}

const firstBackoffMs = 500
const growth = 1.5
const longestBackoffMs = 60_000
/** A refusal is asked about again after this: somebody may have invited the bot. */
const refusedMs = 60_000

export class Lane {
  #freeAt = -Infinity
  #failures = 0
  #failingSince: number | undefined
  #trouble: string | undefined
  #refused: (Failure & { failure: 'refused' }) | undefined
  readonly #options: LaneOptions

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** How long until the next call may be made. */
  waitMs(): number {
    return Math.max(0, this.#freeAt - this.#options.now())
  }

  /** A refusal that still stands. */
  refused(): (Failure & { failure: 'refused' }) | undefined {
    return this.waitMs() > 0 ? this.#refused : undefined
  }

  /** For how long nothing has come through. */
  failingMs(): number {
    return this.#failingSince === undefined ? 0 : this.#options.now() - this.#failingSince
  }

  trouble(): string | undefined {
    return this.#trouble
  }

  begin(): void {
    this.#freeAt = this.#options.now() + this.#options.paceMs
  }

  sent(): void {
    this.#failures = 0
    this.#failingSince = undefined
    this.#trouble = undefined
    this.#refused = undefined
  }

  failed(failure: Failure): void {
    const { now, random, paceMs } = this.#options
    if (failure.failure === 'refused' && (failure.about === 'gone' || failure.about === 'message')) return
    this.#failingSince ??= now()
    this.#trouble = failure.failure === 'limited' ? `Slack asks for a pause of ${Math.round(failure.afterMs / 1000)} s` : failure.failure === 'refused' ? `Slack refuses: ${failure.error}` : failure.why
    if (failure.failure === 'limited') this.#freeAt = now() + failure.afterMs
    else if (failure.failure === 'refused') {
      this.#refused = failure
      this.#freeAt = now() + refusedMs
    } else {
      const backoff = Math.min(longestBackoffMs, firstBackoffMs * growth ** this.#failures++) * (0.5 + random())
      this.#freeAt = now() + Math.max(paceMs, backoff)
    }
  }
}
