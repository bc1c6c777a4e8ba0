/**
 * The decisions to start that this process has appended and not read back. They were judged from one state, and may not fit
 * together: who decides counts its own (protocol rule 15). It saves claims that would be void; the fold is the arbiter.
 */
import { room } from '../core/counter.ts'
import type { Decided } from '../core/entry.ts'
import type { Take } from '../core/plan.ts'
import type { State } from '../core/state.ts'

export const createUnread = (state: State) => {
  const taken = new Map<string, Set<Take>>()
  return {
    /** Whether what this one takes fits beside them. Where it does not, it is judged again once they were read back. */
    leavesRoom: ({ workflow, takes }: Decided, at: number): boolean =>
      takes.every((take) => room(state, beside(take, taken.get(take.key)), at, workflow).fits),
    /** Counts it while `work` goes on, which ends when it was read back. */
    during: async ({ takes }: Decided, work: () => Promise<void>): Promise<void> => {
      for (const take of takes) taken.set(take.key, (taken.get(take.key) ?? new Set()).add(take))
      try {
        await work()
      } finally {
        for (const take of takes) if (taken.get(take.key)?.delete(take) && taken.get(take.key)!.size === 0) taken.delete(take.key)
      }
    },
  }
}

/** As if the others had been granted already. */
const beside = (take: Take, others: ReadonlySet<Take> = new Set()): Take => {
  if (take.values) return { ...take, besides: [...(take.besides ?? []), ...[...others].flatMap(({ values = [] }) => values)] }
  let { max } = take
  for (const { amount = 1 } of others) max -= amount
  return { ...take, max }
}
