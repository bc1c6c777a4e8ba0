/** `status` and `why`, in a few lines. */
import { becauseLine } from '../core/because.ts'
import { isOpen } from '../core/fold/notices.ts'
import { covering } from '../core/fold/stops.ts'
import { label } from '../core/labels.ts'
import type { State } from '../core/state.ts'
import { isEnd, type Episode, type Workflow } from '../core/workflow.ts'
import type { Archive, Archived, ArchivedKind } from '../follow/archive.ts'
import { clock, many, shortId } from './figures.ts'

const most = 10

export const statusText = (state: State): string => {
  const stops = [...state.inForce].map(({ id, matchers, who, why, effect }) =>
    `🛑 ${effect === 'pause' ? 'paused' : 'stopped'}: ${matchers.join(', ') || 'everything'}, by ${who}: ${why || 'no reason given'} [${shortId(id)}]`)
  const suspended = [...state.suspensions.values()].map(({ id, target, runbooks }) => `✋ suspended: ${runbooks.map(({ name }) => name).join(', ')} on ${target}, which somebody changed by hand [${shortId(id)}]`)
  const live = [...state.live].flatMap(([, workflows]) => [...workflows]).map((one) => lineOf(state, one))
  const open = [...state.notices.values()].filter((notice) => notice.urgency === 'page' && !notice.taken && isOpen(state, notice))
  const untaken = open.flatMap(({ about }) => (about.kind === 'workflow' ? (state.workflows.get(about.workflow) ?? []) : [])).filter((one) => isEnd(one.state))
  return [
    ...(stops.length > 0 ? shortened(stops) : ['No stop is in force.']),
    ...shortened(suspended),
    ...(live.length > 0 ? shortened(live) : ['Nothing runs, waits or asks.']),
    ...(untaken.length > 0 ? ['Nobody took:', ...shortened(untaken.map((one) => lineOf(state, one)))] : []),
    `${many(state.unanswered.size, 'alert')} not answered yet, ${many(open.filter(({ about }) => about.kind === 'unknown').length, 'group')} of unknown alerts that nobody took.`,
  ].join('\n')
}

const lineOf = (state: State, workflow: Workflow): string => {
  const { id, runbook, targets, wait } = workflow
  const why = becauseLine(state, workflow)
  return `${workflow.state}: ${runbook.name}@${runbook.version} on ${targets.join(', ')}${why ? `: ${why}` : ''}${wait?.until === undefined ? '' : `, until ${clock(wait.until)}`} [${shortId(id)}]`
}

const shortened = (lines: readonly string[]): string[] => [...lines.slice(0, most), ...(lines.length > most ? [`… and ${lines.length - most} more`] : [])]

/** By the id of a workflow or an episode, its last six characters, a fingerprint, or the alert's name: the newest. By its name only what memory has. */
export const whyText = async (about: string, { state, archive }: Known): Promise<string> => {
  if (about === '') return 'Say of what: `/paramedic why ID` or `/paramedic why ALERTNAME`.'
  const workflow = findById(state.workflows, about)
  if (workflow) return whyOf(state, workflow)
  const here = findById(state.episodes, about) ?? [...state.episodes.values()].findLast((one) => one.fingerprint === about || label(one.labels, 'alertname') === about)
  if (here) return whyOfEpisode(here, { state, archive })
  const [forgotten] = await findForgotten('workflow', about, archive)
  if (forgotten) return whyOf(state, forgotten)
  const [episode] = [...await findForgotten('episode', about, archive), ...await archive.page({ kind: 'episode', tag: about, limit: 1 })]
  return episode ? whyOfEpisode(episode, { state, archive }) : `Nothing is known of ${about}. \`/paramedic status\` lists what runs and waits.`
}

/** What can be told of: what memory has, and what it has forgotten. */
export interface Known {
  readonly state: State
  readonly archive: Archive
}

/** None where several end so. */
const findForgotten = async <K extends ArchivedKind>(kind: K, id: string, archive: Archive): Promise<Archived[K][]> => {
  const found = id.length < 6 ? [] : await archive.find(kind, id)
  return found.length === 1 ? found : []
}

/** By the whole id, or by its last characters where no other ends so. */
export const findById = <T>(all: ReadonlyMap<string, T>, id: string): T | undefined => {
  const exact = all.get(id)
  if (exact !== undefined || id.length < 6) return exact
  const found = [...all].filter(([key]) => key.endsWith(id))
  return found.length === 1 ? found[0]![1] : undefined
}

const whyOfEpisode = async ({ id, labels, status, answer }: Episode, { state, archive }: Known): Promise<string> => {
  const what = `${label(labels, 'alertname') || 'The alert'} [${shortId(id)}] is ${status}.`
  if (!answer) return `${what} It has no answer yet${state.catalogue ? '' : ': no catalogue is in force'}.`
  if ('reason' in answer) return `${what} Nothing was run: ${answer.reason}: ${answer.detail}.`
  const workflow = state.workflows.get(answer.workflow) ?? (await findForgotten('workflow', answer.workflow, archive))[0]
  return workflow ? `${what}\n${whyOf(state, workflow)}` : `${what} Its workflow is no longer remembered.`
}

const whyOf = (state: State, workflow: Workflow): string => {
  const stops = isEnd(workflow.state) ? [] : covering(state, workflow)
  return [
    lineOf(state, workflow),
    ...stops.map(({ id, who, why }) => `• held by the stop of ${who}: ${why || 'no reason given'} [${shortId(id)}]`),
    ...(workflow.decision?.verdicts ?? []).map(({ policy, verdict, detail, until }) => `• ${verdict} by ${policy}: ${detail}${until === undefined ? '' : `, clears at ${clock(until)}`}`),
  ].join('\n')
}
