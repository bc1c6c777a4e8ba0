/** Who runs steps, as the loop sees him: what obeys stops, and what is done once it is known how a job is killed. */
import type { Actor } from '../follow/follower.ts'
import { createKiller, type KillerOptions } from './killer.ts'
import { createPlanner } from './planner.ts'
import { createStepper, type Stepper } from './stepper.ts'
import { createVerifier } from './verifier.ts'
import { createWatch } from './watch.ts'

export interface RunnerOptions extends KillerOptions {
  /** How often what workflows changed is read again. */
  readonly watchEveryMs: number | undefined
}

export interface Runner {
  readonly obey: Actor
  readonly actors: readonly Actor[]
  readonly claimWith: Stepper['claimWith']
}

export const createRunner = ({ watchEveryMs, ...options }: RunnerOptions): Runner => {
  const watch = createWatch({ ...options, everyMs: watchEveryMs })
  const deps = { ...options, hands: watch.hands }
  const stepper = createStepper(deps)
  return { obey: createKiller(deps), actors: [createPlanner(deps), stepper.act, createVerifier(deps), watch.act], claimWith: stepper.claimWith }
}
