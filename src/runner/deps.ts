/** What the runner's actors are handed by `main.ts`. */
import type { Clock } from '../log/clock.ts'
import type { Fact } from '../core/entry.ts'
import type { Seat } from '../core/seat.ts'
import type { Silence } from '../core/silence.ts'
import type { State } from '../core/state.ts'
import type { Workflow } from '../core/workflow.ts'
import type { Json } from '../core/plan.ts'
import type { Jobs } from './jobs.ts'
import type { Latch } from './latch.ts'

/** A script as the runner starts it: checked against these digests right before it runs. */
export interface Script {
  readonly script: string
  readonly digest: string
  readonly files: Readonly<Record<string, string>>
}

/** The hands, as the runner sees them: every call has a deadline and ends when the signal aborts. */
export interface Hands {
  call(provider: string, name: string, args: readonly Json[], options: { deadlineMs: number; signal: AbortSignal }): Promise<Json>
}

export interface Lease {
  /** When the newest tick read back was sent, by CLOCK_BOOTTIME; and whether that is young enough to start anything. */
  sentAt(): number
  fresh(): boolean
}

export interface RunnerDeps {
  readonly state: State
  readonly seat: () => Seat
  readonly me: () => string
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly onProblem: (problem: unknown) => void
  readonly clock: Clock
  /** Steady time that goes on while the machine sleeps, in milliseconds. */
  readonly boottime: () => number
  /** Resolves once `check` holds of what was folded. */
  readonly when: (check: () => boolean) => Promise<void>
  readonly newId: () => string
  /** Those of the identity of now: a lost one's are over for good. */
  readonly jobs: () => Jobs
  readonly hands: Hands
  readonly latch: Latch
  readonly lease: Lease
  /** This process executes nothing, whoever decided it. */
  readonly forceDryRun: boolean
  /** How many steps it runs at once. */
  readonly stepsAtOnce?: number | undefined
  readonly scriptOf: (runbook: Workflow['runbook']) => Promise<Script | undefined>
  /** The secrets that a runbook declares, by name; or why it does not get them. */
  readonly secretsFor: (runbook: string, names: readonly string[]) => Readonly<Record<string, string>> | string
  /** Whether the alert fires, asked where it lives; undefined where nobody can be asked. */
  readonly alertFires: ((workflow: Workflow) => Promise<boolean | undefined>) | undefined
  /** What silences it where it lives; rejects if nobody there answers. */
  readonly alertSilence?: ((workflow: Workflow) => Promise<Silence | undefined>) | undefined
  /** The names of the alerts that are active where they live; rejects if anybody there does not answer. */
  readonly activeAlerts: (() => Promise<readonly string[]>) | undefined
}
