/**
 * A workflow has one child: the one that made its plan has the script loaded, and its first step begins there a moment later.
 * Where none begins soon, the child is let go of.
 */
import type { Workflow } from '../core/workflow.ts'
import type { RunnerDeps } from './deps.ts'

const keptMs = 1000

export const createKept = ({ me, jobs, clock }: Pick<RunnerDeps, 'me' | 'jobs' | 'clock'>) => {
  const since = new Map<Workflow, number>()
  return {
    add: (workflow: Workflow): void => void since.set(workflow, clock.steady()),
    /** At every turn. */
    look: (): void => {
      for (const [workflow, at] of since) {
        if (mayBegin(workflow) && clock.steady() - at < keptMs) continue
        since.delete(workflow)
        if (!runsHere(workflow, me())) jobs().release(workflow.id)
      }
    },
  }
}

const mayBegin = ({ state, decision }: Workflow): boolean => state === 'ready' && (decision?.outcome ?? 'start') === 'start'

/** Then its child is the stepper's to let go of. */
export const runsHere = ({ state, holder }: Workflow, me: string): boolean => state === 'running' && holder === me
