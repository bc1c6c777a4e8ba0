/**
 * What a runbook imports from 'paramedic'. Nothing here touches the outside: the process that runs the script hands it
 * its handles, each bound to one step, its deadline and its kill.
 */
import type { Effect, ParamSpec, ParamValue } from './core/catalogue.ts'
import type { Json } from './core/plan.ts'

export type { Effect, Json, ParamSpec, ParamValue }

/** What a provider says of a target. Sizes are counts of replicas (or nodes). */
export interface Size {
  readonly id: string
  readonly replicas: number
  readonly ready: number
  /** Changes with every change of the target, whoever made it. */
  readonly version: string
  readonly min: number
  readonly max: number
  readonly labels: Readonly<Record<string, string>>
  /** Whether it is still on its way from one state to another, whoever sent it there; not given where the provider cannot say. */
  readonly rollingOut?: boolean
  /** Whether another controller sets its size; not given where the provider cannot say. */
  readonly autoscaled?: boolean
  /** Each replica, oldest first, for what restarts one at a time. A `protected` one is not ended: somebody said so to the provider. */
  readonly members: readonly { readonly id: string; readonly ready: boolean; readonly startedAt: string; readonly protected?: boolean }[]
}

/** What a target ran, or runs, as the outside itself remembers it. */
export interface Revision {
  readonly revision: string
  readonly current: boolean
  /** When it was made. */
  readonly at: string
}

export interface ReadScale {
  /** Throws `TargetUnknown` if there is no such target, `TargetUnreachable` if the provider cannot say. */
  read(target: string): Promise<Size>
  list(): Promise<readonly { readonly name: string; readonly id: string }[]>
  /** The youngest first, the one that runs among them. Where the provider can (`kubernetes`, `swarm`). */
  history(target: string): Promise<readonly Revision[]>
}

export interface Scale extends ReadScale {
  /**
   * Absolute, so that saying it twice is harmless. Refused outside the target's bounds, and where `version` is given
   * and no longer true. Said `toward: 'up'` it never lowers, and `'down'` never raises, whatever became of the size meanwhile.
   */
  set(target: string, replicas: number, options?: { version?: string; toward?: 'up' | 'down' }): Promise<Size>
  /** Replaces one member by a fresh one. Saying it again for a member that is gone does nothing. */
  restart(target: string, member: string): Promise<Size>
  /** Ends one member for good: the target has one fewer. Where the provider can (`aws-asg`). Repeating it does nothing. */
  remove(target: string, member: string): Promise<Size>
  /** Has the outside replace a member that it takes for well, at its own pace. Where the provider can (`aws-asg`). */
  markUnhealthy(target: string, member: string): Promise<Size>
  /** Rolls all members over, as the outside itself does it (`kubernetes`). With the stamp of the last time it does nothing. */
  restartAll(target: string, stamp: string): Promise<Size>
  /** Runs again what it ran as `revision`; the size stays. Saying it again does nothing; refused where `version` is given and no longer true. */
  rollBack(target: string, revision: string, options?: { version?: string }): Promise<Size>
}

export interface Node {
  readonly name: string
  readonly ready: boolean
  /** Nothing new is placed there. */
  readonly cordoned: boolean
  /** Of the cloud, where the cluster says. */
  readonly instance?: string
}

export interface ReadNodes {
  list(): Promise<readonly Node[]>
  read(node: string): Promise<Node>
}

/** The machines of a cluster, where the provider has them (`kubernetes`). Everything may be said twice. */
export interface Nodes extends ReadNodes {
  cordon(node: string): Promise<Node>
  uncordon(node: string): Promise<Node>
  /** Cordoned, and all that runs there has ended, at the pace that disruption budgets allow. */
  drain(node: string): Promise<Node>
  /** Rolls over what is labelled for it, so that nodes that are new get their share; the names of those. With the stamp of the last time it does nothing. */
  rebalance(stamp: string): Promise<readonly string[]>
}

export interface AlertView {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly fingerprint: string
}

/** What every function of a script is handed. */
export interface Context {
  /** In a step with `each`: this job's target. Otherwise the first of the workflow. */
  readonly target: string
  readonly targets: readonly string[]
  readonly params: Readonly<Record<string, any>>
  readonly alert: AlertView | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** What is left of this job's time, in milliseconds. A shell has its end in `$PARAMEDIC_DEADLINE`, in seconds since 1970. */
  leftMs(): number
  log(text: string): void
}

/** It may only read. */
export interface PlanContext extends Context {
  readonly scale: ReadScale
  readonly nodes: ReadNodes
}

/** What a plan hands on. A change may leave out the target's `id`: it is read from the provider. */
export interface PlanResult {
  readonly changes: readonly { readonly target: string; readonly id?: string; readonly from: Json; readonly to: Json }[]
  readonly notes?: Json
}

export interface PlanView {
  readonly digest: string
  readonly changes: readonly { readonly target: string; readonly id: string; readonly from: any; readonly to: any }[]
  readonly notes: any
}

export interface StepContext extends Context {
  readonly plan: PlanView
  /** What the steps before this one returned, by step name; for a step with `each`, by target below that. */
  readonly outputs: Readonly<Record<string, any>>
  readonly scale: Scale
  readonly nodes: Nodes
  /** What `secrets` declares, by name. A shell has it in its environment. */
  readonly secrets: Readonly<Record<string, string>>
  /** zx's `$`, bound to this step. `${…}` bare, never inside quotes; a label that may begin with a dash goes behind `--`. */
  readonly $: import('zx/core').Shell
  /** Asks `check` until it is true. Every half second unless `everyMs` says otherwise; it ends with the step's timeout. */
  poll(check: () => Promise<boolean> | boolean, options?: { everyMs?: number }): Promise<void>
}

