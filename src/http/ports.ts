/** What the door needs of the parts behind it. `main.ts` hands it over; nothing else of them is reached from here. */
import type { Drill, Drilled, Entry, Fact, Printed, StopOrder } from '../core/entry.ts'
import type { State, Stop } from '../core/state.ts'
import type { EdgeView } from '../edge/edge.ts'
import type { Pulled } from '../follow/stopping.ts'
import type { Archive } from '../follow/archive.ts'
import type { Recorded } from '../log/log.ts'

export interface Peer {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly address: string
  readonly roles: readonly string[]
  readonly catalogue: string
  readonly foldVersion: number
  /** Matchers of the targets that it serves; none: all. */
  readonly targets: readonly string[]
  /** Since its last tick was read, in milliseconds. */
  readonly ageMs: number
}

/** What the views are made of: the folded log, and what only this process knows. */
export interface Readable {
  readonly state: State
  /** Log time, milliseconds. */
  readonly now: number
  readonly me: string
  readonly peers: readonly Peer[]
  /** What runners said of a stop to this process itself: the log may not have it yet. */
  readonly heard: (stop: string) => readonly Stop['acknowledgements'][number][]
  /** Stops that this process obeys though the log does not hold them yet. */
  readonly unrecorded: readonly StopOrder[]
  /** What this process calls outside of itself. */
  readonly edges: readonly EdgeView[]
  /** Whether its edges may be switched to `mock` and `direct`. */
  readonly allowInProduction: boolean
  /** Stops of the configuration: nobody lifts them from outside. */
  readonly forced: readonly string[]
}

export interface Check {
  readonly ok: boolean
  readonly detail: string
}

export interface Health {
  /** The log can be written, is read to its end, ticks are fresh, and the catalogue's files were read. */
  readonly ready: boolean
  /** Each dependency by name. */
  readonly checks: Readonly<Record<string, Check>>
  /** How running work is killed: `cgroup`, `namespace`, `subreaper`, `none`; `starting` while that is being found out, and nothing runs. */
  readonly kill: string
}

export type NewStop = Omit<StopOrder, 'id'> & { readonly id?: string }

export interface Ports {
  /** Durable when it resolves; rejects with LogError. */
  append(facts: readonly Fact[], options: { readonly deadlineMs: number }): Promise<unknown>
  /** Folded here when it resolves; else as `append`. */
  record(facts: readonly Fact[], options: { readonly deadlineMs: number }): Promise<void>
  /** In force here when it resolves. With an id it is one that another process passes on, and goes no further. */
  pullStop(stop: NewStop): Promise<Pulled>
  /** Rejects with LogError where the log does not take what came of it. */
  drill(drill: Drill, who: string): Promise<Drilled>
  /** Reads the catalogue's files again; the digest that this process would run, or what is wrong. */
  reload(): Promise<{ readonly digest?: string; readonly problems: readonly string[] }>
  read(): Readable
  /** Of the state, now or at a position to come; undefined where that is over or is not reached soon. */
  digest(position?: number): Promise<{ readonly position: number; readonly digest: string } | undefined>
  /** What memory has forgotten. */
  readonly archive: Archive
  /** What the entry there says that a job printed; undefined where the log holds it no more. */
  printedAt(position: number): Promise<Printed | undefined>
  /** As the log's own `follow`. */
  events(from: number, signal: AbortSignal): AsyncIterable<readonly Recorded<Entry>[] | 'caught up'>
  health(): Health
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** What there is before the log was read: the calls that are marked `whileStarting` ask for nothing else. */
export type StartingPorts = Pick<Ports, 'pullStop' | 'read' | 'health'>
