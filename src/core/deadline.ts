/**
 * The budget of a workflow: every step, call and retry draws from it. It begins with the first step, or when a request that
 * names one is executed; at zero nothing goes on, and the workflow ends failed. Whether the alert goes away is not part of it.
 */
import type { RunbookManifest } from './catalogue.ts'
import type { Plan } from './plan.ts'
import { isMyTurn, type Seat } from './seat.ts'
import type { State } from './state.ts'
import { isClaimed, type Workflow } from './workflow.ts'

/** Beside what its steps may take: for pauses between jobs, and for a runner that went away. */
const spareMs = 3_600_000

/** What the runbook says, else what its steps may take by their own timeouts, and an hour. */
export const budgetMs = ({ manifest }: Workflow, { targets }: Plan, runbook: Pick<RunbookManifest, 'deadlineMs'> | undefined): number =>
  runbook?.deadlineMs ?? spareMs + manifest.reduce((sum, { timeoutMs, each, concurrency }) => sum + timeoutMs * (each ? Math.ceil(targets.length / concurrency) : 1), 0)

/** What is left of it at this log time; Infinity before it began. */
export const leftMs = ({ deadlineAt }: Pick<Workflow, 'deadlineAt'>, at: number): number => (deadlineAt ?? Infinity) - at

/** Those whose budget is spent. What runs is ended by its runner first, which cuts it at that very moment. */
export const deadlinesDue = (state: State, seat: Seat): Workflow[] =>
  (['planning', 'ready', 'asking', 'waiting', 'running'] as const).flatMap((name) => [...state.live.get(name)!])
    .filter((workflow) => leftMs(workflow, seat.now) <= 0 && !isClaimed(workflow) && isMyTurn(workflow.id, workflow.deadlineAt!, seat))
