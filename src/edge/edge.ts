/**
 * The one way to the outside. Whoever calls something beyond this machine says how long it may take, whether it may be
 * repeated, and what it is about; the edge keeps a dependency that fails or hangs from taking the rest down.
 *
 *   limit → bulkhead → breaker → retry → endpoint → the call
 *
 * One series of tries is one call for the breaker. Only here is anything retried: a client below must not.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Breaker, type Outcome, type Pass } from './breaker.ts'
import { Bulkhead } from './bulkhead.ts'
import { deadline } from './deadline.ts'
import { Endpoints } from './endpoints.ts'
import { EdgeError, type EdgeErrorName } from './error.ts'
import { Pace } from './pace.ts'
import { pauseMs, RetryBudget } from './retry.ts'
import type { EdgeMode, EdgeSettings } from './settings.ts'
import { callKinds, type CallKind } from './switches.ts'

/** Without both of them a call does not compile. `deadlineMs` counts from the call. */
export interface Within {
  readonly signal: AbortSignal
  readonly deadlineMs: number
}

export interface Ask<T> extends Within {
  /** What it is about: calls about one target do not hold up those about another. */
  readonly target?: string
  /** As a step's: what may be `once` is never tried a second time. */
  readonly effect: 'read' | 'repeatable' | 'once'
  /** For parts that can be done without: what to answer while the edge is switched to `mock`. */
  readonly mock?: () => T
  readonly run: (attempt: Attempt) => Promise<T>
}

export interface Attempt extends Within {
  /** Empty where the edge has no list of endpoints. */
  readonly endpoint: string
}

/**
 * What an error says of the outside. `answered`: it is well, and does not want this call; nothing is retried, nothing counts.
 * `fault`: it is not well. With `afterMs` it asked to be left alone for so long.
 */
export type Meaning = 'answered' | 'fault' | { readonly afterMs: number }

export interface EdgeOptions {
  readonly name: string
  readonly settings: EdgeSettings
  readonly meaning: (error: unknown) => Meaning
  readonly endpoints?: readonly string[]
  /** How such calls go now; as the settings say, unless given. */
  readonly modeOf?: (kind: CallKind) => EdgeMode
  /** Told of every call that did not go the usual way. */
  readonly onDegraded?: (mode: EdgeMode) => void
  /** Steady, in milliseconds. */
  readonly now?: () => number
  readonly random?: () => number
  /** Told of every try: whether the outside answered, and after how long. */
  readonly onTried?: (ok: boolean, tookMs: number) => void
  /** Told of every call that was not made, or was given up. */
  readonly onRefused?: (why: EdgeErrorName) => void
}

export interface EdgeView {
  readonly edge: string
  readonly mode: EdgeSettings['mode']
  readonly degraded: boolean
  readonly inFlight: number
  readonly waiting: number
  readonly calls: number
  readonly failed: number
  readonly retried: number
  readonly refused: number
  readonly lastError?: { readonly agoMs: number; readonly error: string }
  /** Of targets in trouble; `target` is empty for calls that name none. */
  readonly breakers: readonly ({ readonly target: string } & ReturnType<Breaker['view']>)[]
  readonly endpoints: readonly { readonly endpoint: string; readonly benchedForMs: number }[]
}

/** From here on those that tell nothing any more are looked for. */
const mostBreakers = 10_000

export class Edge {
  readonly #options: Required<EdgeOptions>
  readonly #breakers = new Map<string, Breaker>()
  readonly #bulkhead: Bulkhead
  readonly #pace: Pace
  readonly #budget: RetryBudget
  readonly #endpoints: Endpoints
  readonly #counts = { calls: 0, failed: 0, retried: 0, refused: 0 }
  #lastError: { at: number; error: string } | undefined

