/**
 * Who goes first. Every piece of due work has an order of preference over the processes that tick; the others leave it
 * alone for a second each. It saves cost: safety never rests on it.
 */
import { rank } from './rendezvous.ts'

export interface Seat {
  /** This process. */
  readonly me: string
  /** The processes that tick and have the role asked for, this one among them. */
  readonly live: readonly string[]
  /** Log time, carried on by steady time since it was read. Milliseconds. */
  readonly now: number
}

const turnMs = 1000

export const isMyTurn = (item: string, since: number, seat: Seat): boolean =>
  seat.live.length <= 1 || rank(item, seat.me, seat.live) * turnMs <= seat.now - since
