/** The judgement of a plan: every gate, in this order. It returns a value; only a follower appends it. */
import { runbookId, type Catalogue } from './catalogue.ts'
import { room } from './counter.ts'
import { budgetMs } from './deadline.ts'
import type { Decided, Given } from './entry.ts'
import { mayBeOld } from './fold/episodes.ts'
import { awaitsExec } from './fold/requests.ts'
import { covering } from './fold/stops.ts'
import { suspending } from './fold/suspensions.ts'
import { mistrust } from './fold/trust.ts'
import type { Plan, Take } from './plan.ts'
import { modeOf } from './mode.ts'
import { approvalsOf, isApproved } from './person.ts'
import { judgePolicies, takesOf, worst as worstOf } from './policies/judge.ts'
import { observedForMs, type Verdict } from './policy.ts'
import { isSinceSilenced, maybeSilenced, silenced } from './silence.ts'
import type { State } from './state.ts'
import type { Workflow } from './workflow.ts'

export interface Judging extends Given {
  readonly state: State
  readonly workflow: Workflow
  readonly plan: Plan
  readonly catalogue: Catalogue
}

type Gate = (judging: Judging) => readonly Verdict[]

const stopped: Gate = ({ state, workflow }) =>
  covering(state, workflow).map((stop) => ({
    policy: 'stop', verdict: 'wait', reason: 'stopped', detail: `stopped by ${stop.who}: ${stop.why || 'no reason given'} (${stop.id.slice(-6)})`,
  }))

/** What a person changed back stays so, whatever fires: people are called instead. */
const suspended: Gate = ({ state, workflow }) =>
  suspending(state, workflow).map(({ id, target, from, to }) => ({
    policy: 'suspended', verdict: 'refuse', reason: 'suspended',
    detail: `somebody changed ${target} by hand (${shownSize(from)} → ${shownSize(to)}) after ${workflow.runbook.name} had: paramedic resume ${id.slice(-6)}`,
  }))

const shownSize = ({ version, replicas }: { version: string; replicas?: number }): string => (replicas === undefined ? `version ${version}` : String(replicas))

const answered: Gate = ({ state, workflow }) => {
  const answer = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)?.answer
  const isNext = workflow.after !== undefined && state.workflows.get(workflow.after)?.next === workflow.id
  const other = answer && 'workflow' in answer && answer.workflow !== workflow.id && !isNext
  return other ? [{ policy: 'answered', verdict: 'refuse', reason: 'answered', detail: `answered by ${answer.workflow}` }] : []
}

const stillFiring: Gate = ({ state, workflow, plan }) => {
  const policy = 'still firing'
  const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
  if (episode?.status === 'resolved') return [{ policy, verdict: 'refuse', reason: 'resolved', detail: 'the alert was resolved' }]
  const held = isSinceSilenced(workflow, plan)
  if (!held && (!mayBeOld(state, workflow) || isApproved(workflow))) return []
  // Rule 25: it may have been answered, and forgotten since. Of one that was silenced nobody is told how it goes on.
  const fires = plan.observed.find(({ name }) => name === 'fires')?.value
  if (fires === true) return []
  if (fires === false) return [{ policy, verdict: 'refuse', reason: 'resolved', detail: `it ${held ? 'was silenced' : 'began long ago'}, and Alertmanager has it no more` }]
  if (isApproved(workflow)) return []
  if (held) return [{ policy, verdict: 'ask', reason: 'fact missing', detail: 'it was silenced, and no Alertmanager says whether it still fires' }]
  return [{ policy, verdict: 'ask', reason: 'fact missing', detail: 'it began long ago and may have been answered then, and no Alertmanager says that it still fires' }]
}

/** Whatever names it: it never runs again. */
const revoked: Gate = ({ workflow: { runbook }, catalogue: { revoked: never = [] } }) =>
  never.includes(runbookId(runbook)) ? [{ policy: 'revoked', verdict: 'refuse', reason: 'revoked', detail: `${runbookId(runbook)} was revoked` }] : []

const trusted: Gate = ({ state, workflow }) => {
  const why = mistrust(state, workflow)
  return why === undefined ? [] : [{ policy: 'trust', verdict: 'ask', reason: 'trust', detail: why }]
}

const quiet: Gate = ({ workflow, plan, at }) => silenced(workflow, plan, at)

export const targetTake = (provider: string, id: string): Take =>
  ({ key: `target:${provider}/${id}`, max: 1, window: 'until end', policy: 'one workflow per target', reason: 'target busy', otherwise: 'wait' })

const duplicate: Gate = ({ state, workflow, plan, at }) =>
  plan.targets.map(({ name, id }): Verdict => {
    const take = targetTake(workflow.provider, id)
    if (room(state, take, at, workflow.id).fits) return { policy: take.policy, verdict: 'allow', detail: `${name} is free`, takes: [take] }
    const holder = [...(state.counters.get(take.key)?.holders.keys() ?? [])][0] ?? ''
    return { policy: take.policy, verdict: 'wait', reason: 'target busy', detail: `${name} is being worked on by ${holder.slice(-6)}`, key: take.key, takes: [take] }
  })

