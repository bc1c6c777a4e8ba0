/**
 * Decisions of the past, judged again. Judgement is pure and what it needs is on the log, so the log is read twice: once to
 * know which decisions counted and up to where the log was known to each, and once to stand at those places again.
 */
import type { Decided, Read } from './entry.ts'
import { createRemembering } from './remembering.ts'
import type { State } from './state.ts'

export interface PastDecision {
  readonly position: number
  /** Log time. */
  readonly at: number
  readonly by: string
  readonly entry: Decided
  /** The fold took it as the workflow's decision; if not, another one came first or the workflow had moved on. */
  readonly counted: boolean
}

/** The first reading: the fold, and the decisions on the log in their order. `keep`: whose are remembered. */
export const createFirstReading = (keep: (workflow: string) => boolean = () => true) => {
  const all = createRemembering()
  const { state } = all
  const decisions: PastDecision[] = []
  return {
    ...all,
    decisions,
    fold: (read: Read): void => {
      all.fold(read)
      const { position, entry } = read
      if (entry.kind !== 'decided' || !keep(entry.workflow)) return
      const counted = state.workflows.get(entry.workflow)?.decision?.position === position
      // What ends by its decision keeps it, what moved on at once does not: nothing else is folded in between.
      decisions.push({ position, at: state.at, by: entry.by, entry, counted })
    },
  }
}

/** The second reading: `stand` is called for each decision, with the state that was known to whoever made it. */
export const createSecondReading = (decisions: readonly PastDecision[], stand: (state: State, decision: PastDecision) => void) => {
  const all = createRemembering()
  const ahead = [...decisions].sort((a, b) => a.entry.judgedAt - b.entry.judgedAt || a.position - b.position)
  let next = 0
  return {
    ...all,
    fold: (read: Read): void => {
      while (next < ahead.length && ahead[next]!.entry.judgedAt <= read.position) stand(all.state, ahead[next++]!)
      all.fold(read)
    },
  }
}
