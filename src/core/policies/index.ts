/** Every policy type by the name that files write. Docs and the catalogue's checks read this list; add a type here. */
import type { PolicyType } from '../policy.ts'
import { approval } from './approval.ts'
import { attempts } from './attempts.ts'
import { blockingAlerts } from './blocking-alerts.ts'
import { bounds } from './bounds.ts'
import { breaker } from './breaker.ts'
import { caps } from './caps.ts'
import { code } from './code.ts'
import { concurrency } from './concurrency.ts'
import { cooldown } from './cooldown.ts'
import { errorBudget } from './error-budget.ts'
import { excluded } from './excluded.ts'
import { firingFor } from './firing-for.ts'
import { freeze } from './freeze.ts'
import { handsOff } from './hands-off.ts'
import { healthyFloor } from './healthy-floor.ts'
import { massFailure } from './mass-failure.ts'
import { mode } from './mode.ts'
import { oneDomain } from './one-domain.ts'
import { opposite } from './opposite.ts'
import { order } from './order.ts'
import { pauseAfter } from './pause-after.ts'
import { ramp } from './ramp.ts'
import { rate } from './rate.ts'
import { same } from './same.ts'
import { slowDown } from './slow-down.ts'
import { steps } from './steps.ts'
import { storm } from './storm.ts'
import { targets } from './targets.ts'
import { window } from './window.ts'

/** Each type's own settings are checked by its schema before its `judge` sees them, hence the one wide type here. */
export type AnyPolicyType = PolicyType<never>

export const policyTypes: ReadonlyMap<string, AnyPolicyType> = new Map(
  [
    // What may be touched, and by what.
    targets, excluded, bounds, oneDomain, same, steps, order,
    // How much at once.
    concurrency, caps, healthyFloor, massFailure, storm, breaker, slowDown, ramp, errorBudget,
    // How often.
    rate, cooldown, opposite, attempts, pauseAfter,
    // When.
    window, freeze, blockingAlerts, firingFor, handsOff,
    // Who.
    approval, mode,
    // What no other type can say.
    code,
  ].map((type) => [type.type, type as AnyPolicyType]),
)
