/** The addresses of one outside thing, in turn. One that keeps failing sits on the bench for a while. */
import type { EdgeSettings } from './settings.ts'

interface Endpoint {
  readonly address: string
  failures: number
  benchedUntil: number
}

export class Endpoints {
  readonly #settings: EdgeSettings['bench']
  readonly #all: readonly Endpoint[]
  #turn = 0

  constructor(addresses: readonly string[], settings: EdgeSettings['bench']) {
    this.#settings = settings
    this.#all = [...new Set(addresses)].map((address) => ({ address, failures: 0, benchedUntil: -Infinity }))
  }

  /** One that this call has not tried yet. When all sit on the bench, the one that may leave it first; undefined when all were tried. */
  pick(tried: ReadonlySet<string>, now: number): string | undefined {
    const inTurn = this.#all.map((_, index) => this.#all[(this.#turn + index) % this.#all.length]!).filter(({ address }) => !tried.has(address))
    const found = inTurn.find(({ benchedUntil }) => benchedUntil <= now) ?? inTurn.toSorted((a, b) => a.benchedUntil - b.benchedUntil)[0]
    if (found !== undefined) this.#turn = (this.#all.indexOf(found) + 1) % this.#all.length
    return found?.address
  }

  /** Whether there is one that was not tried. */
  hasOther(tried: ReadonlySet<string>): boolean {
    return this.#all.some(({ address }) => !tried.has(address))
  }

  report(address: string, well: boolean, now: number): void {
    const endpoint = this.#all.find((one) => one.address === address)
    if (endpoint === undefined) return
    endpoint.failures = well ? 0 : endpoint.failures + 1
    if (endpoint.failures >= this.#settings.failures && this.#all.length > 1) endpoint.benchedUntil = now + this.#settings.benchMs
    if (well) endpoint.benchedUntil = -Infinity
  }

  view(now: number): { readonly endpoint: string; readonly benchedForMs: number }[] {
    return this.#all.map(({ address, benchedUntil }) => ({ endpoint: address, benchedForMs: Math.max(0, benchedUntil - now) }))
  }
}
