/** An alert's episode, and the workflow that answers it: from its plan to its end, with each job of its steps. */
import type { Mode, ParamValue, StepManifest } from './catalogue.ts'
import type { Decided, Rung } from './entry.ts'
import type { Labels } from './labels.ts'
import type { Json, Plan } from './plan.ts'
import type { End, Reason } from './reason.ts'

export interface Episode {
  readonly id: string
  /** Of the entry that first told of it. */
  readonly position: number
  readonly fingerprint: string
  readonly startsAt: string
  readonly labels: Labels
  annotations: Labels
  readonly receiver: string
  readonly source: string
  status: 'firing' | 'resolved'
  readonly firstAt: number
  lastAt: number
  /** How often it was told of. */
  told: number
  resolvedAt?: number
  /** Exactly one, the first on the log. */
  answer?: { readonly workflow: string } | { readonly reason: Reason; readonly detail: string }
  heartbeat?: string
  /** How the workflow that answered it ended, once both are forgotten. */
  ended?: WorkflowState
}

export type WorkflowState = 'planning' | 'ready' | 'asking' | 'waiting' | 'running' | 'stopping' | 'verifying' | End

export interface Job {
  readonly target: string
  state: 'open' | 'claimed' | 'done' | 'failed' | 'in doubt'
  claim?: string
  attempts: number
  output?: Json
  reason?: Reason
  detail?: string
  startedAt?: number
  endedAt?: number
  /** The position of the entry that holds what it printed. */
  printedAt?: number
}

export interface StepState extends StepManifest {
  readonly jobs: Job[]
}

export interface Workflow {
  readonly id: string
  /** Of the entry that began it. */
  readonly position: number
  readonly episode: string | undefined
  readonly runbook: { readonly name: string; readonly version: number; readonly digest: string }
  readonly provider: string
  readonly route: string
  readonly labels: Labels
  readonly targets: readonly string[]
  readonly params: Readonly<Record<string, ParamValue>>
  readonly mode: Mode
  readonly probe: boolean
  readonly healedWithinMs: number
  readonly manifest: readonly StepManifest[]
  readonly createdAt: number
  readonly channel: string | undefined
  /** Who may approve it, where its route names them. */
  readonly approvers?: readonly string[]
  state: WorkflowState
  /** How often it came into a state: whoever speaks of it names the turn that he saw. */
  turn: number
  reason?: Reason
  detail: string
  /** Since when it is in this state, and since when somebody could go on with it (log time). */
  since: number
  startableAt: number
  plan?: Plan
  decision?: Omit<Decided, 'kind' | 'workflow' | 'turn'> & { readonly position: number; readonly at: number }
  wait?: { readonly until?: number; readonly key?: string }
  steps: StepState[]
  /** Who runs it now. */
  holder?: string
  started: boolean
  heldKeys: string[]
  probed: boolean
  gone: boolean
  approved?: string
  /** Who approved the plan of now, each once. */
  approvals: { readonly who: string; readonly at: number }[]
  /** Whose wish it is, where a person asked for it; with `exec` once that plan may run. */
  request?: { readonly who: string; readonly why: string; readonly key: string; readonly deadlineMs?: number; readonly exec?: { readonly id: string; readonly plan: string; readonly who: string } }
  /** When its budget is spent, in log time. */
  deadlineAt?: number
  cancelled?: { readonly who: string; readonly why: string }
  readonly trust?: Rung['trust']
  readonly canary?: number
  /** What answers its episode next, if it does not heal; what it came after, and who took the next rung. */
  readonly ladder?: readonly Rung[]
  readonly after?: string
  next?: string
  /** What people said about it. */
  readonly notes: { readonly at: number; readonly who: string; readonly text: string }[]
  stoppedBy?: string
  timeline: { readonly at: number; readonly state: WorkflowState; readonly reason?: Reason; readonly detail: string; readonly by: string }[]
}

export const isEnd = (state: WorkflowState): state is End => !liveStates.includes(state as (typeof liveStates)[number])
export const liveStates = ['planning', 'ready', 'asking', 'waiting', 'running', 'stopping', 'verifying'] as const

/** A job of it is claimed: its holder runs it, or will in a moment. */
export const isClaimed = ({ steps }: Workflow): boolean => steps.some(({ jobs }) => jobs.some((job) => job.state === 'claimed'))
