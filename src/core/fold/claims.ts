/**
 * Who runs what. The claim of the first step is the one place that counts (takes, stops, the catalogue in force);
 * later claims check the stop, the holder and the step. The first claim in log order wins; a lost process's are void.
 */
import { grant, release, room } from '../counter.ts'
import { leftMs } from '../deadline.ts'
import type { Decided, Fact, Printed } from '../entry.ts'
import type { End } from '../reason.ts'
import type { Take } from '../plan.ts'
import { observedForMs } from '../policy.ts'
import type { State } from '../state.ts'
import { isClaimed, isEnd, type Job, type StepState, type Workflow } from '../workflow.ts'
import { letGoOf, move, wait, type Why } from './move.ts'
import { covering, covers } from './stops.ts'
import { foldLeft, suspending } from './suspensions.ts'
import { mistrust } from './trust.ts'

type Claimed = Fact & { kind: 'claimed' }

export const foldClaimed = (state: State, entry: Claimed, why: Why): void => {
  const workflow = state.workflows.get(entry.workflow)
  const step = workflow?.steps[entry.step]
  const job = step?.jobs[entry.job]
  if (!workflow || !step || !job || !isNext(workflow, entry.step, entry.job)) return voided(state)
  const first = !workflow.steps.some((each) => each.jobs.some((one) => one.state !== 'open'))
  if (leftMs(workflow, why.at) <= 0 || (first ? !mayStart(state, workflow, why) : !mayGoOn(state, workflow, why))) return voided(state)
  const asked = jobTakes(workflow, entry.step)
  const holder = holderOf(workflow, entry.step, entry.job)
  if (!asked.every((take) => room(state, take, why.at, holder).fits)) return voided(state)
  if (first) for (const take of workflow.decision!.takes) if (take.each === undefined) hold(state, workflow, take, why.at)
  for (const take of asked) grant(state, take, why.at, holder)
  job.state = 'claimed'
  job.claim = entry.claim
  job.attempts++
  job.startedAt = why.at
  delete job.printedAt
  workflow.holder = why.by
  workflow.started = true
  const { deadlineMs } = workflow.decision ?? {}
  if (first && deadlineMs !== undefined && state.foldVersion >= 2) workflow.deadlineAt ??= why.at + deadlineMs
  if (workflow.state !== 'running') move(state, workflow, 'running', { ...why, detail: step.name })
}

/** What each job takes that changes something, and under whose name. Paces go on through a workflow of many targets. */
export const jobTakes = (workflow: Workflow, step: number): Take[] =>
  workflow.steps[step]?.effect === 'read' ? [] : (workflow.decision?.takes ?? []).filter(({ each }) => each === 'job')

export const holderOf = (workflow: Workflow, step: number, job: number): string => `${workflow.id}/${step}/${job}`

const releaseJob = (state: State, workflow: Workflow, { step, job, at, as }: { step: number; job: number; at: number; as?: End }): void => {
  for (const { key } of jobTakes(workflow, step)) release(state, key, holderOf(workflow, step, job), { at, ...(as ? { as } : {}) })
}

const hold = (state: State, workflow: Workflow, take: Take, at: number): void => {
  grant(state, take, at, workflow.id)
  if (!workflow.heldKeys.includes(take.key)) workflow.heldKeys.push(take.key)
}

const voided = (state: State): void => {
  state.counts.voids++
  state.did.voided = true
}

/** The next job of the first step that is not settled, within the step's concurrency. */
export const isNext = (workflow: Workflow, stepIndex: number, jobIndex: number): boolean => {
  const current = workflow.steps.findIndex((step) => !settled(step))
  const step = workflow.steps[current]
  if (!step || current !== stepIndex || step.jobs[jobIndex]?.state !== 'open') return false
  return step.jobs.filter((job) => job.state === 'claimed').length < step.concurrency && !failing(workflow)
}

export const settled = (step: StepState): boolean =>
  step.jobs.every((job) => job.state === 'done' || (job.state === 'failed' && !endsAll(step, job)))

/** Another script than the one it began with is no error of a step: with it nothing goes on. */
const endsAll = (step: StepState, job: Job): boolean => job.state === 'failed' && (step.onError === 'stop' || job.reason === 'runbook changed')

