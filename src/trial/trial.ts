/** How a runbook is tried without touching anything. */
import type { ParamValue } from '../core/catalogue.ts'
import type { Json } from '../core/plan.ts'

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
