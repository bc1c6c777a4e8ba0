/** Episodes, runners, and what the catalogue in force holds, as the API shows them. */
import { runbookId, type Catalogue, type PolicyEntry } from '../../core/catalogue.ts'
import { formatDuration } from '../../core/duration.ts'
import { plainLabels } from '../../core/labels.ts'
import type { Trust } from '../../core/trust.ts'
import type { State } from '../../core/state.ts'
import type { Episode, Workflow } from '../../core/workflow.ts'
import type { EdgeView } from '../../edge/edge.ts'
import type { Peer, Readable } from '../ports.ts'
import type { Form } from '../schemas.ts'
import { maybe, same, time } from '../times.ts'

export const viewEpisode = (state: State, episode: Episode): Form<'Episode'> => ({
  id: episode.id,
  fingerprint: episode.fingerprint,
  startsAt: episode.startsAt,
  status: episode.status,
  labels: plainLabels(episode.labels),
  annotations: plainLabels(episode.annotations),
  receiver: episode.receiver,
  source: episode.source,
  firstAt: time(episode.firstAt),
  lastAt: time(episode.lastAt),
  told: episode.told,
  ...maybe('resolvedAt', episode.resolvedAt, time),
  ...maybe('heartbeat', episode.heartbeat, same),
  ...maybe('answer', episode.answer, (answer) => viewAnswer(state, answer, episode.ended)),
})

const viewAnswer = (state: State, answer: NonNullable<Episode['answer']>, ended: Episode['ended'] = 'expired'): NonNullable<Form<'Episode'>['answer']> =>
  'workflow' in answer
    ? { workflow: answer.workflow, state: lastOf(state, answer.workflow)?.state ?? ended }
    : { reason: answer.reason, detail: answer.detail }

/** The last that was tried on a ladder. */
const lastOf = (state: State, id: string): Workflow | undefined => {
  const workflow = state.workflows.get(id)
  return (workflow?.next === undefined ? undefined : lastOf(state, workflow.next)) ?? workflow
}

export const viewEdge = ({ breakers, endpoints, lastError, ...edge }: EdgeView, now: number): Form<'EdgeList'>['items'][number] => ({
  ...edge,
  ...maybe('lastError', lastError, ({ agoMs, error }) => ({ at: time(now - agoMs), error })),
  breakers: breakers.map(({ openForMs, ...breaker }) => ({ ...breaker, ...maybe('until', openForMs, (ms) => time(Math.round(now + ms))) })),
  endpoints: endpoints.map(({ endpoint, benchedForMs }) => ({ endpoint, ...(benchedForMs > 0 ? { benchedUntil: time(Math.round(now + benchedForMs)) } : {}) })),
})

/** A lease older than this starts nothing. */
const freshMs = 1500

export const viewRunner = ({ state, me }: Readable, { id, name, host, address, roles, catalogue, ageMs, foldVersion, targets }: Peer): Form<'RunnerList'>['items'][number] => ({
  id, name, host, address, roles: [...roles], catalogue, ageMs, fresh: ageMs < freshMs, lost: state.processes.get(id)?.lost === true, me: id === me,
  running: [...state.live.get('running')!, ...state.live.get('stopping')!].filter(({ holder }) => holder === id).length, foldVersion, targets: [...targets],
})

const inForce = ({ state }: Readable): Catalogue | undefined => state.catalogue && state.catalogues.get(state.catalogue.digest)

export const viewRoutes = (readable: Readable): Form<'RouteList'>['items'] =>
  (inForce(readable)?.routes ?? []).map((route, index) => ({
    route: index,
    matchers: [...route.matchers],
    ...maybe('runbook', route.runbook, runbookId),
    mode: route.mode,
    ladder: (route.ladder ?? []).map(({ runbook }) => runbookId(runbook)),
    params: { ...route.params },
    ...maybe('provider', route.provider, same),
    ...maybe('target', route.target, same),
    ...maybe('heartbeat', route.heartbeatMs, formatDuration),
    ...maybe('unmatched', route.unmatched, same),
    ...maybe('owner', route.owner, same),
    ...maybe('approvers', route.approvers, (names) => [...names]),
    ...maybe('channel', route.channel, same),
    source: route.source,
  }))

export const viewRunbooks = (readable: Readable): Form<'RunbookList'>['items'] => {
  const catalogue = inForce(readable)
  return Object.values(catalogue?.runbooks ?? {}).map(({ name, version, digest, about, target, provider, params, steps, secrets = [], verify, healedWithinMs }) => ({
    name, version, digest, about, target, provider, params: { ...params }, secrets: [...secrets],
    steps: steps.map((step) => ({ name: step.name, effect: step.effect, timeout: formatDuration(step.timeoutMs), each: step.each })),
    verify,
    healedWithin: formatDuration(healedWithinMs),
    revoked: catalogue!.revoked?.includes(`${name}@${version}`) ?? false,
    trust: viewTrust(readable.state.trust.get(`${name}@${version}`)),
    modes: [...new Set(catalogue!.routes.filter(({ runbook }) => runbook?.name === name && runbook.version === version).map(({ mode }) => mode))],
    policies: (catalogue!.policies[name] ?? []).map((policy) => policy.name),
  }))
}

const viewTrust = ({ heals, failures, proposed, promoted, fallen, rolledBack }: Trust = { heals: [], failures: 0 }): Form<'RunbookList'>['items'][number]['trust'] =>
  ({ heals: heals.length, failures, is: rolledBack ? 'rolled back' : fallen ? 'failed' : promoted ? 'promoted' : proposed ? 'proposed' : 'new' })

export const viewPolicies = (readable: Readable): Form<'PolicyList'>['items'] =>
  Object.entries(inForce(readable)?.policies ?? {}).flatMap(([runbook, entries]) =>
    entries.map(({ type, name, settings, source }) => ({ runbook, type, name, settings: written(settings), source })))

/** As in the file: the code of a module stands there in its own. */
const written = ({ code: _, ...settings }: PolicyEntry['settings']): { [name: string]: unknown } => settings
