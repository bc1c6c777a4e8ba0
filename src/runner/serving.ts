/** What this runner serves: the targets of its configuration, and the scripts that it has. One that it looked for in vain is looked for again. */
import type { State } from '../core/state.ts'
import { liveStates, type Workflow } from '../core/workflow.ts'
import { parseMatchers } from '../core/matcher.ts'
import type { Serving } from '../core/seat.ts'
import type { Tick } from '../follow/control.ts'
import type { Actor } from '../follow/follower.ts'
import type { Clock } from '../log/clock.ts'
import type { RunnerDeps } from './deps.ts'

export interface ServingOptions {
  /** Matchers in Alertmanager's notation; none: every target. */
  readonly targets: readonly string[]
  readonly state: State
  readonly clock: Clock
  readonly scriptOf: RunnerDeps['scriptOf']
}

const lookEveryMs = 1000
/** So many are told to the others: a tick is small. */
const mostTold = 50

export const createServing = ({ targets, state, clock, scriptOf }: ServingOptions) => {
  const lacks = new Map<string, Workflow['runbook']>()
  const compiled = parseMatchers(targets)
  let lookedAt = -Infinity
  const find: RunnerDeps['scriptOf'] = async (runbook) => {
    const script = await scriptOf(runbook)
    if (script) lacks.delete(runbook.digest)
    else lacks.set(runbook.digest, runbook)
    return script
  }
  const isNeeded = (digest: string): boolean => liveStates.some((name) => [...state.live.get(name)!].some(({ runbook }) => runbook.digest === digest))
  return {
    scriptOf: find,
    own: (): Serving | undefined => (targets.length === 0 && lacks.size === 0 ? undefined : { targets: compiled, lacks: new Set(lacks.keys()) }),
    told: (): Pick<Tick, 'targets' | 'lacks'> => ({
      ...(targets.length === 0 ? {} : { targets }), ...(lacks.size === 0 ? {} : { lacks: [...lacks.keys()].slice(0, mostTold) }),
    }),
    act: (() => {
      if (lacks.size === 0 || clock.steady() - lookedAt < lookEveryMs) return
      lookedAt = clock.steady()
      for (const [digest, runbook] of lacks) {
        if (isNeeded(digest)) find(runbook).catch(() => {})
        else lacks.delete(digest)
      }
    }) satisfies Actor,
  }
}
