/**
 * Declares processes lost. Q is lost when our newest own tick that came back was sent at least `lostAfter` after we first
 * saw Q or last read a tick of it, whichever is later, all on our own steady clock: no broker's time, no other's, and
 * never counted from our own start.
 */
import type { State } from '../core/state.ts'
import type { Actor } from './follower.ts'
import { inFlight, type InFlightOptions } from './in-flight.ts'

export interface LostOptions extends InFlightOptions {
  readonly state: State
  readonly me: () => string
  readonly boottime: () => number
  /** When our newest tick that was read back was sent. */
  readonly ownSentAt: () => number
  readonly peers: () => ReadonlyMap<string, { readonly tick: { readonly name: string }; readonly seenAt: number }>
  readonly lostAfterMs: number
}

/** Not after every batch of a flood. */
const lookEveryMs = 250

export const createLost = (options: LostOptions): Actor => {
  const busy = inFlight(options)
  const firstSeen = new Map<string, number>()
  let lookedAt = -Infinity
  return () => {
    const now = options.boottime()
    if (now - lookedAt < lookEveryMs) return
    lookedAt = now
    const peers = options.peers()
    const suspects = new Set([...peers.keys(), ...holders(options.state)])
    for (const id of firstSeen.keys()) if (!suspects.has(id)) firstSeen.delete(id)
    for (const id of busy.idle([...suspects], (one) => one)) {
      if (id === options.me() || options.state.processes.get(id)?.lost) continue
      if (!firstSeen.has(id)) firstSeen.set(id, now)
      const seen = Math.max(firstSeen.get(id)!, peers.get(id)?.seenAt ?? -Infinity)
      if (options.ownSentAt() - seen < options.lostAfterMs) continue
      const why = `no tick of it for ${Math.round((options.ownSentAt() - seen) / 1000)} s`
      busy.append([id], [{ kind: 'runner lost', runner: id, name: peers.get(id)?.tick.name ?? '', why }])
    }
  }
}

/** Whoever holds a workflow, known by ticks or not. */
const holders = (state: State): string[] =>
  (['running', 'stopping'] as const).flatMap((name) => [...state.live.get(name)!].flatMap(({ holder }) => (holder === undefined ? [] : [holder])))