  constructor(options: EdgeOptions) {
    const { settings } = options
    this.#options = { endpoints: [], now: () => performance.now(), random: Math.random, onTried: () => undefined, onRefused: () => undefined, onDegraded: () => undefined, modeOf: () => settings.mode, ...options }
    this.#bulkhead = new Bulkhead(settings.bulkhead)
    this.#pace = new Pace(settings.perSecond)
    this.#budget = new RetryBudget(settings.retry)
    this.#endpoints = new Endpoints(this.#options.endpoints, settings.bench)
  }

  /** Throws what the outside said, an `EdgeError`, or the signal's own reason. */
  async call<T>(ask: Ask<T>): Promise<T> {
    const { name, modeOf, now, onRefused, onDegraded } = this.#options
    const mode = modeOf(ask.effect === 'read' ? 'read' : 'change')
    if (mode !== 'on') onDegraded(mode)
    let within: ReturnType<typeof deadline> | undefined
    try {
      // JavaScript can leave out what the types ask for.
      if (!(ask.signal instanceof AbortSignal) || !Number.isFinite(ask.deadlineMs)) throw new EdgeError('NoDeadline', `${name}: a call needs a signal and a deadline`)
      if (mode === 'off' || (mode === 'mock' && ask.mock === undefined)) throw new EdgeError('EdgeOff', `${name} is switched ${mode}`)
      if (mode === 'mock') return ask.mock!()
      within = deadline(ask.signal, ask.deadlineMs, () => new EdgeError('DeadlineOver', `${name}: no answer within ${ask.deadlineMs} ms`))
      const { signal } = within
      const until = now() + ask.deadlineMs
      return mode === 'direct' ? await this.#try(ask, '', signal, until) : await this.#guarded(ask, signal, until)
    } catch (error) {
      if (error instanceof EdgeError) {
        this.#counts.refused += 1
        onRefused(error.name)
      }
      throw error
    } finally {
      within?.end()
    }
  }