const mode: Gate = ({ workflow, catalogue, canKill, forceDryRun }) => {
  const { mode: most, by } = modeOf(workflow, catalogue)
  if (forceDryRun || most === 'dry-run') return []
  if (most === 'off') return [{ policy: 'mode', verdict: 'refuse', reason: 'mode off', detail: `${by} is off` }]
  if (isApproved(workflow)) return []
  if (most === 'approve') return [{ policy: 'mode', verdict: 'ask', reason: 'approval', detail: `${by} asks ${workflow.approvers?.join(' or ') ?? 'a person'}` }]
  if (!canKill) return [{ policy: 'mode', verdict: 'ask', reason: 'no kill', detail: 'nothing on this machine can kill a runbook without survivors' }]
  return []
}

const policies: Gate = ({ state, workflow, plan, catalogue, at }) =>
  judgePolicies(catalogue, {
    workflow: workflow.id, runbook: workflow.runbook, labels: workflow.labels, plan, at, provider: workflow.provider, steps: workflow.manifest,
    approvals: approvalsOf(workflow), ...(workflow.request === undefined ? {} : { requester: workflow.request.who }), ...episodeOf(state, workflow),
    room: (take) => room(state, take, at, workflow.id),
  })

const episodeOf = (state: State, workflow: Workflow) => {
  const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
  return episode ? { episode: { startsAt: episode.startsAt, firstAt: episode.firstAt } } : {}
}

const gates: readonly Gate[] = [stopped, suspended, revoked, answered, stillFiring, quiet, duplicate, mode, trusted, policies]

export type Judgement = Omit<Decided, 'kind'>

export const judge = (judging: Judging): Judgement => {
  const { state, workflow, plan, catalogue } = judging
  const found = gates.flatMap((gate) => gate(judging))
  // What only waits for a new plan is asked last: nothing is read again while something else stands in the way.
  // Who wants quiet is asked nothing.
  const first = worstOf(found.filter(({ again }) => !again))
  const worst = first?.verdict === 'ask' ? found.find(({ reason, again }) => reason === 'silenced' && !again) ?? first : first
  const { at, canKill, forceDryRun } = judging
  const base = {
    workflow: workflow.id, turn: workflow.turn, plan: plan.digest, judgedAt: state.position, catalogue: catalogue.digest, verdicts: found, given: { at, canKill, forceDryRun },
  }
  const about = { detail: worst?.detail ?? '', ...(worst?.reason ? { reason: worst.reason } : {}) }
  const nothing = plan.changes.length === 0
  const dry = modeOf(workflow, catalogue).mode === 'dry-run'
  // Not run before its sender says so: whatever would be waited for, or asked, is judged again then.
  if (awaitsExec(workflow) && worst?.verdict !== 'refuse' && !nothing && !dry) return { ...base, ...about, takes: [], outcome: 'submitted' }
  switch (worst?.verdict) {
    case 'refuse':
      return { ...base, ...about, takes: [], outcome: worst.reason === 'resolved' ? 'obsolete' : 'refuse' }
    case 'wait':
      return {
        ...base, ...about, takes: worst.takes ?? [], outcome: 'wait', ...(worst.until === undefined ? {} : { until: worst.until }), ...(worst.key === undefined ? {} : { key: worst.key }),
      }
    case 'ask':
    case 'allow':
    case undefined:
      break
  }
  if (nothing) {
    const atBound = typeof plan.notes === 'string' && plan.notes.includes('bound')
    return { ...base, takes: [], outcome: 'refuse', reason: atBound ? 'at bound' : 'nothing to change', detail: typeof plan.notes === 'string' ? plan.notes : 'the plan changes nothing' }
  }
  if (judging.forceDryRun || dry) {
    return { ...base, takes: [], outcome: 'rehearse', reason: judging.forceDryRun ? 'force.dryRun' : 'dry run', detail: 'planned and judged; nothing was run' }
  }
  if (worst?.verdict === 'ask') return { ...base, ...about, takes: [], outcome: 'ask', ...(worst.until === undefined ? {} : { until: worst.until }) }
  if (found.some(({ again }) => again) || plan.observed.some((fact) => judging.at - fact.readAt > observedForMs)) return { ...base, takes: [], outcome: 'plan again', detail: 'what the plan rests on was read more than 30 s ago' }
  if (maybeSilenced(workflow, plan, at)) return { ...base, takes: [], outcome: 'plan again', detail: 'it may have been silenced since its plan was made' }
  return { ...base, takes: takesOf(found), outcome: 'start', detail: '', deadlineMs: budgetMs(workflow, plan, catalogue.runbooks[runbookId(workflow.runbook)]) }
}
