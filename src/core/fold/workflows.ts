/** From the first answer to the decision: matched, planned, decided, approved. */
import { runbookId } from '../catalogue.ts'
import type { Decided, Fact, Matched } from '../entry.ts'
import { mark } from '../counter.ts'
import { atTurn, type State } from '../state.ts'
import { isClaimed, isEnd, type StepState, type Workflow } from '../workflow.ts'
import { answer } from './episodes.ts'
import { mayClimb } from './ladder.ts'
import { move, wait, type Why } from './move.ts'

/** The longest window in which askers are counted. */
const askedForMs = 24 * 3_600_000

export const foldMatched = (state: State, entry: Matched, why: Why): void => {
  const episode = state.unanswered.get(entry.episode)
  if (!episode || state.workflows.has(entry.workflow)) return // the first answer on the log counts
  state.unanswered.delete(episode.id)
  answer(state, episode, { workflow: entry.workflow })
  begin(state, { ...entry, labels: episode.labels }, why)
}

/** The next rung of a ladder; the first one on the log takes it. */
export const foldClimbed = (state: State, entry: Fact & { kind: 'climbed' }, why: Why): void => {
  const before = state.workflows.get(entry.after)
  if (!before || !mayClimb(state, before) || state.workflows.has(entry.workflow)) return
  const [rung, ...ladder] = before.ladder!
  const { episode, labels, route, mode, channel, approvers, runbook, id } = before
  before.next = entry.workflow
  state.climbing.delete(before)
  const detail = `${runbook.name}@${runbook.version} ended ${before.state} (${id.slice(-6)})`
  begin(state, {
    ...rung!, workflow: entry.workflow, catalogue: '', labels, route, mode, after: id, ...(ladder.length > 0 ? { ladder } : {}), ...(episode === undefined ? {} : { episode }),
    ...(channel === undefined ? {} : { channel }), ...(approvers === undefined ? {} : { approvers }),
  }, { ...why, detail })
}

/** What a match and a request have in common: a workflow that is to be planned. */
export const begin = (
  state: State, from: Omit<Matched, 'kind' | 'episode'> & { readonly episode?: string; readonly after?: string; readonly labels: Workflow['labels']; readonly request?: NonNullable<Workflow['request']> }, why: Why,
): void => {
  const { workflow: id, episode, runbook, provider, route, labels, targets, params, mode, probe, healedWithinMs, steps, channel, approvers, request, after, ladder, trust, canary } = from
  const workflow: Workflow = {
    id, position: why.position, episode, runbook, provider, route, labels, targets, params, mode, probe, healedWithinMs, manifest: steps, createdAt: why.at, channel,
    state: 'planning', turn: 0, detail: '', since: why.at, startableAt: why.at, steps: [], started: false, heldKeys: [],
    probed: false, gone: false, approvals: [], notes: [], timeline: [], ...(request === undefined ? {} : { request }),
    ...(state.foldVersion < 2 ? {} : { ...(approvers === undefined ? {} : { approvers }), ...(ladder === undefined ? {} : { ladder }), ...(trust === undefined ? {} : { trust }), ...(canary === undefined ? {} : { canary }) }), ...(after === undefined ? {} : { after }),
  }
  state.workflows.set(workflow.id, workflow)
  state.ran.set(runbookId(runbook), runbook.digest)
  asked(state, workflow, why.at)
  move(state, workflow, 'planning', { ...why, ...(request === undefined ? {} : { detail: `asked for by ${request.who}${request.why === '' ? '' : `: ${request.why}`}` }) })
}

/** How many things ask for help is what a mass failure is told by, whether or not they get it. */
const asked = (state: State, { provider, targets, runbook }: Workflow, at: number): void => {
  for (const target of targets) {
    for (const key of ['asked:all', `asked:runbook=${runbook.name}`]) mark(state, { key, keepMs: askedForMs, value: `${provider}/${target}` }, at)
  }
}

