/**
 * What callers share at the door. Whoever proved who he is may hold at most half of what the others leave, so that however
 * much one of them sends there is room for the next. Nobody waits in a line: what has no room is told to come again.
 */
import { later, Refusal } from './errors.ts'
import type { Caller } from './tokens.ts'

export interface Share {
  take(amount: number): void
  give(amount: number): void
}

export class Shares {
  readonly #most: number
  readonly #refusal: (detail: string) => Refusal
  readonly #detail: string
  readonly #by = new Map<string, number>()
  #held = 0

  constructor(most: number, detail: string, refusal: (detail: string) => Refusal) {
    this.#most = most
    this.#detail = detail
    this.#refusal = refusal
  }

  get held(): number {
    return this.#held
  }

  /** Of a caller, and of his team. Where there are no tokens nobody can be told from anybody. */
  of({ name, proved, team }: Pick<Caller, 'name' | 'proved' | 'team'>): Share {
    const owners = proved ? [`token ${name}`, ...(team === undefined ? [] : [`team ${team}`])] : []
    const mine = (owner: string): number => this.#by.get(owner) ?? 0
    return {
      take: (amount) => {
        if (this.#held + amount > this.#most) throw this.#refusal(this.#detail)
        const over = owners.find((owner) => mine(owner) + amount > Math.ceil((this.#most - this.#held + mine(owner)) / 2))
        if (over !== undefined) throw this.#refusal(`${this.#detail} The share of the ${over} is used up.`)
        this.#held += amount
        for (const owner of owners) this.#by.set(owner, mine(owner) + amount)
      },
      give: (amount) => {
        this.#held -= amount
        for (const owner of owners) {
          const left = mine(owner) - amount
          if (left > 0) this.#by.set(owner, left)
          else this.#by.delete(owner)
        }
      },
    }
  }
}

export const busy = (what: string): Refusal => new Refusal('BUSY', what, { headers: later() })
export const queueFull = (what: string): Refusal => new Refusal('QUEUE_FULL', what, { headers: later() })
