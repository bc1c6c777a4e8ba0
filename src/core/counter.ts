/**
 * The one thing that counts. Every limit is a take on a key: at most so many starts within a window, or at most so many
 * that still run. The fold grants takes at the claim of the first step, in log order, so that any number of deciders
 * keep every limit at every prefix of the log.
 */
import type { Take } from './plan.ts'
import type { Room } from './policy.ts'
import type { Counter, State } from './state.ts'

const emptyCounter = (): Counter => ({ starts: [], windowMs: 0, holders: new Set(), line: [] })

export const counterOf = (state: State, key: string): Counter => {
  let counter = state.counters.get(key)
  if (!counter) state.counters.set(key, (counter = emptyCounter()))
  return counter
}

/** Whether `take` fits at log time `at`. A workflow's own running share does not stand in its own way. */
export const room = (state: State, take: Take, at: number, workflow: string): Room => {
  const counter = state.counters.get(take.key)
  if (!counter) return take.max > 0 ? { used: 0, fits: true } : { used: 0, fits: false }
  if (take.window === 'until end') {
    const used = counter.holders.size - (counter.holders.has(workflow) ? 1 : 0)
    return { used, fits: used < take.max }
  }
  const windowMs = take.window.ms
  const first = counter.starts.findIndex((start) => start > at - windowMs)
  const used = first < 0 ? 0 : counter.starts.length - first
  if (used < take.max) return { used, fits: true }
  const frees = counter.starts[counter.starts.length - take.max]
  return frees === undefined ? { used, fits: false } : { used, fits: false, until: frees + windowMs }
}

/** Counts a start. Starts that no window looks back to are forgotten. */
export const grant = (state: State, take: Take, at: number, workflow: string): void => {
  const counter = counterOf(state, take.key)
  if (take.window === 'until end') {
    counter.holders.add(workflow)
    return
  }
  counter.windowMs = Math.max(counter.windowMs, take.window.ms)
  while (counter.starts.length > 0 && counter.starts[0]! <= at - counter.windowMs) counter.starts.shift()
  counter.starts.push(at)
}

export const release = (state: State, key: string, workflow: string): void => {
  const counter = state.counters.get(key)
  counter?.holders.delete(workflow)
  if (counter && counter.holders.size === 0 && counter.starts.length === 0 && counter.line.length === 0) state.counters.delete(key)
}
