/** From the state to what is told. Pure: the same notice of the same state is told alike by every process. */
import { whoseStop } from '../core/because.ts'
import { isMended, isOpen } from '../core/fold/notices.ts'
import { awaitsExec } from '../core/fold/requests.ts'
import { covers, heldBy, isLifted } from '../core/fold/stops.ts'
import { became, liftsAt } from '../core/lifting.ts'
import { label, type Labels } from '../core/labels.ts'
import { inWords } from '../core/plan.ts'
import type { Notice } from '../core/notice.ts'
import type { State, Stop } from '../core/state.ts'
import { isEnd, type Episode, type Workflow, type WorkflowState } from '../core/workflow.ts'
import type { Annotations, Facts, NoticeView, StepView, StopView, UnknownView, WorkflowView } from './message.ts'

export interface Seen {
  readonly state: State
  /** Log time, milliseconds. */
  readonly now: number
  /** Those that tick and run. */
  readonly runners: readonly { readonly id: string; readonly name: string }[]
  /** The end of what the step that it died in printed. */
  readonly printed?: string
}

export const viewOf = (seen: Seen, notice: Notice): NoticeView => {
  const { about } = notice
  const told = { key: notice.key, urgency: notice.urgency, open: isOpen(seen.state, notice), ...(notice.taken ? { taken: notice.taken } : {}) }
  switch (about.kind) {
    case 'unknown': return { ...told, kind: 'unknown', ...unknown(seen.state, notice, about) }
    case 'workflow': {
      const workflow = seen.state.workflows.get(about.workflow)
      return { ...told, kind: 'workflow', ...(workflow ? workflowFacts(seen, workflow) : forgotten(about.workflow, notice)) }
    }
    case 'stop': {
      const stop = seen.state.stops.get(about.stop)
      return { ...told, kind: 'stop', ...(stop ? stopFacts(seen, stop) : forgottenStop(about.stop, notice)) }
    }
    case 'catalogue': {
      const inForce = seen.state.catalogue
      return { ...told, kind: 'catalogue', problems: about.problems, mended: isMended(seen.state, notice.lastAt), ...(inForce ? { inForce: inForce.digest } : {}) }
    }
    case 'runner lost': return { ...told, kind: 'runner lost', name: about.name || about.runner, why: about.why, at: notice.lastAt }
    case 'heartbeat': {
      const beat = seen.state.heartbeats.get(about.route)
      return {
        ...told, kind: 'heartbeat', route: about.route, lastAt: about.lastAt, everyMs: beat?.everyMs ?? 0, missing: about.missing, never: about.never === true,
        back: about.missing && beat !== undefined && !beat.missed && beat.lastAt > about.lastAt,
      }
    }
    case 'trust': return { ...told, ...about, stands: seen.state.trust.get(about.runbook)?.proposed !== undefined }
    case 'suspended': return { ...told, kind: 'suspended', suspension: about.suspension, ...(about.resumed ? { resumed: about.resumed } : {}) }
    case 'bad alerts': return { ...told, kind: 'bad alerts', problems: about.problems, count: notice.count }
  }
}

/** Those for which people were or will be called, that are open, and that nobody took. */
export const escalationsWaiting = (state: State): number =>
  [...state.notices.values()].filter((notice) => notice.urgency === 'page' && !notice.taken && isOpen(state, notice)).length

const episodesOf = (state: State, ids: readonly string[]): Episode[] =>
  ids.flatMap((id) => {
    const episode = state.episodes.get(id)
    return episode ? [episode] : []
  })

const firing = (state: State, { episode }: Workflow): boolean | undefined => {
  const found = episode === undefined ? undefined : state.episodes.get(episode)
  return found && found.status === 'firing'
}

const annotationsOf = (annotations: Labels | undefined): Annotations => {
  const given = (name: string): string => label(annotations ?? new Map(), name)
  return {
    ...(given('summary') ? { summary: given('summary') } : {}),
    ...(given('description') || given('message') ? { description: given('description') || given('message') } : {}),
    ...(given('runbook_url') ? { runbookUrl: given('runbook_url') } : {}),
  }
}

const unknown = (state: State, notice: Notice, about: Notice['about'] & { kind: 'unknown' }): Facts<UnknownView> => {
  const episodes = episodesOf(state, about.episodes)
  const common: [string, string][] = []
  const differing: [string, string[]][] = []
  for (const name of new Set(episodes.flatMap(({ labels }) => [...labels.keys()]))) {
    const values = [...new Set(episodes.map(({ labels }) => label(labels, name)))]
    if (values.length === 1) common.push([name, values[0]!])
    else differing.push([name, values])
  }
  return {
    alertname: about.alertname, reason: about.reason, detail: about.detail, count: notice.count,
    firing: episodes.filter(({ status }) => status === 'firing').length, listed: episodes.length,
    firstAt: notice.firstAt, lastAt: notice.lastAt, labels: common, differing,
    annotations: annotationsOf(episodes[0]?.annotations), episode: about.episodes[0] ?? '',
  }
}

/** The states in which a workflow may have died within a step. */
const died: readonly WorkflowState[] = ['failed', 'stopped', 'cancelled']

