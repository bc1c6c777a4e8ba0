/**
 * Who goes first. Every piece of due work has an order of preference over the processes that tick; the others leave it
 * alone for a second each. It saves cost: safety never rests on it.
 */
import type { Matchers } from './matcher.ts'
import { rank } from './rendezvous.ts'

/** What one runner serves that does not serve everything. */
export interface Serving {
  /** All that a target must match; none: every target. */
  readonly targets: Matchers
  /** Digests of scripts that it looked for in vain. */
  readonly lacks: ReadonlySet<string>
}

export interface Seat {
  /** This process. */
  readonly me: string
  /** The processes that tick and have the role asked for, this one among them. */
  readonly live: readonly string[]
  /** Log time, carried on by steady time since it was read. Milliseconds. */
  readonly now: number
  /** Of those that do not serve everything. */
  readonly serving?: ReadonlyMap<string, Serving>
}

const turnMs = 1000

export const isMyTurn = (item: string, since: number, seat: Seat): boolean =>
  seat.live.length <= 1 || rank(item, seat.me, seat.live) * turnMs <= seat.now - since