export interface Step {
  readonly name: string
  readonly effect: Effect
  /** Milliseconds: `seconds(30)`, `minutes(2)`. */
  readonly timeout: number
  /** One job per target of the plan, `concurrency` of them at a time. */
  readonly each?: boolean
  readonly concurrency?: number
  readonly onError?: 'stop' | 'continue'
  /** Over this the step's process is killed. 512 unless given. */
  readonly memoryMb?: number
  /**
   * What it returns is its output: JSON of at most 16 kB, kept on the log. Or a program of the version's own folder with its
   * arguments: it finds TARGET, PARAM_…, ALERT_LABEL_… and its secrets in its environment, and what it prints is the output.
   */
  readonly run: ((context: StepContext) => unknown) | readonly [file: `./${string}`, ...args: string[]]
}

export interface Runbook {
  /** The label that names what is touched. */
  readonly target: string
  readonly provider?: string
  readonly params?: Readonly<Record<string, ParamSpec>>
  /** Names of what its steps need: the configuration says where each is, and which runbooks may have it. */
  readonly secrets?: readonly string[]
  readonly plan: (context: PlanContext) => Promise<PlanResult> | PlanResult
  readonly planTimeout?: number
  readonly steps: readonly Step[]
  /** Whether what was wrong is right again. Where it is given, the alert's end alone proves nothing. */
  readonly verify?: (context: Omit<StepContext, '$' | 'scale' | 'nodes' | 'poll' | 'secrets'> & { readonly scale: ReadScale; readonly nodes: ReadNodes }) => Promise<boolean> | boolean
  /** How long after the last step the alert may take to go away. Ten minutes unless given. */
  readonly healedWithin?: number
  /** How far it may go by itself, whatever a route says: `off`, `dry-run`, `approve`, `auto`. The most careful wins. */
  readonly mode?: 'off' | 'dry-run' | 'approve' | 'auto'
  /** What all steps together may take, retries and pauses too. At its end nothing goes on, and the workflow has failed. An hour more than the steps' own timeouts, unless given. */
  readonly deadline?: number
}

/** Declares a runbook. The script's default export. */
export const runbook = (definition: Runbook): Runbook => definition

export const seconds = (count: number): number => count * 1000
export const minutes = (count: number): number => count * 60_000
export const hours = (count: number): number => count * 3_600_000

/** What a policy that is code is handed. It is a copy, and must be left as it is: trying to change it is a refusal. */
export interface PolicyInput {
  readonly policy: string
  /** As the YAML has it. */
  readonly with: any
  readonly runbook: { readonly name: string; readonly version: number }
  readonly provider: string
  readonly params: Readonly<Record<string, ParamValue>>
  readonly labels: Readonly<Record<string, string>>
  /** Who asked for it; null where an alert did. */
  readonly requester: string | null
  /** When the plan was made, RFC 3339. */
  readonly at: string
  readonly plan: {
    readonly targets: readonly { readonly name: string; readonly id: string }[]
    readonly changes: readonly { readonly target: string; readonly id: string; readonly from: any; readonly to: any }[]
    readonly notes?: any
    /** What was read of the outside for it. */
    readonly observed: readonly { readonly name: string; readonly target?: string; readonly value: any; readonly readAt: number }[]
  }
  readonly steps: readonly { readonly name: string; readonly effect: Effect; readonly each: boolean; readonly concurrency: number }[]
}

/** `until`: when it clears, RFC 3339. */
export interface PolicyVerdict {
  readonly verdict: 'allow' | 'wait' | 'ask' | 'refuse'
  readonly detail: string
  readonly until?: string
}

/** A target as a trial invents it. What is sick stays so until it is replaced; the rest becomes ready, one member at each look. */
export interface TrialTarget {
  readonly replicas: number
  readonly min?: number
  readonly max?: number
  /** So many of the oldest members. */
  readonly sick?: number
  readonly labels?: Readonly<Record<string, string>>
  /** The ids of its members, where they are instances that became nodes. */
  readonly members?: readonly string[]
  /** The youngest first; who runs a bad one is sick. */
  readonly history?: readonly { readonly revision: string; readonly bad?: boolean }[]
}

/** One call that is expected, and what it comes to: `scale.set web 3`, `$ systemctl restart -- web`, `POST https://…`; `*` stands for anything. */
export interface TrialCall {
  readonly call: string
  /** What a command prints, or an address answers. */
  readonly gives?: string
  /** A command's exit code, or an HTTP status, where it is not well. */
  readonly fails?: number
}

/** `VERSION.test.ts` beside `VERSION.ts`: an alert, an invented world, and all that the runbook does about it. `paramedic runbook test` plays it. */
export interface Trial {
  readonly alert: { readonly labels: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> }
  /** What its route gives. */
  readonly params?: Readonly<Record<string, ParamValue>>
  /** The label, or labels, that its route names the target by. */
  readonly target?: string
  readonly targets?: Readonly<Record<string, TrialTarget>>
  readonly nodes?: Readonly<Record<string, { readonly ready: boolean; readonly cordoned?: boolean; readonly instance?: string }>>
  /** From what, to what, as it would be approved. */
  readonly plan: readonly { readonly target: string; readonly from: Json; readonly to: Json }[]
  /** Everything that changes something or leaves the process, in its order. */
  readonly calls: readonly (string | TrialCall)[]
  /** How the world must be in the end, as far as it is said. */
  readonly after?: {
    readonly targets?: Readonly<Record<string, { readonly replicas?: number; readonly ready?: number }>>
    readonly nodes?: Readonly<Record<string, { readonly ready?: boolean; readonly cordoned?: boolean } | null>>
  }
}

/** Declares a trial. The default export of `VERSION.test.ts`. */
export const trial = (it: Trial): Trial => it
