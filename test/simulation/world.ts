/** The simulated world: machines, two streams, Slack, and the servers in it, each the very code of `src/`. */
import { controlCodec, type ControlRecord } from '../../src/follow/control.ts'
import { entryCodec, type Entry } from '../../src/core/entry.ts'
import type { Recorded } from '../../src/log/log.ts'
import { memoryLog, type MemoryLog } from '../../src/log/memory.ts'
import type { Faults } from '../../src/log/memory-faults.ts'
import type { Parts } from '../../src/main.ts'
import { Dice } from './dice.ts'
import { epochMs, type Host, type Machine } from './host.ts'
import { intensityOf, type Intensity } from './intensity.ts'
import { scriptBy, type Script } from './scripts.ts'
import { change, serviceOf, type Service } from './services.ts'
import type { Mutable } from './streams.ts'
import { Time } from './time.ts'
import { Truth, type Start } from './truth.ts'

export interface WorldOptions {
  readonly seed: number
  /** More of some trouble than the seed alone would bring. */
  readonly emphasis?: Partial<Intensity>
  readonly trace?: (line: string) => void
}

/** A server of this world, up or not: `server.ts` makes it. */
export interface Server {
  readonly name: string
  /** Which life of it, as the truth names it. */
  readonly life: string
  readonly host: Host | undefined
  readonly ground: Host | undefined
  readonly parts: Parts | undefined
  readonly spawner: { finish(why: string): void } | undefined
  freezesLeft: number
  lateClaimsLeft: number
  start(): void
  crash(): void
  /** How often each fault of the log was drawn by its lives. */
  drawn(): Record<string, number>[]
}

export class World {
  readonly time = new Time()
  readonly truth = new Truth()
  readonly seed: number
  readonly intensity: Intensity
  readonly machines: readonly Machine[]
  readonly log: MemoryLog<Entry>
  control: MemoryLog<ControlRecord>
  readonly logFaults: Mutable<Faults> = {}
  readonly controlFaults: Mutable<Faults> = {}
  readonly servers: Server[] = []
  readonly occurred = new Map<string, number>()
  /** When each entry landed, in true time, by its position. */
  readonly landed: number[] = []
  readonly problems: string[] = []
  readonly starts: Start[] = []
  readonly script: Script
  readonly services = new Map<string, Service>()
  /** The broker's clock. */
  brokerOffsetMs = 0
  /** Files of stops survive their processes. */
  readonly files = new Map<string, string>()
  readonly #trace: ((line: string) => void) | undefined

  constructor({ seed, emphasis, trace }: WorldOptions) {
    this.seed = seed
    this.#trace = trace
    const dice = this.dice('world')
    this.intensity = { ...intensityOf(seed), ...emphasis }
    const { servers, embedded, skewMs } = this.intensity
    const count = embedded ? 1 : servers
    this.machines = Array.from({ length: count }, (_, index) => ({
      name: `s${index + 1}`, steadyOffsetMs: dice.between(1000, 9_000_000), wallOffsetMs: dice.between(-skewMs, skewMs),
    }))
    if (skewMs > 0) this.count('clock skew')
    const broker = { now: () => epochMs + this.time.now + this.brokerOffsetMs, steady: () => this.time.now, after: (ms: number, act: () => void) => this.time.after(ms, act) }
    this.log = memoryLog<Entry>({ clock: broker, codec: entryCodec })
    this.control = this.#newControl()
    this.script = scriptBy(this.dice('scripts'), this.intensity, { of: (service) => serviceOf(this.services, service).replicas, change: (service, to) => change(this.services, service, to) })
    void this.#watch()
  }

  dice(concern: string): Dice {
    return new Dice(this.seed, concern)
  }

  count(fault: string): void {
    this.occurred.set(fault, (this.occurred.get(fault) ?? 0) + 1)
  }

  trace(what: string): void {
    this.#trace?.(`${(this.time.now / 1000).toFixed(3).padStart(8)} ${what}`)
  }

  after(ms: number, act: () => void): void {
    this.time.after(ms, act)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((go) => void this.time.after(ms, go))
  }

  up(): Server[] {
    return this.servers.filter(({ parts, host }) => parts && host?.running)
  }

  /** Embedded, the control stream is the process's own memory, and ends with it. */
  forgetControl(): void {
    this.control = this.#newControl()
  }

  #newControl(): MemoryLog<ControlRecord> {
    const clock = { now: () => epochMs + this.time.now, steady: () => this.time.now, after: (ms: number, act: () => void) => this.time.after(ms, act) }
    const control = memoryLog<ControlRecord>({ clock, compact: controlCodec.key })
    void this.#hear(control)
    return control
  }

  /** Sees every entry at the moment it lands. */
  async #watch(): Promise<void> {
    for await (const batch of this.log.follow(0, new AbortController().signal)) {
      if (batch === 'caught up') continue
      for (const recorded of batch) this.#see(recorded)
    }
  }

  #see({ position, entry }: Recorded<Entry>): void {
    this.landed[position] = this.time.now
    if (this.servers.some(({ life, host }) => life === this.truth.identities.get(entry.by)?.host && host?.dead)) this.count('landed after its process died')
    if (entry.kind === 'runner lost') {
      const whose = this.servers.find(({ parts, host }) => host?.running && parts?.me() === entry.runner)
      if (whose) this.truth.lost.push({ machine: whose.name, by: entry.by, at: this.time.now, why: entry.why })
    }
    if (entry.kind === 'demoted') this.count('demoted')
    if (entry.kind === 'climbed') this.count('the next rung of a ladder')
    if (entry.kind === 'changed by hand') this.count('a hand is seen')
    if (entry.kind === 'stop pulled') {
      const pulled = this.truth.stops.get(entry.stop.id) ?? { stop: entry.stop, pulledAt: this.time.now }
      this.truth.stops.set(entry.stop.id, pulled)
      pulled.onLogAt ??= this.time.now
    }
    const lifted = entry.kind === 'stop lifted' && entry.who === 'paramedic' ? this.truth.stops.get(entry.stop) : undefined
    if (lifted) {
      lifted.liftedAt ??= this.time.now
      this.count('a pause lifts itself')
    }
    if (this.#trace) this.trace(`log ${position} ${entry.by.slice(-4)}/${entry.n} ${describe(entry)}`)
  }

  async #hear(control: MemoryLog<ControlRecord>): Promise<void> {
    for await (const batch of control.follow(0, new AbortController().signal)) {
      if (batch === 'caught up') continue
      for (const { entry } of batch) {
        if (entry.kind === 'tick') this.truth.sent.add(entry.sentAt)
        if (entry.kind !== 'stop') continue
        const pulled = this.truth.stops.get(entry.stop.id)
        if (pulled) pulled.onControlAt ??= this.time.now
        this.trace(`control stop ${entry.stop.id.slice(-4)}`)
      }
    }
  }
}

const describe = (entry: Entry): string => {
  const { kind, by: _, n: __, ...rest } = entry
  const text = JSON.stringify(rest, (key, value: unknown) => (key === 'payload' || key === 'catalogue' || key === 'verdicts' || key === 'steps' || key === 'observed' ? undefined : value))
  return `${kind} ${text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{19,24}([0-9a-f]{4})\b/g, '…$1').replaceAll('"', '').slice(0, 260)}`
}