const failing = (workflow: Workflow): boolean =>
  workflow.steps.some((step) => step.jobs.some((job) => job.state === 'in doubt' || endsAll(step, job)))

const mayStart = (state: State, workflow: Workflow, why: Why): boolean => {
  const decision = workflow.decision
  if (!decision || decision.outcome !== 'start' || workflow.state !== 'ready') return false
  const again = { ...why, detail: '' }
  if (covering(state, workflow).length > 0) {
    wait(state, workflow, { ...again, reason: 'stopped', detail: 'a stop came before the first step' })
    return false
  }
  const restsOn = Math.min(decision.at, ...workflow.plan!.observed.map(({ readAt }) => readAt))
  const changed = restsOn < again.at - observedForMs ? 'what it rests on was read too long ago'
    : suspending(state, workflow).length > 0 || mistrust(state, workflow) !== undefined || stoppedSince(state, workflow, decision) || (state.catalogue && state.catalogue.position >= decision.judgedAt) ? 'what it was judged by has changed' : undefined
  if (changed !== undefined) {
    judgeAgain(state, workflow, { ...again, detail: changed })
    return false
  }
  const full = decision.takes.map((take) => ({ take, room: room(state, take, why.at, workflow.id) })).find((one) => !one.room.fits)
  if (full) {
    putBack(state, workflow, full.take, full.room.until, why)
    return false
  }
  return true
}

/** A stop that came and was lifted while a claim was under way voids it all the same: it was judged before. */
const stoppedSince = (state: State, workflow: Workflow, decision: Pick<Decided, 'judgedAt'>): boolean => {
  for (const stop of state.stops.values()) if (stop.position >= decision.judgedAt && covers(stop, workflow)) return true
  return false
}

const judgeAgain = (state: State, workflow: Workflow, why: Why): void => {
  delete workflow.decision
  move(state, workflow, 'ready', { ...why, reason: 'catalogue' })
}

const putBack = (state: State, workflow: Workflow, take: Take, until: number | undefined, why: Why): void => {
  if (take.otherwise === 'judge') return judgeAgain(state, workflow, { ...why, detail: `${take.policy} is full` })
  wait(state, workflow, {
    ...why, key: take.key, detail: `${take.policy} is full`, reason: take.reason ?? 'rate',
    ...(until === undefined ? {} : { until }),
  })
}

const mayGoOn = (state: State, workflow: Workflow, why: Why): boolean =>
  workflow.state === 'running' && (workflow.holder === undefined || workflow.holder === why.by) && covering(state, workflow).length === 0

/** The job that a runner speaks of, if it still speaks for it. */
const heldJob = (state: State, entry: { workflow: string; step: number; job: number; claim: string }): [Workflow, StepState, Job] | undefined => {
  const workflow = state.workflows.get(entry.workflow)
  const step = workflow?.steps[entry.step]
  const job = step?.jobs[entry.job]
  if (!workflow || !step || !job || job.state !== 'claimed' || job.claim !== entry.claim) return undefined
  return [workflow, step, job]
}

export const foldStepDone = (state: State, entry: Fact & { kind: 'step done' }, position: number, why: Why): void => {
  const found = heldJob(state, entry)
  if (!found) return
  const [workflow, step, job] = found
  state.did.jobs.push({ workflow, step, outcome: 'done' })
  foldLeft(state, workflow, entry.left, why.at)
  Object.assign(job, { state: 'done', output: entry.output, endedAt: why.at, ...printedAt(entry, position) })
  releaseJob(state, workflow, { step: entry.step, job: entry.job, at: why.at, as: 'completed' })
  afterJob(state, workflow, why)
}

export const foldStepFailed = (state: State, entry: Fact & { kind: 'step failed' }, position: number, why: Why): void => {
  const found = heldJob(state, entry)
  if (!found) return
  const [workflow, step, job] = found
  state.did.jobs.push({ workflow, step, outcome: 'failed' })
  foldLeft(state, workflow, entry.left, why.at)
  Object.assign(job, { state: 'failed', reason: entry.reason, detail: entry.detail, endedAt: why.at, ...printedAt(entry, position) })
  releaseJob(state, workflow, { step: entry.step, job: entry.job, at: why.at, as: 'failed' })
  afterJob(state, workflow, why)
}

