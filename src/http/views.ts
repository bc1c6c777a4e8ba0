/** What the API shows of the state. Times as RFC 3339 in UTC. */
import { covers, heldBy } from '../core/fold/stops.ts'
import { plainLabels } from '../core/labels.ts'
import { isEnd, type Episode, type State, type Stop, type Workflow } from '../core/state.ts'

export const time = (ms: number): string => new Date(ms).toISOString()

export const workflowView = (workflow: Workflow) => ({
  id: workflow.id, state: workflow.state, reason: workflow.reason, detail: workflow.detail,
  runbook: `${workflow.runbook.name}@${workflow.runbook.version}`, digest: workflow.runbook.digest, route: workflow.route, mode: workflow.mode,
  targets: workflow.targets, params: workflow.params, episode: workflow.episode, labels: plainLabels(workflow.labels), plan: workflow.plan,
  verdicts: workflow.decision?.verdicts ?? [], holder: workflow.holder, createdAt: time(workflow.createdAt),
  ...(workflow.wait?.until === undefined ? {} : { waitsUntil: time(workflow.wait.until) }),
  steps: workflow.steps.map((step) => ({
    name: step.name, effect: step.effect, state: stepState(step.jobs.map((job) => job.state)),
    jobs: step.jobs.map((job) => ({
      target: job.target, state: job.state, attempts: job.attempts, output: job.output, reason: job.reason, detail: job.detail,
      startedAt: job.startedAt === undefined ? undefined : time(job.startedAt), endedAt: job.endedAt === undefined ? undefined : time(job.endedAt),
    })),
  })),
  timeline: workflow.timeline.map((moment) => ({ ...moment, at: time(moment.at) })),
})

const stepState = (jobs: readonly string[]): string =>
  ['in doubt', 'failed', 'claimed', 'open'].find((state) => jobs.includes(state)) ?? 'done'

export const whyView = (state: State, workflow: Workflow) => ({
  id: workflow.id, state: workflow.state, reason: workflow.reason, detail: workflow.detail,
  ...(workflow.wait?.until === undefined ? {} : { clears: time(workflow.wait.until) }),
  stops: [...state.inForce].filter((stop) => covers(stop, workflow)).map((stop) => ({ id: stop.id, who: stop.who, why: stop.why })),
  verdicts: (workflow.decision?.verdicts ?? []).map((verdict) => ({
    policy: verdict.policy, verdict: verdict.verdict, reason: verdict.reason, detail: verdict.detail, ...(verdict.until === undefined ? {} : { clears: time(verdict.until) }),
  })),
})

export const episodeView = (state: State, episode: Episode) => {
  const workflow = episode.answer && 'workflow' in episode.answer ? state.workflows.get(episode.answer.workflow) : undefined
  return {
    id: episode.id, fingerprint: episode.fingerprint, status: episode.status, startsAt: episode.startsAt, labels: plainLabels(episode.labels),
    annotations: plainLabels(episode.annotations), receiver: episode.receiver, told: episode.told, firstAt: time(episode.firstAt), lastAt: time(episode.lastAt),
    answer: workflow ? { workflow: workflow.id, state: workflow.state, reason: workflow.reason } : (episode.answer ?? null),
  }
}

/** A stop with its proof: who acknowledged, who is missing, what it covers. */
export const stopView = (state: State, stop: Stop, runners: readonly { id: string; name: string }[]) => {
  const covered = [...state.live].flatMap(([name, set]) => (isEnd(name) ? [] : [...set])).filter((workflow) => covers(stop, workflow))
  return {
    id: stop.id, matchers: stop.matchers, kind: stop.effect, who: stop.who, why: stop.why, at: time(stop.at), durable: true,
    inForce: state.inForce.has(stop), ...(stop.lifted ? { lifted: { ...stop.lifted, at: time(stop.lifted.at) } } : {}),
    covers: { running: covered.filter((one) => one.state === 'running' || one.state === 'stopping').length, waiting: heldBy(state, stop).length },
    acknowledgements: stop.acknowledgements.map((one) => ({ ...one, at: time(one.at) })),
    missing: stop.lifted ? [] : runners.filter(({ id }) => !stop.acknowledgements.some((one) => one.runner === id)).map(({ name, id }) => name || id),
    killed: stop.killed,
    held: stop.lifted
      ? stop.held.map((id) => ({ workflow: id, state: state.workflows.get(id)?.state, reason: state.workflows.get(id)?.reason }))
      : heldBy(state, stop).map(({ id, state: now }) => ({ workflow: id, state: now })),
  }
}
