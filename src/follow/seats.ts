/** Where this process sits among those that tick, for each role: which of them goes first is read off it. */
import { compiledOf } from '../core/fold/stops.ts'
import type { Matchers } from '../core/matcher.ts'
import type { Seat, Serving } from '../core/seat.ts'
import type { State } from '../core/state.ts'
import type { Clock } from '../log/clock.ts'
import { freshMs, type Control, type Peer, type Tick } from './control.ts'

export interface SeatsOptions {
  readonly state: State
  readonly me: () => string
  readonly peers: Control['peers']
  readonly now: () => number
  readonly clock: Clock
  readonly boottime: () => number
  /** What this process serves, as it is known here before any tick tells it. */
  readonly own: () => Serving | undefined
}

/** Who else is there is looked up so often: preference saves cost, and looking costs too. */
const seatEveryMs = 100

export const createSeats = ({ state, me, peers, now, clock, boottime, own }: SeatsOptions) => {
  const live = (role: string): Peer[] => {
    const at = boottime()
    return [...peers().values()].filter(({ tick, seenAt }) => tick.roles.includes(role) && (tick.by === me() || (at - seenAt < freshMs && !state.processes.get(tick.by)?.lost)))
  }
  const servingOf = (all: readonly Peer[]): Map<string, Serving> => new Map(all.flatMap(({ tick }) => {
    const serving = tick.by === me() ? own() : servingTold(tick)
    return serving === undefined ? [] : [[tick.by, serving] as const]
  }))
  return (role: string) => {
    let seen: Pick<Seat, 'me' | 'live' | 'serving'> & { readonly at: number } | undefined
    return (): Seat => {
      if (seen?.me !== me() || clock.steady() - seen.at > seatEveryMs) {
        const all = live(role)
        seen = { me: me(), live: all.map(({ tick }) => tick.by), serving: servingOf(all), at: clock.steady() }
      }
      return { ...seen, now: now() }
    }
  }
}

const servingTold = ({ targets = [], lacks = [] }: Tick): Serving | undefined => {
  const matchers = compile(targets)
  return matchers.list.length === 0 && lacks.length === 0 ? undefined : { targets: matchers, lacks: new Set(lacks) }
}

/** Each list is compiled once; there are as many as there are configurations. One that only another version can read leaves its claims to that one. */
const compiled = new Map<string, Matchers>()
const compile = (texts: readonly string[]): Matchers => {
  const key = texts.join('\n')
  if (!compiled.has(key)) compiled.set(key, compiledOf({ matchers: texts }))
  return compiled.get(key)!
}
