/** What one folded entry adds to the counters. O(1), but for what it moved. Labels are words of closed sets and names of the catalogue, never an alert's. */
import type { Catalogue } from '../core/catalogue.ts'
import type { Entry } from '../core/entry.ts'
import type { State } from '../core/state.ts'
import type { Recorded } from '../log/log.ts'
import type { Counter, Histogram } from './registry.ts'

export interface Counts {
  readonly notifications: Counter<'source'>
  readonly alerts: Counter<'source' | 'status'>
  readonly badAlerts: Counter<'source'>
  readonly episodes: Counter<'outcome' | 'reason'>
  readonly workflows: Counter<'runbook' | 'version' | 'state' | 'reason'>
  readonly verdicts: Counter<'type' | 'verdict' | 'reason'>
  readonly firstStep: Histogram<'runbook'>
  readonly healed: Histogram<'runbook'>
  readonly steps: Counter<'runbook' | 'effect' | 'outcome'>
  readonly stepSeconds: Histogram<'runbook'>
  readonly voids: Counter<never>
  readonly stopsPulled: Counter<'kind'>
  readonly stopsLifted: Counter<never>
  readonly kills: Counter<never>
  readonly survivors: Counter<never>
  readonly stopSeconds: Histogram<never>
  readonly switched: Counter<'edge' | 'mode'>
  readonly demotions: Counter<'runbook' | 'version' | 'was'>
  readonly changedByHand: Counter<never>
  readonly messages: Counter<'outcome'>
  readonly lost: Counter<never>
}

export function countEntry(counts: Counts, { entry, position }: Recorded<Entry>, state: State): void {
  const { did } = state
  for (const { answer } of did.answered) counts.episodes.add(answer && 'reason' in answer ? { outcome: 'none', reason: answer.reason } : { outcome: 'workflow', reason: '' })
  for (const moved of did.moved) countMove(counts, moved, state)
  for (const { workflow, step, outcome } of did.jobs) counts.steps.add({ runbook: workflow.runbook.name, effect: step.effect, outcome })
  if (did.voided) counts.voids.add({})
  count[entry.kind]?.(counts, entry as never, { position, state })
}

interface At {
  readonly position: number
  readonly state: State
}
type Count<K extends Entry['kind']> = (counts: Counts, entry: Extract<Entry, { kind: K }>, at: At) => void

/** What the others did was counted by what they moved. */
const count: { readonly [K in Entry['kind']]?: Count<K> } = {
  'received': countReceived,
  'decided': countVerdicts,
  'step done': countDuration,
  'step failed': countDuration,
  // Every process that obeys a stop puts it on the log: the first counts.
  'stop pulled': ({ stopsPulled }, { stop }, { position, state }) => state.stops.get(stop.id)?.position === position && stopsPulled.add({ kind: stop.effect }),
  'stop lifted': ({ stopsLifted }) => stopsLifted.add({}),
  'stop acknowledged': ({ kills, survivors, stopSeconds }, entry) => {
    kills.add({}, entry.killed)
    survivors.add({}, entry.survivors)
    stopSeconds.observe({}, entry.tookMs / 1000)
  },
  'switched': ({ switched }, { edge, mode }) => switched.add({ edge, mode }),
  'demoted': ({ demotions }, { runbook, was }) => {
    const [name = '', version = ''] = runbook.split('@')
    demotions.add({ runbook: name, version, was })
  },
  'changed by hand': ({ changedByHand }, { suspension }, { state }) => state.suspensions.has(suspension) && changedByHand.add({}),
  'message sent': ({ messages }, { rang, channel }) => messages.add({ outcome: rang ? 'called' : channel === '' ? 'silent' : 'told' }),
  'runner lost': ({ lost }) => lost.add({}),
}

function countDuration({ stepSeconds }: Counts, { tookMs }: Extract<Entry, { kind: 'step done' | 'step failed' }>, { state }: At): void {
  for (const { workflow } of state.did.jobs) stepSeconds.observe({ runbook: workflow.runbook.name }, tookMs / 1000)
}

function countReceived({ notifications, alerts, badAlerts }: Counts, { source, payload, problems }: Entry & { kind: 'received' }): void {
  notifications.add({ source })
  if (problems?.length) badAlerts.add({ source }, problems.length)
  let firing = 0
  let all = 0
  // What was folded is well-formed: it is counted, not parsed again.
  for (const alert of (payload as { alerts?: { status?: string }[] }).alerts ?? []) {
    all++
    if (alert?.status === 'firing') firing++
  }
  if (firing > 0) alerts.add({ source, status: 'firing' }, firing)
  if (all > firing) alerts.add({ source, status: 'resolved' }, all - firing)
}

function countMove({ workflows, firstStep, healed }: Counts, { workflow, line }: State['did']['moved'][number], state: State): void {
  const { runbook: { name: runbook, version }, timeline, episode: id } = workflow
  workflows.add({ runbook, version: String(version), state: line.state, reason: line.reason ?? '' })
  const episode = id === undefined ? undefined : state.episodes.get(id)
  if (episode === undefined) return
  const seconds = (state.at - episode.firstAt) / 1000
  if (line.state === 'healed') healed.observe({ runbook }, seconds)
  // A first step that is offered again is no first step.
  if (line.state === 'running' && timeline.find(({ state: was }) => was === 'running') === line) firstStep.observe({ runbook }, seconds)
}

function countVerdicts({ verdicts }: Counts, { workflow, catalogue, verdicts: given }: Entry & { kind: 'decided' }, { state }: At): void {
  const runbook = state.workflows.get(workflow)?.runbook.name
  if (runbook === undefined) return
  for (const { policy, verdict, reason } of given) verdicts.add({ type: typeOf(policy, runbook, state.catalogues.get(catalogue)), verdict, reason: reason ?? '' })
}

/** The gates' own names are few; a policy's name is its author's. */
const typeOf = (policy: string, runbook: string, catalogue: Catalogue | undefined): string =>
  catalogue?.policies[runbook]?.find(({ name }) => name === policy)?.type ?? policy
