/** The ledger: every change that a runbook made, or may have made, as the fold comes to know of it. */
import type { Read } from './entry.ts'
import { evolve } from './evolve.ts'
import type { Json } from './plan.ts'
import { initialState, type Did } from './state.ts'
import type { Workflow } from './workflow.ts'

export interface LedgerLine {
  /** Log time of the first word about it. */
  readonly at: number
  readonly workflow: Workflow
  readonly target: string
  readonly id: string
  readonly from: Json
  readonly to: Json
  /** The last step that touched it. `in doubt`, `failed` and `killed` may have changed it or not. */
  step: string
  outcome: 'done' | 'failed' | 'in doubt' | 'killed'
}

/** Fed with the log from its beginning. One line for each target that a workflow changes; a step that only reads makes none. */
export const createLedger = () => {
  const state = initialState()
  const lines = new Map<string, LedgerLine>()
  return {
    state,
    lines: (): LedgerLine[] => [...lines.values()],
    fold: (read: Read): void => {
      evolve(state, read)
      for (const { workflow, step, outcome } of state.did.jobs) {
        if (step.effect === 'read' || (outcome === 'given back' && !wasBegun(read))) continue
        for (const change of workflow.plan?.changes ?? []) {
          if (step.each && !targetsOf(read, step).includes(change.target)) continue
          const key = `${workflow.id} ${change.id}`
          const line = lines.get(key) ?? { at: state.at, workflow, ...change, step: step.name, outcome: 'done' }
          lines.set(key, Object.assign(line, { step: step.name, outcome: outcome === 'given back' ? 'killed' : outcome }))
        }
      }
    },
  }
}

const wasBegun = ({ entry }: Read): boolean => entry.kind !== 'let go' || entry.how !== 'never started'

/** Of a step with a job for each target, those that are spoken of: the one that the entry names, or all that were begun and are not done. */
const targetsOf = ({ entry }: Read, step: Did['jobs'][number]['step']): string[] => {
  const jobs = 'job' in entry ? step.jobs.slice(entry.job, entry.job + 1) : step.jobs.filter(({ attempts, state }) => attempts > 0 && (state === 'open' || state === 'in doubt'))
  return jobs.map(({ target }) => target)
}
