/** Which runbooks may start by themselves, counted anew from what happened: promoted by a person after a heal, and no failure since. */
import type { Read } from '../../src/core/entry.ts'
import type { State } from '../../src/core/state.ts'

export const createEarned = (state: State) => {
  const healed = new Set<string>()
  const promoted = new Set<string>()
  return {
    mayStart: (runbook: string): boolean => promoted.has(runbook),
    /** After the entry was folded. */
    look: ({ entry }: Read): void => {
      if (entry.kind === 'promoted' && healed.has(entry.runbook.split('@')[0]!)) promoted.add(entry.runbook.split('@')[0]!)
      for (const { workflow: { trust, runbook: { name } }, line } of state.did.moved) {
        if (typeof trust !== 'object') continue
        if (line.state === 'healed') healed.add(name)
        if (line.state === 'failed' || line.state === 'unproven') for (const some of [healed, promoted]) some.delete(name)
      }
    },
  }
}
