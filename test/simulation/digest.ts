/** A state as one word: equal states give equal words, the order of what they hold included. */
import { createHash } from 'node:crypto'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import type { State } from '../../src/core/state.ts'

export const digestOf = (state: State): string => {
  const hash = createHash('sha256')
  for (const line of snapshotLines(state)) hash.update(line).update('\n')
  return hash.digest('hex')
}

/** As a server has it that begins with a snapshot of it (rule 12). */
export const restored = (state: State): State => restoreState(snapshotLines(state))
