/**
 * Tells people about an outage: once when it has lasted a second, again every minute (earlier for a reason that was not
 * said yet), and once when it is over. Several parts of a process fail together when a broker dies, and people want one
 * message, not one a part and attempt.
 */
export class Outage {
  readonly #where: string
  readonly #notify: (text: string) => void
  /** The parts that fail, each with the time of its last failure. */
  readonly #failing = new Map<string, number>()
  #saidMs: number | undefined
  #startedMs = 0
  #why: string | undefined
  readonly #saidWhys = new Set<string>()

  constructor(options: { where: string; notify: (text: string) => void }) {
    this.#where = options.where
    this.#notify = options.notify
  }

  /** Why Kafka does not serve at the moment. */
  get why(): string | undefined {
    return this.#why
  }

  failed(part: string, why: string): void {
    const news = !this.#saidWhys.has(withoutNumbers(why))
    this.#why = why
    const nowMs = performance.now()
    this.#forgetTheSilent(nowMs)
    if (this.#failing.size === 0 && this.#saidMs === undefined) this.#startedMs = nowMs
    this.#failing.set(part, nowMs)
    const lastedMs = nowMs - this.#startedMs
    const due = this.#saidMs === undefined ? lastedMs >= 1000 : nowMs - this.#saidMs >= (news ? 10_000 : 60_000)
    if (!due) return
    this.#saidMs = nowMs
    this.#saidWhys.add(withoutNumbers(why))
    this.#notify(`Kafka at ${this.#where} has not served for ${seconds(lastedMs)}: ${why}. Start its brokers, or check the address ` +
      `(--log) and the network. It is tried again all the time (${[...this.#failing.keys()].join(', ')}); nothing has to be restarted.`)
  }

  worked(part: string): void {
    if (this.#failing.size === 0 && this.#saidMs === undefined) return
    const nowMs = performance.now()
    this.#failing.delete(part)
    this.#forgetTheSilent(nowMs)
    if (this.#failing.size > 0) return
    this.#why = undefined
    if (this.#saidMs !== undefined) this.#notify(`Kafka at ${this.#where} serves again after ${seconds(nowMs - this.#startedMs)}.`)
    this.#saidMs = undefined
    this.#saidWhys.clear()
  }

  /** A part that gave up, or was closed, is no longer failing: every attempt takes less than 6 s. */
  #forgetTheSilent(nowMs: number): void {
    for (const [part, lastMs] of this.#failing) if (nowMs - lastMs > 6000) this.#failing.delete(part)
  }
}

/** Ports and times differ from broker to broker and from try to try; that is no news. */
function withoutNumbers(why: string): string {
  return why.replaceAll(/\d+/g, '#')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}
