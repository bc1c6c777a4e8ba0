/** What this process has appended and not read back yet, so that it is not done twice by the same hand. */
import type { Fact } from '../core/entry.ts'
import { UpgradeUnfinished } from '../core/upgrade.ts'

export interface InFlightOptions {
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly onProblem: (problem: unknown) => void
}

export const inFlight = (options: InFlightOptions) => {
  const keys = new Set<string>()
  const during = async (mine: readonly string[], work: () => Promise<unknown>): Promise<void> => {
    for (const key of mine) keys.add(key)
    try {
      await work()
    } catch (problem) {
      // Of that it was told at the start: it waits, and is asked for at every turn.
      if (!(problem instanceof UpgradeUnfinished)) options.onProblem(met(problem, mine))
    } finally {
      for (const key of mine) keys.delete(key)
    }
  }
  return {
    idle: <T>(due: readonly T[], keyOf: (item: T) => string): T[] => due.filter((item) => !keys.has(keyOf(item))),
    /** Appends, and holds the keys until the fold has seen it. */
    append: (mine: readonly string[], facts: readonly Fact[]): void =>
      void during(mine, async () => options.folded(await options.append(facts))),
    /** Holds the keys while `work` goes on. */
    during: (mine: readonly string[], work: () => Promise<unknown>): void => void during(mine, work),
    has: (key: string): boolean => keys.has(key),
    size: (): number => keys.size,
  }
}

/** The same problem under its own name, with whose it is: the keys begin with the id of a workflow, a stop, a notice. */
const met = (problem: unknown, keys: readonly string[]): Error => {
  const { name, message, stack = message } = problem instanceof Error ? problem : new Error(String(problem))
  return Object.assign(new Error(message), { name, stack: `with ${keys.join(', ')}: ${stack}` })
}