  view(): EdgeView {
    const { name: edge, modeOf, now } = this.#options
    const mode = callKinds.map(modeOf).find((one) => one !== 'on') ?? 'on'
    const at = now()
    const breakers = [...this.#breakers].map(([target, breaker]) => ({ target, ...breaker.view(at) })).filter(({ state, failures }) => state !== 'closed' || failures > 0)
    const endpoints = this.#endpoints.view(at)
    const degraded = mode !== 'on' || breakers.some(({ state }) => state !== 'closed') || endpoints.some(({ benchedForMs }) => benchedForMs > 0)
    const last = this.#lastError
    return {
      edge, mode, degraded, ...this.#bulkhead.view(), ...this.#counts, breakers, endpoints,
      ...(last === undefined ? {} : { lastError: { agoMs: Math.round(at - last.at), error: last.error } }),
    }
  }

  async #guarded<T>(ask: Ask<T>, signal: AbortSignal, until: number): Promise<T> {
    const { name, now } = this.#options
    const { target = '' } = ask
    // Before it waits for its turn, and again when it has it.
    this.#refuseIf(this.#breakers.get(target)?.refusal(now()), target)
    if (now() >= until) throw new EdgeError('DeadlineOver', `${name}: no answer within ${ask.deadlineMs} ms`)
    const waitMs = this.#pace.take(now(), until - now())
    if (waitMs === undefined) throw new EdgeError('RateLimited', `${name}: more calls than ${this.#options.settings.perSecond} a second wait already`)
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted())
    const leave = await this.#bulkhead.enter(target, signal)
    try {
      const breaker = this.#breakerOf(target)
      const pass = breaker.admit(now())
      this.#refuseIf(pass, target)
      return await this.#series(ask, signal, until, (outcome) => {
        breaker.report(pass as Pass, outcome, now())
        // Only who is in trouble is remembered: ten thousand targets that are well cost nothing.
        if (breaker.isFresh(now())) this.#breakers.delete(target)
      })
    } finally {
      leave()
    }
  }

  async #series<T>(ask: Ask<T>, signal: AbortSignal, until: number, report: (outcome: Outcome) => void): Promise<T> {
    const { settings: { retry }, now, random, meaning } = this.#options
    const tried = new Set<string>()
    this.#counts.calls += 1
    this.#budget.earn()
    for (let attempt = 1; ; attempt++) {
      const endpoint = this.#endpoints.pick(tried, now()) ?? ''
      try {
        const value = await this.#try(ask, endpoint, signal, until)
        this.#endpoints.report(endpoint, true, now())
        report('well')
        return value
      } catch (error) {
        const means = ask.signal.aborted ? 'broken off' : error instanceof EdgeError ? 'fault' : meaning(error)
        if (means === 'broken off' || means === 'answered') {
          report(means === 'answered' ? 'well' : 'neutral')
          throw error
        }
        this.#endpoints.report(endpoint, false, now())
        this.#lastError = { at: now(), error: textOf(error) }
        tried.add(endpoint)
        // Another endpoint is asked at once. When all were, it begins anew after a pause.
        const another = this.#endpoints.hasOther(tried)
        if (!another) tried.clear()
        const restMs = another ? 0 : Math.max(pauseMs(retry, attempt - 1, random), typeof means === 'object' ? means.afterMs : 0)
        if (ask.effect === 'once' || attempt >= retry.tries || signal.aborted || now() + restMs >= until || !this.#budget.spend()) {
          this.#counts.failed += 1
          report('failed')
          throw error
        }
        this.#counts.retried += 1
        if (restMs > 0) await sleep(restMs, undefined, { signal }).catch(() => {
          report(ask.signal.aborted ? 'neutral' : 'failed')
          throw signal.reason
        })
      }
    }
  }

  /** One try. It ends with its signal also where `run` does not listen to it. */
  async #try<T>({ effect, run }: Ask<T>, endpoint: string, signal: AbortSignal, until: number): Promise<T> {
    const { name, settings: { retry }, now, onTried } = this.#options
    const began = now()
    const leftMs = until - began
    const deadlineMs = effect === 'once' ? leftMs : Math.min(leftMs, retry.tryMs)
    const sooner = deadlineMs < leftMs ? deadline(signal, deadlineMs, () => new EdgeError('DeadlineOver', `${name}: no answer within ${Math.round(deadlineMs)} ms`)) : undefined
    const within = sooner?.signal ?? signal
    try {
      within.throwIfAborted()
      const value = await untilAborted(run({ endpoint, signal: within, deadlineMs }), within)
      onTried(true, now() - began)
      return value
    } catch (error) {
      onTried(false, now() - began)
      throw within.aborted ? within.reason : error
    } finally {
      sooner?.end()
    }
  }

  #breakerOf(target: string): Breaker {
    const known = this.#breakers.get(target)
    if (known) return known
    const { settings, random, now } = this.#options
    if (this.#breakers.size >= mostBreakers) for (const [name, one] of this.#breakers) if (one.isFresh(now())) this.#breakers.delete(name)
    const breaker = new Breaker(settings.breaker, random)
    this.#breakers.set(target, breaker)
    return breaker
  }

  #refuseIf(judged: ReturnType<Breaker['admit']> | undefined, target: string): void {
    if (judged === undefined || !('refused' in judged)) return
    const what = target === '' ? this.#options.name : `${this.#options.name}: ${target}`
    const last = this.#lastError === undefined ? '' : `; last: ${this.#lastError.error}`
    if (judged.refused === 'open') throw new EdgeError('BreakerOpen', `${what} failed too often and is left alone for ${Math.ceil(judged.forMs)} ms${last}`)
    throw new EdgeError('ProbeRunning', `${what} failed too often, and one call is trying whether it is well again${last}`)
  }
}

const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  work.then(resolve, reject)
  return promise.finally(() => signal.removeEventListener('abort', abort))
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error)).slice(0, 300)
