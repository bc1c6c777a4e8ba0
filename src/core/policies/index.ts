/** Every policy type by the name that files write. Docs and the catalogue's checks read this list; add a type here. */
import type { PolicyType } from '../policy.ts'
import { attempts } from './attempts.ts'
import { concurrency } from './concurrency.ts'
import { cooldown } from './cooldown.ts'
import { excluded } from './excluded.ts'
import { rate } from './rate.ts'
import { targets } from './targets.ts'

/** Each type's own settings are checked by its schema before its `judge` sees them, hence the one wide type here. */
export type AnyPolicyType = PolicyType<never>

export const policyTypes: ReadonlyMap<string, AnyPolicyType> = new Map(
  [targets, excluded, rate, concurrency, cooldown, attempts].map((type) => [type.type, type as AnyPolicyType]),
)
