/**
 * The words between the three kinds of process: the server, its spawner, the spawner's warm children.
 * Every word of the server carries the deadline of its lease (protocol rule 3); the spawner trusts nothing else.
 */
import type { Json } from '../core/plan.ts'
import type { AlertView, PlanView } from '../runbook.ts'
import type { Tools } from './kill/tools.ts'

/** What a child does with a script: make the plan, run one step (of one target), or ask whether all is well again. */
export type Phase = 'plan' | 'step' | 'verify'

/** The data a script is given. It goes as it is to the child: nothing in it is a credential. */
export interface JobInput {
  readonly target: string
  readonly targets: readonly string[]
  readonly params: Readonly<Record<string, Json>>
  readonly labels: Readonly<Record<string, string>>
  readonly alert?: AlertView
  readonly plan?: PlanView
  readonly outputs?: Readonly<Record<string, Json>>
}

export interface JobOrder {
  /** One word per try: letters, digits, `.`, `_`, `-`, `@`, `:`. Names the output file too. */
  readonly id: string
  /** The steps of one workflow share a child, until the workflow is released. */
  readonly workflow: string
  /** Absolute path of the script as plain JavaScript. Its folder is all that it may import from. */
  readonly script: string
  /** sha256 of the script's bytes, 64 hex digits: checked on the very bytes that run. */
  readonly digest: string
  /** The files beside the script that it may import: path in its folder → sha256. None unless given. */
  readonly files?: Readonly<Record<string, string>>
  readonly phase: Phase
  /** Which of the script's steps: its place, from 0. */
  readonly step?: number
  readonly input: JobInput
  readonly timeoutMs: number
  readonly memoryMb: number
  /** Not started after this moment, on the clock of `boottimeMs`: the newest tick's sending + 1.5 s. */
  readonly notAfterBoottimeMs: number
  /** More for the environment of the scripts' shells: what their manifest declares. */
  readonly env?: Readonly<Record<string, string>>
}

/** `refused` and `killed` may come before the script began: `Outcome.started` says. */
export type FailureKind =
  | 'refused' // never started: too late, or the lease is over
  | 'changed' // the script is not what was approved
  | 'thrown' // the script threw, or returned what cannot be kept
  | 'forbidden' // a plan or a probe asked for a handle that changes something
  | 'timeout'
  | 'memory'
  | 'exit' // its process ended by itself
  | 'killed' // by a stop, a cancel, or the end of the lease

/** What a job printed. The file holds up to its cap; `tail` the last 64 kB. Secrets are masked in both. */
export interface Printed {
  readonly tail: string
  readonly bytes: number
  readonly file: string | undefined
  readonly cut: boolean
}

export type Result =
  | { readonly kind: 'done'; readonly output: Json }
  | { readonly kind: 'failed'; readonly failure: FailureKind; readonly error: string; readonly detail: string }

/** `killed`: what ending its process came to, where that was needed. */
export type Outcome = Result & { readonly started: boolean; readonly printed: Printed; readonly killed?: Killed }

export type WayName = 'cgroup' | 'namespace' | 'subreaper' | 'none'

export interface WayFound {
  readonly way: WayName
  /** Why this one, for people: one sentence. */
  readonly why: string
  /** The better ways, and why each cannot be had here. */
  readonly not: readonly { readonly way: WayName; readonly why: string }[]
}

export interface Killed {
  /** Processes that were alive when the kill began, or came up during it. */
  readonly processes: number
  /** Of those, what is alive after it. */
  readonly survivors: number
  readonly tookMs: number
}

/** One per child of a workflow; and one per job that was still waiting for its child. */
export type WorkflowKilled = Killed & { readonly workflow: string; readonly job: string | undefined }

export interface Settings {
  readonly id: string
  readonly way: WayName | 'auto'
  readonly warm: number
  readonly heapMb: number
  /** A folder of this server's own, writable: the record of processes, and the jobs' temporary folders. */
  readonly folder: string
  readonly outputDirectory: string
  readonly outputCapBytes: number
  readonly group: { readonly path: string } | { readonly why: string }
  readonly tools: Tools
  /** The process above the spawner's keeper, where it takes in orphans. */
  readonly reaper: number | undefined
  readonly compileCache: string
  readonly path: string
}

export interface HandleError {
  readonly name: string
  readonly message: string
}
export type Answer = { readonly value: Json } | { readonly error: HandleError }

export type ToSpawner = { readonly deadline?: number } & (
  | { readonly kind: 'begin'; readonly settings: Settings }
  | { readonly kind: 'lease' }
  | { readonly kind: 'start'; readonly order: JobOrder }
  | { readonly kind: 'kill'; readonly id: number; readonly workflows: readonly string[] | 'all'; readonly why: string }
  | { readonly kind: 'secrets'; readonly secrets: readonly string[] }
  | { readonly kind: 'release'; readonly workflow: string }
  | { readonly kind: 'answer'; readonly job: string; readonly call: number; readonly answer: Answer }
  | { readonly kind: 'close' }
)

export type FromSpawner =
  | { readonly kind: 'ready'; readonly found: WayFound }
  | { readonly kind: 'unfit'; readonly why: string }
  | { readonly kind: 'idle'; readonly children: number }
  | { readonly kind: 'started'; readonly job: string }
  | { readonly kind: 'printed'; readonly job: string; readonly text: string }
  | { readonly kind: 'call'; readonly job: string; readonly call: number; readonly name: string; readonly args: readonly Json[] }
  | { readonly kind: 'ended'; readonly job: string; readonly outcome: Outcome }
  | { readonly kind: 'killed'; readonly id: number; readonly results: readonly WorkflowKilled[] }
  | { readonly kind: 'over'; readonly why: string; readonly results: readonly WorkflowKilled[] }

export type ToChild =
  | { readonly kind: 'run'; readonly order: JobOrder; readonly mark: string }
  | { readonly kind: 'answer'; readonly call: number; readonly answer: Answer }

export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'started' }
  | { readonly kind: 'call'; readonly call: number; readonly name: string; readonly args: readonly Json[] }
  /** `spent`: the process is not to be used again. */
  | { readonly kind: 'ended'; readonly result: Result; readonly spent: boolean }
