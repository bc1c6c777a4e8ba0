/**
 * What is settled leaves the control stream (protocol rule 23), which is read from its beginning at every start: the ticks of
 * who is lost, and stops that were lifted so long ago that of them only the id is known, which a snapshot has by now.
 */
import { rank } from '../core/rendezvous.ts'
import type { Seat } from '../core/seat.ts'
import type { State } from '../core/state.ts'
import type { Control } from './control.ts'
import type { Actor } from './follower.ts'

export interface SettledOptions {
  readonly state: State
  readonly seat: () => Seat
  readonly control: Pick<Control, 'peers' | 'stops' | 'forget' | 'clear'>
  readonly boottime: () => number
  readonly onProblem: (problem: unknown) => void
}

const lookEveryMs = 60_000
/** Who was only frozen has found out by then, and ticks under another identity. */
const silentMs = 600_000

export const createSettled = ({ state, seat, control, boottime, onProblem }: SettledOptions): Actor => {
  let lookedAt = boottime()
  return () => {
    const now = boottime()
    if (now - lookedAt < lookEveryMs) return
    lookedAt = now
    const dead = [...control.peers()].filter(([id, { seenAt }]) => state.processes.get(id)?.lost && now - seenAt > silentMs).map(([id]) => id)
    const over = hasLatelyBeenKept(state) ? [...control.stops()].filter((id) => state.lifted.has(id) && !state.stops.has(id)) : []
    const { me, live } = seat()
    for (const key of [...dead, ...over]) {
      control.forget(key)
      // If that fails, whoever starts next finds the key, and does it again.
      if (rank(key, me, live) === 0) control.clear(key).catch(onProblem)
    }
  }
}

/** A stop is forgotten `rememberMs` after its lift at the earliest: a snapshot that is younger than half of it holds the id. */
const hasLatelyBeenKept = ({ snapshot, at, rememberMs }: State): boolean => snapshot !== undefined && at - snapshot.at < rememberMs / 2
