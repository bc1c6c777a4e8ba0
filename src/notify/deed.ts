/** What whoever answers a command or a button is given, and gives. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fact, StopOrder } from '../core/entry.ts'
import type { State, Stop } from '../core/state.ts'
import type { Archive } from '../follow/archive.ts'
import type { Pulled } from '../follow/stopping.ts'
import type { Message } from './blocks.ts'
import type { Listed } from './people.ts'

export interface DeedPorts extends StopPorts {
  /** What memory has forgotten. */
  readonly archive: Archive
  /** On the log and folded when it resolves: only then is it known whose word came first. */
  readonly append: (facts: readonly Fact[]) => Promise<void>
}

export interface Deeds {
  readonly ports: DeedPorts
  readonly listed: Listed
  readonly signal: AbortSignal
  /** What goes on after the answer. */
  readonly background: (work: Promise<unknown>) => void
}

export interface Answer {
  readonly message: Message
  readonly seenByAll: boolean
}

/** Why nothing was heard, or what Slack is to show at once. */
export type Heard = { readonly unreadable: string } | { readonly body?: object }

export interface StopPorts {
  readonly state: State
  /** Log time, milliseconds. */
  readonly now: () => number
  /** Those that tick and run. */
  readonly runners: () => readonly { readonly id: string; readonly name: string }[]
  /** In force here before anything else happens. */
  readonly pullStop: (stop: Omit<StopOrder, 'id'>) => Promise<Pulled>
  /** What runners said of it to this process, log or no log. */
  readonly heard?: (stop: string) => readonly Stop['acknowledgements'][number][]
  readonly liftStop: (stop: string, who: string, why: string) => Promise<void>
  /** Stops of the configuration. */
  readonly forced: () => readonly string[]
}

export const until = async (check: () => boolean, withinMs: number, signal: AbortSignal): Promise<void> => {
  const over = performance.now() + withinMs
  while (!signal.aborted && !check() && performance.now() < over) await sleep(50, undefined, { signal }).catch(() => undefined)
}