/** Where the log has what that step printed. */
export const printedPosition = (state: State, { about }: Notice): number | undefined => {
  const workflow = about.kind === 'workflow' ? state.workflows.get(about.workflow) : undefined
  if (!workflow || !died.includes(workflow.state)) return undefined
  const jobs = workflow.steps.flatMap((step) => step.jobs).filter(({ state, printedAt }) => state !== 'done' && printedAt !== undefined)
  return (jobs.find(({ state }) => state === 'failed') ?? jobs.at(-1))?.printedAt
}

const mostPrinted = 12

export const workflowFacts = ({ state, printed = '' }: Seen, workflow: Workflow): Facts<WorkflowView> => {
  const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
  const fires = firing(state, workflow)
  return {
    id: workflow.id, runbook: `${workflow.runbook.name}@${workflow.runbook.version}`, targets: workflow.targets, state: workflow.state,
    detail: workflow.detail, mode: workflow.mode, route: workflow.route, alertname: label(workflow.labels, 'alertname'),
    labels: [...workflow.labels], annotations: annotationsOf(episode?.annotations),
    changes: (workflow.plan?.changes ?? []).map(({ target, from, to }) => ({ target, from: inWords(from), to: inWords(to) })),
    verdicts: (workflow.decision?.verdicts ?? []).map(({ policy, verdict, detail, until }) => ({ policy, verdict, detail, ...(until === undefined ? {} : { until }) })),
    steps: workflow.steps.map((step) => stepView(step, isEnd(workflow.state))), params: workflow.params, awaitsExec: workflow.state === 'ready' && awaitsExec(workflow),
    next: nextOf(workflow), printed: printed.split('\n').filter((line) => line.trim() !== '').slice(-mostPrinted), createdAt: workflow.createdAt, since: workflow.since,
    ...(workflow.reason === undefined ? {} : { reason: workflow.reason }),
    ...(workflow.plan ? { plan: workflow.plan.digest } : {}),
    ...(fires === undefined ? {} : { firing: fires }),
    ...(workflow.stoppedBy === undefined ? {} : { stoppedBy: whoseStop(state, workflow.stoppedBy), stopLifted: isLifted(state, workflow.stoppedBy) }),
  }
}

const nextOf = ({ ladder: [rung] = [] }: Workflow): string => (rung === undefined ? '' : `${rung.runbook.name}@${rung.runbook.version}`)


const stepView = (step: Workflow['steps'][number], ended: boolean): StepView => {
  const jobs = step.jobs.map(({ state }) => state)
  const worst = step.jobs.find((job) => job.state === 'failed' || job.state === 'in doubt')
  const state = jobs.includes('failed') ? 'failed' : jobs.includes('in doubt') ? 'in doubt'
    : jobs.includes('claimed') ? 'running' : jobs.every((one) => one === 'done') ? 'done'
    : ended && step.jobs.some(({ attempts }) => attempts > 0) ? 'interrupted' : 'open'
  const done = jobs.filter((one) => one === 'done').length
  const detail = [jobs.length > 1 ? `${done} of ${jobs.length} targets` : '', worst?.detail ?? worst?.reason ?? ''].filter(Boolean).join(', ')
  return { name: step.name, state, changes: step.effect !== 'read', detail }
}

const forgotten = (id: string, notice: Notice): Facts<WorkflowView> => ({
  id, runbook: 'a workflow', targets: [], state: 'expired', detail: 'it is no longer remembered', mode: '', route: '', alertname: '', labels: [],
  annotations: {}, changes: [], verdicts: [], steps: [], next: '', params: {}, awaitsExec: false, printed: [], createdAt: notice.firstAt, since: notice.lastAt,
})

export const stopFacts = ({ state, now, runners }: Seen, stop: Stop): Facts<StopView> => {
  const running = (['running', 'stopping'] as const).flatMap((name) => [...state.live.get(name)!]).filter((workflow) => covers(stop, workflow))
  const acknowledged = stop.acknowledgements
  const sum = (of: (one: Stop['acknowledgements'][number]) => number): number => acknowledged.reduce((total, one) => total + of(one), 0)
  const left = stop.lifted ? stop.killed.flatMap((id) => state.workflows.get(id) ?? []).filter((one) => firing(state, one)) : []
  return {
    id: stop.id, matchers: stop.matchers, effect: stop.effect, who: stop.who, why: stop.why, at: stop.at, now,
    ...(stop.lifted ? { lifted: stop.lifted } : {}), ...(liftsAt(stop) === undefined ? {} : { liftsAt: liftsAt(stop)! }),
    running: running.length, held: stop.lifted ? stop.held.length : heldBy(state, stop).length,
    killed: sum(({ killed }) => killed), survivors: sum(({ survivors }) => survivors), tookMs: Math.max(0, ...acknowledged.map(({ tookMs }) => tookMs)),
    answered: acknowledged.length,
    missing: stop.lifted ? [] : runners.filter(({ id }) => !acknowledged.some(({ runner }) => runner === id)).map(({ id, name }) => name || id.slice(-6)),
    became: stop.lifted ? became(state, stop.held) : [], leftFiring: left.map(({ id, runbook }) => `${runbook.name}@${runbook.version} (${id.slice(-6)})`),
  }
}

const forgottenStop = (id: string, notice: Notice): Facts<StopView> => ({
  id, matchers: [], effect: 'kill', who: '', why: 'it is no longer remembered', at: notice.firstAt, now: notice.lastAt, running: 0, held: 0,
  killed: 0, survivors: 0, tookMs: 0, answered: 0, missing: [], became: [], leftFiring: [],
})
