/** Runs steps: claims, reads the claim back as won, starts it while the lease is fresh, and writes down what came of it. */
import { runbookId } from '../core/catalogue.ts'
import { leftMs } from '../core/deadline.ts'
import { claimableWith, stepsDue, type JobDue } from '../core/due.ts'
import type { Fact, Left } from '../core/entry.ts'
import type { Reason } from '../core/reason.ts'
import type { Workflow } from '../core/workflow.ts'
import type { Actor } from '../follow/follower.ts'
import { inFlight } from '../follow/in-flight.ts'
import { freshMs } from '../follow/control.ts'
import type { RunnerDeps } from './deps.ts'
import type { Call } from './jobs.ts'
import { runsHere } from './kept.ts'
import { handlesOf, inputOf } from './planner.ts'
import { printedOf } from './printing.ts'
import type { FailureKind, Outcome } from './protocol.ts'
import { why } from './failure.ts'
import { noting, readLeft } from './watch.ts'

/** A claim older than this when it is read back is let go. */
const claimGoodMs = 5000
const usuallyAtOnce = 32

export interface Stepper {
  readonly act: Actor
  /**
   * Where this process also runs what it decided, the decision goes on the log with the claims of the first step, as one batch
   * (protocol rule 14). Resolves when that was folded; undefined where it is not for this process to claim, or not now.
   */
  readonly claimWith: (workflow: Workflow, decided: Fact) => Promise<void> | undefined
}

export const createStepper = (deps: RunnerDeps): Stepper => {
  const busy = inFlight(deps)
  /** As one batch, behind what was decided. */
  const claim = (due: readonly JobDue[], decided: readonly Fact[]): Promise<void> => {
    const claims = due.map((job) => ({ ...job, claim: deps.newId(), sentAt: deps.boottime() }))
    const facts = claims.map(({ workflow, step, job, claim: id }): Fact => ({ kind: 'claimed', workflow: workflow.id, step, job, claim: id }))
    const folded = deps.append([...decided, ...facts]).then(deps.folded)
    for (const one of claims) busy.during([keyOf(one)], async () => {
      await runJob(one, folded, deps)
      if (!runsHere(one.workflow, deps.me())) deps.jobs().release(one.workflow.id)
    })
    return folded
  }
  const room = (): number => (deps.stepsAtOnce ?? usuallyAtOnce) - busy.size()
  return {
    act: () => {
      if (!deps.lease.fresh() || deps.forceDryRun) return
      for (const due of busy.idle(stepsDue(deps.state, deps.seat()), keyOf)) {
        if (room() <= 0) return
        if (!deps.latch.covers(due.workflow)) void claim([due], [])
      }
    },
    claimWith: (workflow, decided) => {
      if (!deps.lease.fresh() || deps.forceDryRun || deps.latch.covers(workflow)) return undefined
      const due = busy.idle(claimableWith(workflow, deps.seat()), keyOf).slice(0, Math.max(0, room()))
      return due.length === 0 ? undefined : claim(due, [decided])
    },
  }
}

const keyOf = ({ workflow, step, job }: JobDue): string => `${workflow.id} ${step} ${job}`

interface Claim extends JobDue {
  readonly claim: string
  readonly sentAt: number
}

