/** `force.stop`: a stop of everything that nothing outside lifts. Pulled before anything acts, and again whenever somebody lifts it elsewhere. */
import type { StopOrder } from '../core/entry.ts'
import type { State } from '../core/state.ts'
import type { Actor } from './follower.ts'

const order: Omit<StopOrder, 'id'> = { matchers: [], effect: 'kill', who: 'configuration', why: 'force.stop' }
const isForced = ({ who, why }: StopOrder): boolean => who === order.who && why === order.why

export interface ForcedOptions {
  readonly wanted: boolean
  readonly state: State
  /** Those that this process obeys, on the log or not. */
  readonly inForce: () => readonly StopOrder[]
  readonly pull: (stop: Omit<StopOrder, 'id'>) => unknown
}

export const createForced = ({ wanted, state, inForce, pull }: ForcedOptions) => {
  const ids = (): string[] => (wanted ? [...new Set([...state.inForce, ...inForce()].filter(isForced).map(({ id }) => id))] : [])
  return { ids, act: (() => void (wanted && ids().length === 0 && pull(order))) satisfies Actor }
}
