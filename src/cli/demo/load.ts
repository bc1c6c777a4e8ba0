/** The shop's customers: so many a second, each to the replica with the fewest waiting; and how long they wait. */
import { get } from 'node:http'
import { readTargets } from '../../providers/local-targets.ts'

const windowMs = 1500
/** More than this at once, and customers stay at home: the demo has bounds too. */
const mostWaiting = 1000
const patienceMs = 10_000

export class Load {
  perSecond: number
  readonly #shop: string
  readonly #waiting = new Map<string, number>()
  #inside = new Set<{ readonly since: number }>()
  #served: { readonly at: number; readonly ms: number }[] = []
  #targets: readonly string[] = []
  #owed = 0
  readonly #timer: NodeJS.Timeout
  readonly #end = new AbortController()

  /** `shop` is the folder of the local services, which tells where the ready replicas are. */
  constructor(shop: string, perSecond: number) {
    this.#shop = shop
    this.perSecond = perSecond
    let lastAt = performance.now()
    let lookedAt = -Infinity
    this.#timer = setInterval(() => {
      const now = performance.now()
      if (now - lookedAt > 100) {
        lookedAt = now
        this.#targets = readTargets(this.#shop, 'web')
      }
      // A late timer must not change how many come.
      this.#owed = Math.min(this.#owed + ((now - lastAt) / 1000) * this.perSecond, this.perSecond)
      lastAt = now
      for (; this.#owed >= 1; this.#owed--) this.#visit()
    }, 10)
  }

  /** What 95 of 100 customers of the last second and a half did not wait longer than; who still waits counts too. */
  latencyMs(): number {
    const now = performance.now()
    this.#served = this.#served.filter(({ at }) => now - at < windowMs)
    const all = [...this.#served.map(({ ms }) => ms), ...[...this.#inside].map(({ since }) => now - since)].sort((a, b) => a - b)
    return all[Math.floor(all.length * 0.95)] ?? 0
  }

  close(): void {
    clearInterval(this.#timer)
    this.#end.abort()
  }

  #visit(): void {
    const target = this.#targets.reduce<string | undefined>((best, one) => (best === undefined || this.#at(one) < this.#at(best) ? one : best), undefined)
    if (target === undefined || this.#inside.size >= mostWaiting) return
    const visit = { since: performance.now() }
    this.#inside.add(visit)
    this.#waiting.set(target, this.#at(target) + 1)
    const leave = (): void => {
      if (!this.#inside.delete(visit)) return
      this.#waiting.set(target, this.#at(target) - 1)
      const now = performance.now()
      this.#served.push({ at: now, ms: now - visit.since })
    }
    const request = get(`http://${target}/`, { agent: false, signal: AbortSignal.any([this.#end.signal, AbortSignal.timeout(patienceMs)]) }, (response) => {
      response.resume()
      response.once('close', leave)
    })
    request.on('error', leave)
    request.once('close', leave)
  }

  #at(target: string): number {
    return this.#waiting.get(target) ?? 0
  }
}
