/** What truly happened, whatever the log says: each script that ran, from when to when, where, and what it touched. */
import type { StopOrder } from '../../src/core/entry.ts'
import type { Take } from '../../src/core/plan.ts'
import type { Phase } from '../../src/runner/protocol.ts'

export interface Execution {
  readonly phase: Phase
  readonly workflow: string
  readonly step: number
  readonly target: string
  readonly claim: string
  /** Which process, in which life. */
  readonly host: string
  readonly began: number
  ended?: number
  how?: 'done' | 'failed' | 'killed'
}

export interface Pulled {
  readonly stop: StopOrder
  readonly pulledAt: number
  /** Whoever pulled it was told that it is kept. */
  acceptedAt?: number
  onControlAt?: number
  onLogAt?: number
  /** When somebody first asked for it to be lifted. */
  liftedAt?: number
}

/** The first step of a workflow, granted: what limits count. */
export interface Start {
  readonly workflow: string
  readonly at: number
  readonly takes: readonly Take[]
  readonly claim: string
}

export class Truth {
  readonly executions: Execution[] = []
  readonly stops = new Map<string, Pulled>()
  /** When each tick was sent, on its sender's steady clock; and leases that were counted from another moment (rule 2). */
  readonly sent = new Set<number>()
  readonly leasesOfNoTick: { host: string; sentAt: number }[] = []
  /** Latches: when each process learned of each stop. */
  readonly latched: { host: string; stop: string; at: number }[] = []
  readonly accepted = new Map<string, { at: number; host: string }>()
  /** Messages that Slack has, by channel and time stamp. */
  readonly messages = new Set<string>()
  /** Trouble that each machine was in, from when to when, for those who ask whether it was well. */
  readonly trouble: { machine: string; from: number; to: number }[] = []
  /** Machines asleep with all that runs on them. */
  readonly asleep: { machine: string; from: number; to: number }[] = []
  /** Who was declared lost while it ran under that very identity. */
  readonly lost: { machine: string; by: string; at: number; why: string }[] = []
  /** Which identity lived where, from when. */
  readonly identities = new Map<string, { machine: string; host: string; from: number }>()

  begin(execution: Execution): Execution {
    this.executions.push(execution)
    return execution
  }

  steps(): Execution[] {
    return this.executions.filter(({ phase }) => phase === 'step')
  }
}
