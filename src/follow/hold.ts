/** Looking at the state as it is at one position, for longer than a moment: nothing is folded meanwhile. */
import type { State } from '../core/state.ts'
import type { Clock } from '../log/clock.ts'

export const createHold = ({ state, clock }: { readonly state: State; readonly clock: Clock }) => {
  /** Who waits for a position. */
  const waiting = new Map<number, () => Promise<unknown>>()
  let looking: Promise<unknown> | undefined
  return {
    /** What `look` finds: now, or when exactly `position` entries were folded. Undefined where that is over, is not reached in time, or somebody looks already. */
    hold: <T>(look: () => Promise<T>, { position = state.position, withinMs }: { position?: number | undefined; withinMs: number }): Promise<T | undefined> => {
      if (looking || position < state.position || waiting.has(position)) return Promise.resolve(undefined)
      const { promise, resolve } = Promise.withResolvers<T | undefined>()
      const begin = (): Promise<unknown> => {
        cancel()
        waiting.delete(position)
        const found = look().finally(() => (looking = undefined))
        resolve(found)
        return (looking = found.catch(() => {}))
      }
      const cancel = clock.after(withinMs, () => (waiting.delete(position), resolve(undefined)))
      if (position === state.position) void begin()
      else waiting.set(position, begin)
      return promise
    },
    /** While somebody looks at the state of now: whoever folds waits for it. */
    held: (): Promise<unknown> | undefined => waiting.get(state.position)?.() ?? looking,
  }
}