/** Whatever it claims, it says what became of it: done, failed, or let go. Nobody else speaks for a claim while we live. */
const runJob = async (due: Claim, folded: Promise<void>, deps: RunnerDeps): Promise<void> => {
  const { workflow, step, job, claim, sentAt } = due
  const [script] = await Promise.all([deps.scriptOf(workflow.runbook), folded])
  const claimed = workflow.steps[step]?.jobs[job]
  if (claimed?.state !== 'claimed' || claimed.claim !== claim) return // void: the fold says until when
  // What waited to be sent while this process began anew was sent under its new name, and is for that one to speak of.
  const me = deps.me()
  if (workflow.holder !== me) return
  // Nothing is awaited between this look and the start: a stop or a cancel that comes now finds the job and kills it.
  const left = Math.ceil(leftMs(workflow, deps.seat().now))
  const startable = left > 0 && deps.lease.fresh() && workflow.state === 'running' && !deps.latch.covers(workflow) && deps.boottime() - sentAt < claimGoodMs
  if (!startable || !script) return letGo(due, deps)
  const began = deps.clock.steady()
  const timeoutMs = Math.min(workflow.steps[step]!.timeoutMs, left)
  const { call, left: hadLeft } = noting(handlesOf(workflow, deps, timeoutMs))
  const outcome = await start(due, script, call, timeoutMs, deps)
  const tookMs = Math.round(deps.clock.steady() - began)
  if (outcome.kind === 'failed' && outcome.failure === 'refused' && !outcome.started) return letGo(due, deps)
  if (deps.me() !== me) return // its identity is over, and 'runner lost' speaks for it
  if (outcome.kind === 'failed' && outcome.failure === 'killed') {
    // By level: once the log has each stop that covers it, or has lifted it. Before that what was killed would be offered again.
    await deps.when(() => !deps.latch.coversUnknown(workflow))
    return letGo(due, deps, outcome, hadLeft())
  }
  const word = { workflow: workflow.id, step, job, claim, tookMs, ...printedOf(outcome), ...given(hadLeft().length > 0 ? hadLeft() : outcome.kind === 'done' ? await leftBy(due, deps) : []) }
  const fact: Fact = outcome.kind === 'done'
    ? { kind: 'step done', ...word, output: outcome.output }
    : { kind: 'step failed', ...word, reason: outcome.failure === 'timeout' && timeoutMs === left ? 'deadline' : reasonOf[outcome.failure], detail: why(outcome, script, workflow.runbook) }
  await deps.folded(await deps.append([fact]))
}

const given = (left: readonly Left[]): { left?: readonly Left[] } => (left.length === 0 ? {} : { left })

/** Of a step that changes something, what it was to change. */
const leftBy = async ({ workflow, step, job }: Claim, { hands }: RunnerDeps): Promise<readonly Left[]> => {
  const { effect, each, jobs } = workflow.steps[step]!
  if (effect === 'read') return []
  return readLeft(workflow.provider, each ? [jobs[job]!.target] : workflow.plan!.changes.map(({ target }) => target), hands)
}

const start = async ({ workflow, step, job, claim }: Claim, script: NonNullable<Awaited<ReturnType<RunnerDeps['scriptOf']>>>, call: Call, timeoutMs: number, deps: RunnerDeps): Promise<Outcome> => {
  const env = deps.secretsFor(workflow.runbook.name, declared(workflow, deps))
  if (typeof env === 'string') return notStarted(env)
  const { memoryMb, jobs } = workflow.steps[step]!
  return deps.jobs().start({
    id: claim, workflow: workflow.id, ...script, env, phase: 'step', step, input: inputOf(deps.state, workflow, jobs[job]!.target),
    timeoutMs, memoryMb, notAfterBoottimeMs: deps.lease.sentAt() + freshMs,
  }, call).result
}

const letGo = async ({ workflow, claim }: Claim, deps: RunnerDeps, outcome?: Outcome, left: readonly Left[] = []): Promise<void> => {
  const { survivors, tookMs } = outcome?.killed ?? { survivors: 0, tookMs: 0 }
  // That it began may not have been heard any more: whatever was given to a process counts as begun.
  const how = outcome?.started || outcome?.killed ? 'killed' : 'never started'
  await deps.folded(await deps.append([{ kind: 'let go', workflow: workflow.id, claim, how, survivors, tookMs: Math.round(tookMs), ...(outcome ? printedOf(outcome) : {}), ...given(left) }]))
}

const reasonOf: Readonly<Record<FailureKind, Reason>> = {
  refused: 'step failed', changed: 'runbook changed', thrown: 'step failed', forbidden: 'step failed', timeout: 'step timeout', memory: 'step memory', exit: 'step failed', killed: 'step failed',
}

/** Of a version that is in force, or was lately. */
const declared = ({ runbook }: Workflow, { state }: RunnerDeps): readonly string[] =>
  [...state.catalogues.values()].map(({ runbooks }) => runbooks[runbookId(runbook)]).find((one) => one?.digest === runbook.digest)?.secrets ?? []

const notStarted = (error: string): Outcome =>
  ({ kind: 'failed', failure: 'thrown', error, detail: '', started: false, printed: { tail: '', bytes: 0, file: undefined, cut: false } })
