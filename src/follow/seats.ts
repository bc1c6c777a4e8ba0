/** Where this process sits among those that tick, for each role: which of them goes first is read off it. */
import type { Seat } from '../core/seat.ts'
import type { State } from '../core/state.ts'
import type { Clock } from '../log/clock.ts'
import { freshMs, type Control } from './control.ts'

export interface SeatsOptions {
  readonly state: State
  readonly me: () => string
  readonly peers: Control['peers']
  readonly now: () => number
  readonly clock: Clock
  readonly boottime: () => number
}

/** Who else is there is looked up so often: preference saves cost, and looking costs too. */
const seatEveryMs = 100

export const createSeats = ({ state, me, peers, now, clock, boottime }: SeatsOptions) => {
  const live = (role: string): string[] => {
    const at = boottime()
    return [...peers()].filter(([id, { tick, seenAt }]) => id === me() || (at - seenAt < freshMs && tick.roles.includes(role) && !state.processes.get(id)?.lost)).map(([id]) => id)
  }
  return (role: string) => {
    let seen: { readonly me: string; readonly live: readonly string[]; readonly at: number } | undefined
    return (): Seat => {
      if (seen?.me !== me() || clock.steady() - seen.at > seatEveryMs) seen = { me: me(), live: live(role), at: clock.steady() }
      return { me: seen.me, live: seen.live, now: now() }
    }
  }
}
