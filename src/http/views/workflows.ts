/** A workflow as the API shows it. */
import { because, untilOf } from '../../core/because.ts'
import { runbookId } from '../../core/catalogue.ts'
import type { Printed } from '../../core/entry.ts'
import { covering } from '../../core/fold/stops.ts'
import { plainLabels } from '../../core/labels.ts'
import type { Json, Plan } from '../../core/plan.ts'
import type { Verdict } from '../../core/policy.ts'
import type { State } from '../../core/state.ts'
import { isEnd, type Job, type StepState, type Workflow } from '../../core/workflow.ts'
import type { Form } from '../schemas.ts'
import { maybe, same, time } from '../times.ts'

/** By the position of the entry that holds it: read where one workflow is shown. */
export type PrintedTexts = ReadonlyMap<number, Printed>

export const viewWorkflow = (state: State, workflow: Workflow, printed: PrintedTexts = new Map()): Form<'Workflow'> => ({
  id: workflow.id,
  state: workflow.state,
  ...viewBecause(state, workflow),
  runbook: runbookId(workflow.runbook),
  digest: workflow.runbook.digest,
  mode: workflow.mode,
  route: workflow.route,
  provider: workflow.provider,
  targets: [...workflow.targets],
  params: { ...workflow.params },
  labels: plainLabels(workflow.labels),
  ...maybe('episode', workflow.episode, same),
  ...maybe('after', workflow.after, same),
  ...maybe('next', workflow.next, same),
  ladder: (workflow.ladder ?? []).map(({ runbook }) => runbookId(runbook)),
  createdAt: time(workflow.createdAt),
  since: time(workflow.since),
  ...maybe('until', untilOf(workflow), time),
  ...maybe('deadline', workflow.deadlineAt, time),
  ...maybe('runner', workflow.holder, same),
  ...maybe('stoppedBy', workflow.stoppedBy, same),
  ...maybe('plan', workflow.plan, viewPlan),
  verdicts: (workflow.decision?.verdicts ?? []).map(viewVerdict),
  ...maybe('request', workflow.request, ({ who, why, exec }) => ({ who, why, ...maybe('executedBy', exec?.who, same) })),
  ...maybe('approvers', workflow.approvers, (names) => [...names]),
  approvals: workflow.approvals.map(({ who, at }) => ({ who, at: time(at) })),
  notes: workflow.notes.map(({ at, who, text }) => ({ at: time(at), who, text })),
  steps: workflow.steps.map((step) => viewStep(step, printed)),
  timeline: workflow.timeline.map(({ at, state, reason, detail, by }) => ({ at: time(at), state, ...maybe('reason', reason, same), detail, by })),
})

const viewBecause = (state: State, workflow: Workflow): Pick<Form<'Workflow'>, 'reason' | 'detail'> => {
  const { reason, detail } = because(state, workflow)
  return { ...maybe('reason', reason, same), detail }
}

const viewPlan = ({ digest, targets, changes, observed, notes }: Plan): NonNullable<Form<'Workflow'>['plan']> => ({
  digest,
  targets: targets.map((target) => ({ ...target })),
  changes: changes.map((change) => ({ ...change })),
  observed: observed.map(({ name, target, value, readAt }) => ({ name, ...maybe('target', target, same), value, readAt: time(readAt) })),
  ...maybe('notes', notes, same),
})

export const viewVerdict = ({ policy, verdict, reason, detail, until, key }: Verdict): Form<'Why'>['gates'][number] =>
  ({ policy, verdict, ...maybe('reason', reason, same), detail, ...maybe('until', until, time), ...maybe('key', key, same) })

const viewStep = (step: StepState, printed: PrintedTexts): Form<'Workflow'>['steps'][number] => {
  const starts = step.jobs.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [startedAt]))
  const state = stepState(step.jobs)
  const over = state !== 'open' && state !== 'running'
  const lasts = over ? step.jobs.flatMap(({ endedAt }) => (endedAt === undefined ? [] : [endedAt])) : []
  return {
    name: step.name,
    state,
    effect: step.effect,
    jobs: step.jobs.map((job) => viewJob(job, printed)),
    ...maybe('output', outputOf(step), same),
    ...maybe('startedAt', starts.length > 0 ? Math.min(...starts) : undefined, time),
    ...maybe('endedAt', lasts.length > 0 ? Math.max(...lasts) : undefined, time),
  }
}

const viewJob = ({ target, state, attempts, output, reason, detail, startedAt, endedAt, printedAt }: Job, printed: PrintedTexts): Form<'Workflow'>['steps'][number]['jobs'][number] => ({
  target, state, attempts, ...maybe('output', output, same), ...maybe('reason', reason, same), ...maybe('detail', detail, same),
  ...maybe('startedAt', startedAt, time), ...maybe('endedAt', endedAt, time), ...maybe('printed', printedAt === undefined ? undefined : printed.get(printedAt), same),
})

const stepState = (jobs: readonly Job[]): Form<'Workflow'>['steps'][number]['state'] => {
  const is = (state: Job['state']) => (job: Job): boolean => job.state === state
  if (jobs.some(is('claimed'))) return 'running'
  if (jobs.some(is('in doubt'))) return 'in doubt'
  if (jobs.some(is('failed'))) return 'failed'
  if (jobs.length > 0 && jobs.every(is('done'))) return 'done'
  return jobs.some(is('done')) ? 'running' : 'open'
}

const outputOf = (step: StepState): Json | undefined => {
  if (!step.each) return step.jobs[0]?.output
  const outputs = step.jobs.flatMap(({ target, output }) => (output === undefined ? [] : [[target, output] as const]))
  return outputs.length > 0 ? Object.fromEntries(outputs) : undefined
}

export const viewWhy = (state: State, workflow: Workflow): Form<'Why'> => ({
  id: workflow.id,
  state: workflow.state,
  ...viewBecause(state, workflow),
  ...maybe('until', untilOf(workflow), time),
  ...maybe('judgedAt', workflow.decision?.at, time),
  ...maybe('catalogue', workflow.decision?.catalogue, same),
  gates: (workflow.decision?.verdicts ?? []).map(viewVerdict),
  stops: isEnd(workflow.state) ? [] : covering(state, workflow).map(({ id }) => id),
})