/** The text stays on the log: the state of a thousand ended jobs is no larger for it. */
const printedAt = ({ printed }: { readonly printed?: Printed }, position: number): Pick<Job, 'printedAt'> => (printed === undefined ? {} : { printedAt: position })

/** The end of a kill, or of a claim that was never started. */
export const foldLetGo = (state: State, entry: Fact & { kind: 'let go' }, position: number, why: Why): void => {
  const workflow = state.workflows.get(entry.workflow)
  for (const [index, step] of (workflow?.steps ?? []).entries()) {
    for (const [jobIndex, job] of step.jobs.entries()) {
      if (job.state !== 'claimed' || job.claim !== entry.claim) continue
      foldLeft(state, workflow!, entry.left, why.at)
      dropJob(state, { workflow: workflow!, step, job }, entry.how === 'never started')
      Object.assign(job, printedAt(entry, position))
      releaseJob(state, workflow!, { step: index, job: jobIndex, at: why.at })
      // Whoever runs another job of it still holds it.
      if (!isClaimed(workflow!)) delete workflow!.holder
      afterJob(state, workflow!, why)
    }
  }
}

/** A `once` step whose runner went away may have had its effect: nobody may know better. */
const dropJob = (state: State, { workflow, step, job }: { workflow: Workflow; step: StepState; job: Job }, neverStarted: boolean): void => {
  const inDoubt = step.effect === 'once' && !neverStarted
  state.did.jobs.push({ workflow, step, outcome: inDoubt ? 'in doubt' : 'given back' })
  job.state = inDoubt ? 'in doubt' : 'open'
  if (inDoubt) return
  delete job.claim
}

export const foldRunnerLost = (state: State, runner: string, why: Why): void => {
  for (const name of ['running', 'stopping'] as const) {
    for (const workflow of [...state.live.get(name)!]) {
      if (workflow.holder !== runner) continue
      for (const [index, step] of workflow.steps.entries()) {
        for (const [jobIndex, job] of step.jobs.entries()) {
          if (job.state !== 'claimed') continue
          dropJob(state, { workflow, step, job }, false)
          releaseJob(state, workflow, { step: index, job: jobIndex, at: why.at })
        }
      }
      delete workflow.holder
      afterJob(state, workflow, { ...why, reason: 'runner lost' })
    }
  }
}

/** Where a workflow stands once a job of it is settled or given back. */
const afterJob = (state: State, workflow: Workflow, why: Why): void => {
  if (isEnd(workflow.state)) return
  workflow.startableAt = why.at
  if (isClaimed(workflow)) return
  const { reason: _, detail: __, ...plain } = why
  const doubt = workflow.steps.find((step) => step.jobs.some((job) => job.state === 'in doubt'))
  const failed = workflow.steps.find((step) => step.jobs.some((job) => endsAll(step, job)))
  if (workflow.state === 'stopping') {
    if (workflow.cancelled && workflow.stoppedBy === undefined) return move(state, workflow, 'cancelled', { ...plain, reason: 'cancelled', detail: doubt ? `in doubt: ${doubt.name}` : workflow.cancelled.who })
    return move(state, workflow, 'stopped', { ...plain, reason: 'stopped', detail: doubt ? `in doubt: ${doubt.name}` : '' })
  }
  if (doubt) {
    return move(state, workflow, 'failed', { ...plain, reason: 'in doubt', detail: `the runner went away while \`${doubt.name}\` ran, which may be done only once` })
  }
  if (failed) {
    const job = failed.jobs.find((one) => endsAll(failed, one))!
    return move(state, workflow, 'failed', { ...plain, reason: job.reason ?? 'step failed', detail: `${failed.name}: ${job.detail ?? ''}` })
  }
  if (workflow.steps.every((step) => step.jobs.every((job) => job.state === 'open'))) {
    // Offered again from its first step: it counts again, and is judged again.
    workflow.started = false
    letGoOf(state, workflow, why.at)
    delete workflow.decision
    return move(state, workflow, 'ready', { ...plain, detail: 'its runner let go before the first step was done' })
  }
  if (!workflow.steps.every(settled)) return
  move(state, workflow, workflow.episode === undefined ? 'completed' : 'verifying', plain)
}
