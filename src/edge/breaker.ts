/**
 * Whether a target that fails is called at all. Closed: it is. Open: for a while it is not. Half-open: one call may try.
 * The clock and chance are values.
 */
import type { EdgeSettings } from './settings.ts'

type Settings = EdgeSettings['breaker']

export interface Pass {
  readonly generation: number
}
export type Refused = { readonly refused: 'open'; readonly forMs: number } | { readonly refused: 'probing' }

/** `neutral`: it was broken off here, and nothing is known of the target. */
export type Outcome = 'well' | 'failed' | 'neutral'

/*
 *           enough failures                 the time is over
 *   closed ─────────────────▶ open ─────────────────────────────▶ half-open
 *     ▲                        ▲                                     │ │
 *     │                        └──────────── its probe failed ───────┘ │
 *     └───────────────────────────────────── its probe was well ───────┘
 */
export class Breaker {
  readonly #settings: Settings
  readonly #random: () => number
  #state: 'closed' | 'open' | 'half-open' = 'closed'
  /** With every change of state another one: what began before it says nothing about what is now. */
  #generation = 0
  #inRow = 0
  #until = 0
  #probing = false
  /** Passes that were not reported yet. */
  #out = 0
  #window: Window

  constructor(settings: Settings, random: () => number) {
    this.#settings = settings
    this.#random = random
    this.#window = new Window(settings.windowMs)
  }

  /** A pass is reported once. */
  admit(now: number): Pass | Refused {
    const refused = this.refusal(now)
    if (refused) return refused
    if (this.#state === 'open') this.#become('half-open')
    if (this.#state === 'half-open') this.#probing = true
    this.#out += 1
    return { generation: this.#generation }
  }

  /** What `admit` would say, with no pass taken. */
  refusal(now: number): Refused | undefined {
    if (this.#state === 'open' && now < this.#until) return { refused: 'open', forMs: this.#until - now }
    return this.#state === 'half-open' && this.#probing ? { refused: 'probing' } : undefined
  }

  report({ generation }: Pass, outcome: Outcome, now: number): void {
    this.#out -= 1
    if (generation !== this.#generation) return
    if (this.#state === 'half-open') {
      this.#probing = false
      if (outcome === 'well') this.#become('closed')
      if (outcome === 'failed') this.#open(now)
    } else if (outcome !== 'neutral') {
      this.#inRow = outcome === 'well' ? 0 : this.#inRow + 1
      if (this.#settings.mode === 'rate') this.#window.count(now, outcome === 'failed')
      if (outcome === 'failed' && this.#isEnough(now)) this.#open(now)
    }
  }

  /** Nothing of it needs to be kept. */
  isFresh(now: number): boolean {
    return this.#state === 'closed' && this.#out === 0 && this.#inRow === 0 && this.#window.sum(now).calls === 0
  }

  view(now: number): { readonly state: 'closed' | 'open' | 'half-open'; readonly failures: number; readonly openForMs?: number } {
    const open = this.#state === 'open' ? { openForMs: Math.max(0, this.#until - now) } : {}
    return { state: this.#state, failures: this.#inRow, ...open }
  }

  #isEnough(now: number): boolean {
    const { mode, failures, rate, calls } = this.#settings
    if (mode === 'consecutive') return this.#inRow >= failures
    const sum = this.#window.sum(now)
    return sum.calls >= calls && sum.failed >= rate * sum.calls
  }

  #open(now: number): void {
    this.#become('open')
    this.#until = now + this.#settings.openMs + this.#random() * this.#settings.jitterMs
  }

  #become(state: 'closed' | 'open' | 'half-open'): void {
    if (state === 'closed') {
      this.#inRow = 0
      this.#window = new Window(this.#settings.windowMs)
    }
    this.#state = state
    this.#generation += 1
  }
}

const parts = 10

/** Calls of the last `lengthMs`, in ten parts: a part is forgotten as a whole. */
class Window {
  readonly #partMs: number
  readonly #parts: { part: number; calls: number; failed: number }[] = []

  constructor(lengthMs: number) {
    this.#partMs = lengthMs / parts
  }

  count(now: number, failed: boolean): void {
    const part = Math.floor(now / this.#partMs)
    let last = this.#parts.at(-1)
    if (last?.part !== part) {
      last = { part, calls: 0, failed: 0 }
      this.#parts.push(last)
      while (this.#parts[0]!.part <= part - parts) this.#parts.shift()
    }
    last.calls += 1
    if (failed) last.failed += 1
  }

  sum(now: number): { calls: number; failed: number } {
    const oldest = Math.floor(now / this.#partMs) - parts
    const kept = this.#parts.filter(({ part }) => part > oldest)
    return { calls: kept.reduce((sum, { calls }) => sum + calls, 0), failed: kept.reduce((sum, { failed }) => sum + failed, 0) }
  }
}