export const foldPlanned = (state: State, entry: Fact & { kind: 'planned' }, why: Why): void => {
  const workflow = atTurn(state, entry)
  if (workflow?.state !== 'planning') return
  if (workflow.plan?.digest !== entry.plan.digest) {
    delete workflow.approved // an approval was of another plan
    workflow.approvals = []
  }
  workflow.plan = entry.plan
  delete workflow.decision
  if (!workflow.started) workflow.steps = workflow.manifest.map((step) => stepOf(step, workflow, entry.plan.targets.map((target) => target.name)))
  move(state, workflow, 'ready', why)
}

const stepOf = (step: Workflow['manifest'][number], workflow: Workflow, planned: readonly string[]): StepState => {
  const targets = step.each ? planned : [planned[0] ?? workflow.targets[0] ?? '']
  return { ...step, jobs: targets.map((target) => ({ target, state: 'open', attempts: 0 })) }
}

export const foldDecided = (state: State, entry: Decided, position: number, why: Why): void => {
  const workflow = atTurn(state, entry)
  if (!workflow || workflow.started || !workflow.plan || entry.plan !== workflow.plan.digest) return
  const judgeable = workflow.state === 'waiting' || workflow.state === 'asking' || (workflow.state === 'ready' && !workflow.decision)
  if (!judgeable) return
  const { kind: _, workflow: __, turn: ___, ...decision } = entry
  workflow.decision = { ...decision, position, at: why.at }
  for (const verdict of entry.verdicts) for (const each of verdict.marks ?? []) mark(state, each, why.at)
  const because: Why = { ...why, detail: entry.detail, ...(entry.reason ? { reason: entry.reason } : {}) }
  switch (entry.outcome) {
    case 'start':
    case 'submitted':
      return move(state, workflow, 'ready', because)
    case 'wait':
      return wait(state, workflow, {
        ...because, ...(entry.until === undefined ? {} : { until: entry.until }), ...(entry.key === undefined ? {} : { key: entry.key }),
      })
    case 'plan again':
      return move(state, workflow, 'planning', because)
    case 'ask':
      return move(state, workflow, 'asking', because)
    case 'refuse':
      return move(state, workflow, 'refused', because)
    case 'rehearse':
      return move(state, workflow, 'rehearsed', because)
    case 'obsolete':
      return move(state, workflow, 'obsolete', because)
  }
}

/** Counts once, only while it is asked for, and only for the plan that was shown. It sets aside nothing but the question. */
export const foldAnswered = (state: State, entry: Fact & { kind: 'approved' | 'denied' }, why: Why): void => {
  const workflow = state.workflows.get(entry.workflow)
  if (!workflow || workflow.state !== 'asking' || workflow.plan?.digest !== entry.plan) return
  if (entry.kind === 'denied') {
    return move(state, workflow, 'refused', { ...why, reason: 'denied', detail: `${entry.who}: ${entry.why}` })
  }
  workflow.approved = entry.plan
  if (!workflow.approvals.some(({ who }) => who === entry.who)) workflow.approvals.push({ who: entry.who, at: why.at })
  delete workflow.decision
  move(state, workflow, 'ready', { ...why, detail: `approved by ${entry.who}` })
}

export const foldVerified = (state: State, entry: Fact & { kind: 'verified' }): void => {
  const workflow = atTurn(state, entry)
  if (workflow?.state !== 'verifying') return
  if (entry.probe !== undefined) workflow.probed = entry.probe
  if (entry.gone !== undefined) workflow.gone = entry.gone
}

export const foldEnded = (state: State, entry: Fact & { kind: 'ended' }, why: Why): void => {
  const workflow = atTurn(state, entry)
  if (!workflow || isEnd(workflow.state)) return
  // What runs is ended by its runner's word, never over its head.
  if (isClaimed(workflow)) return
  move(state, workflow, entry.state, { ...why, reason: entry.reason, detail: entry.detail })
}
