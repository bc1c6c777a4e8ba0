/** A fold that also keeps what it forgets: for whoever reads the log from its beginning and tells of all of it. */
import type { Read } from './entry.ts'
import { evolve } from './evolve.ts'
import { initialState, type Stop } from './state.ts'
import type { Episode, Workflow } from './workflow.ts'

export const createRemembering = () => {
  const state = initialState()
  const forgotten: { episodes: Episode[]; workflows: Workflow[]; stops: Stop[] } = { episodes: [], workflows: [], stops: [] }
  return {
    state,
    fold: (read: Read): void => {
      evolve(state, read)
      const { episodes, workflows, stops } = state.did.forgotten
      forgotten.episodes.push(...episodes)
      forgotten.workflows.push(...workflows)
      forgotten.stops.push(...stops)
    },
    /** All that ever were. An alert that was told of again after it was forgotten is there twice, the newer one later. */
    episodes: (): Episode[] => [...forgotten.episodes, ...state.episodes.values()],
    workflows: (): Workflow[] => [...forgotten.workflows, ...state.workflows.values()],
    stops: (): Stop[] => [...forgotten.stops, ...state.stops.values()],
  }
}
