/**
 * What a runbook imports from 'paramedic'. Nothing here touches the outside: the process that runs the script hands it
 * its handles, each bound to one step, its deadline and its kill.
 */
import type { Effect, ParamSpec, ParamValue } from './core/catalogue.ts'
import type { Json } from './core/plan.ts'
import type { Nodes, ReadNodes, ReadScale, Scale } from './handles.ts'
import type { PlanResult, PlanView } from './plan-view.ts'
import type { Trial } from './trial/trial.ts'

export type { Effect, Json, ParamSpec, ParamValue }
export type * from './code-policy.ts'
export type * from './handles.ts'
export type * from './plan-view.ts'
export type * from './trial/trial.ts'

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

/** Declares a trial. The default export of `VERSION.test.ts`. */
export const trial = (it: Trial): Trial => it
