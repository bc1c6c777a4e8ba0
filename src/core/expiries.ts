/**
 * When what may be over is looked at again, to be forgotten. By log time, in slots: to put something in and to take it out
 * costs the same however much there is, and whoever folds the same log looks at the same entry.
 */
import type { Expiry, Kept, State } from './state.ts'

const slotMs = 10_000

/** `id` is looked at as soon as log time has come to `at`, or a moment after. */
export const lookAgain = (state: State, kept: Kept, id: string, at: number): void => {
  const slot = Math.max(Math.ceil(at / slotMs), state.swept + 1)
  const there = state.expiries.get(slot)
  if (there) there.push([kept, id])
  else state.expiries.set(slot, [[kept, id]])
}

/** What is to be looked at by now; it is not in there any more. */
export const takeOverdue = (state: State): readonly Expiry[] => {
  const now = Math.floor(state.at / slotMs)
  if (now <= state.swept) return none
  const slots = slotsUpTo(state, now)
  const due = slots.flatMap((slot) => state.expiries.get(slot) ?? none)
  for (const slot of slots) state.expiries.delete(slot)
  state.swept = now
  return due
}

const none: readonly Expiry[] = []

/** In order. After a long silence there are fewer slots with something in them than slots that went by. */
const slotsUpTo = ({ expiries, swept }: State, now: number): number[] =>
  now - swept > expiries.size ? [...expiries.keys()].filter((slot) => slot <= now).sort((a, b) => a - b) : Array.from({ length: now - swept }, (_, index) => swept + 1 + index)
