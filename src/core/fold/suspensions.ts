/**
 * A person's hand wins. What a workflow changed is watched for a day, by the version that its provider gave it then. Where
 * somebody else has changed it since, each runbook that had is suspended on that target until a person says go on.
 */
import type { ChangedByHand, Fact, Left } from '../entry.ts'
import { lookAgain } from '../expiries.ts'
import type { Suspension, Watched } from '../trust.ts'
import type { State } from '../state.ts'
import type { Workflow } from '../workflow.ts'
import type { Why } from './move.ts'
import { tell, touch } from './notices.ts'

const watchedForMs = 24 * 3_600_000

/** What a job left behind where it changed something, by whatever it ended. */
export const foldLeft = (state: State, workflow: Workflow, left: readonly Left[] = [], at: number): void => {
  if (state.foldVersion < 2) return // a snapshot of an older server has none of it
  for (const { target, id, version, replicas } of left) {
    const key = `${workflow.provider}/${id}`
    const { name } = workflow.runbook
    // A size is overruled by another size; of what has none, any change by others counts.
    const sized = workflow.plan?.changes.some((change) => change.id === id && typeof change.to === 'number') ?? false
    const others = (state.watched.get(key)?.by ?? []).filter(({ runbook, at: then }) => runbook !== name && then > at - watchedForMs)
    state.watched.set(key, {
      provider: workflow.provider, target, id, version, at, by: [...others, { runbook: name, workflow: workflow.id, sized, at }], ...(replicas === undefined ? {} : { replicas }),
    })
    lookAgain(state, 'watched', key, at + watchedForMs)
  }
}

export const untilWatched = ({ watched }: State, key: string): number | undefined => {
  const one = watched.get(key)
  return one && one.at + watchedForMs
}

/** Those whose change was undone, if that is how it stands now. While a workflow is at work there, nobody can tell whose change it is. */
export const overruled = (state: State, { provider, id, version, replicas, by }: Watched, now: Pick<Left, 'version' | 'replicas'>): Watched['by'] => {
  if (now.version === version || isWorkedOn(state, `${provider}/${id}`)) return []
  return by.filter(({ sized }) => !sized || now.replicas !== replicas)
}

/** Held by one that has steps to run; one that only waits for the alert's end changes nothing any more. */
export const isWorkedOn = (state: State, target: string): boolean =>
  [...(state.counters.get(`target:${target}`)?.holders.keys() ?? [])].some((holder) => state.workflows.get(holder)?.state !== 'verifying')

export const foldChangedByHand = (state: State, entry: ChangedByHand, why: Why): void => {
  const key = `${entry.provider}/${entry.id}`
  const watched = state.watched.get(key)
  if (watched?.version !== entry.was) return // a workflow changed it again, or somebody has told of this already
  const by = overruled(state, watched, entry)
  if (by.length === 0) return
  state.watched.delete(key)
  const { suspension, provider, id, target, was, version } = entry
  const suspended: Suspension = {
    id: suspension, provider, target, targetId: id, at: why.at, runbooks: by.map(({ runbook, workflow }) => ({ name: runbook, workflow })), from: sizeOf(was, watched.replicas), to: sizeOf(version, entry.replicas),
  }
  state.suspensions.set(suspension, suspended)
  tell(state, { key: noticeKey(suspension), about: { kind: 'suspended', suspension: suspended }, urgency: 'page', channel: channelOf(state, by) }, why.at)
}

const sizeOf = (version: string, replicas: number | undefined): Suspension['from'] => ({ version, ...(replicas === undefined ? {} : { replicas }) })

const noticeKey = (suspension: string): string => `suspended:${suspension}`

/** Whoever is told of those workflows hears of it. */
const channelOf = (state: State, by: Watched['by']): string | undefined => by.map(({ workflow }) => state.workflows.get(workflow)?.channel).find((channel) => channel !== undefined)

/** A person says that it may be touched again. The first word counts. */
export const foldResumed = (state: State, entry: Fact & { kind: 'resumed' }): void => {
  const suspended = state.suspensions.get(entry.suspension)
  if (!suspended) return
  state.suspensions.delete(entry.suspension)
  const notice = state.notices.get(noticeKey(entry.suspension))
  if (notice) notice.about = { kind: 'suspended', suspension: suspended, resumed: { who: entry.who, why: entry.why, at: state.at } }
  touch(state, noticeKey(entry.suspension))
}

/** Those that keep this runbook from what the workflow plans to touch. */
export const suspending = (state: State, { runbook, provider, plan }: Pick<Workflow, 'runbook' | 'provider' | 'plan'>): Suspension[] =>
  state.suspensions.size === 0 ? [] : [...state.suspensions.values()].filter((one) =>
    one.provider === provider && one.runbooks.some(({ name }) => name === runbook.name) && plan?.targets.some(({ id }) => id === one.targetId))
