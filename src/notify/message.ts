/** What is to be told, one form per kind of notice: read off the state, and all that rendering sees. Times in milliseconds of log time. */
import type { Reason } from '../core/reason.ts'
import type { Suspension } from '../core/trust.ts'
import type { Workflow, WorkflowState } from '../core/workflow.ts'

export interface Told {
  /** The notice's. */
  readonly key: string
  readonly urgency: 'page' | 'info'
  /** Whether people still have something to do about it. */
  readonly open: boolean
  readonly taken?: { readonly who: string; readonly at: number }
}

export interface UnknownView extends Told {
  readonly kind: 'unknown'
  readonly alertname: string
  readonly reason: Reason
  readonly detail: string
  /** How often it was told of; of the first of them the labels are known. */
  readonly count: number
  readonly firing: number
  readonly listed: number
  readonly firstAt: number
  readonly lastAt: number
  /** What all that are listed have in common, and what differs. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly differing: readonly (readonly [name: string, values: readonly string[]])[]
  readonly annotations: Annotations
  readonly episode: string
}

export interface Annotations {
  readonly summary?: string
  readonly description?: string
  readonly runbookUrl?: string
}

export interface WorkflowView extends Told {
  readonly kind: 'workflow'
  readonly id: string
  readonly runbook: string
  readonly targets: readonly string[]
  readonly state: WorkflowState
  readonly reason?: Reason
  readonly detail: string
  readonly mode: string
  readonly route: string
  readonly alertname: string
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly annotations: Annotations
  readonly changes: readonly { readonly target: string; readonly from: string; readonly to: string }[]
  readonly plan?: string
  /** A person asked for it, and nobody has said yet that this plan shall run. */
  readonly awaitsExec: boolean
  readonly verdicts: readonly { readonly policy: string; readonly verdict: string; readonly detail: string; readonly until?: number }[]
  readonly steps: readonly StepView[]
  readonly params: Workflow['params']
  /** The last lines that the step it died in printed. */
  readonly printed: readonly string[]
  readonly createdAt: number
  readonly since: number
  /** Of its alert; undefined where there is none. */
  readonly firing?: boolean
  /** What is tried next, if it does not heal. */
  readonly next: string
  /** Whose stop killed it, and why. */
  readonly stoppedBy?: string
  readonly stopLifted?: boolean
}

export interface StepView {
  readonly name: string
  /** `interrupted`: begun, and neither done nor failed when it ended. */
  readonly state: 'open' | 'running' | 'done' | 'failed' | 'in doubt' | 'interrupted'
  readonly changes: boolean
  readonly detail: string
}

export interface StopView extends Told {
  readonly kind: 'stop'
  readonly id: string
  readonly matchers: readonly string[]
  readonly effect: 'kill' | 'pause'
  readonly who: string
  readonly why: string
  readonly at: number
  readonly now: number
  /** By itself. */
  readonly liftsAt?: number
  readonly lifted?: { readonly who: string; readonly why: string; readonly at: number }
  /** What it covers now: what runs or is being stopped, and what it holds. */
  readonly running: number
  readonly held: number
  readonly killed: number
  readonly survivors: number
  /** Of the slowest runner that answered. */
  readonly tookMs: number
  readonly answered: number
  readonly missing: readonly string[]
  /** What became of what it had held, once it is lifted. */
  readonly became: readonly (readonly [state: string, count: number])[]
  /** Killed by it, and their alerts still fire. */
  readonly leftFiring: readonly string[]
  /** It is in force, and not on the log yet: where it lies meanwhile. */
  readonly notOnLog?: string
}

export interface CatalogueView extends Told {
  readonly kind: 'catalogue'
  readonly problems: readonly string[]
  /** The digest that goes on being used. */
  readonly inForce?: string
  /** A good one has been activated since. */
  readonly mended: boolean
}

export interface RunnerLostView extends Told {
  readonly kind: 'runner lost'
  readonly name: string
  readonly why: string
  readonly at: number
}

export interface HeartbeatView extends Told {
  readonly kind: 'heartbeat'
  readonly route: string
  readonly lastAt: number
  readonly everyMs: number
  readonly missing: boolean
  /** It has not come since the catalogue asks for it: `lastAt` is when that came into force. */
  readonly never: boolean
  /** It has come again since. */
  readonly back: boolean
}

export interface BadAlertsView extends Told {
  readonly kind: 'bad alerts'
  readonly problems: readonly string[]
  readonly count: number
}

export interface TrustView extends Told {
  readonly kind: 'trust'
  readonly runbook: string
  readonly is: 'proposed' | 'promoted' | 'demoted' | 'rolled back'
  readonly heals: number
  readonly failures: number
  readonly inMs?: number
  readonly who?: string
  readonly workflow?: string
  /** The proposal is still one. */
  readonly stands: boolean
}

export interface SuspendedView extends Told {
  readonly kind: 'suspended'
  readonly suspension: Suspension
  readonly resumed?: { readonly who: string; readonly why: string; readonly at: number }
}

/** Many at once: one message that names them and their numbers. */
export interface DigestView {
  readonly kind: 'digest'
  readonly views: readonly NoticeView[]
}

/** What is said of it, whoever is told. */
export type Facts<View> = Omit<View, 'kind' | keyof Told>

export type NoticeView = UnknownView | WorkflowView | StopView | CatalogueView | RunnerLostView | HeartbeatView | BadAlertsView | SuspendedView | TrustView
export type View = NoticeView | DigestView
