/** What became of a period: alerts, workflows by their ends, refusals by reason, whom people were called for, stops. */
import type { Read } from './entry.ts'
import type { End } from './reason.ts'
import { createRemembering } from './remembering.ts'
import type { State, Stop } from './state.ts'
import type { Episode, WorkflowState } from './workflow.ts'

export interface Report {
  /** Episodes that were first told of in the period, and how often they were told. */
  readonly alerts: number
  readonly told: number
  /** Answers without a workflow, by reason. */
  readonly unanswered: Readonly<Record<string, number>>
  /** Workflows that came to each end in the period. */
  readonly ended: Readonly<Partial<Record<End, number>>>
  readonly refused: Readonly<Record<string, number>>
  /** Workflows that are not over. */
  readonly live: number
  /** Alerts and workflows that were put before a person, each once. */
  readonly escalated: number
  readonly stops: readonly { readonly at: number; readonly who: string; readonly why: string; readonly matchers: readonly string[]; readonly liftedAt?: number; readonly killed: number; readonly held: number }[]
}

/** States that a person is called for. */
const calls: readonly WorkflowState[] = ['asking', 'unproven', 'failed', 'refused', 'expired', 'stopped']

/** Fed with the log from its beginning; what was before `since` (log time) is folded and not counted. */
export const createReport = (since: number) => {
  const all = createRemembering()
  const { state } = all
  const ended: Partial<Record<End, number>> = {}
  const [refused, unanswered]: Record<string, number>[] = [{}, {}]
  const escalated = new Set<string>()
  const count = (into: Record<string, number>, name: string): void => void (into[name] = (into[name] ?? 0) + 1)

  const fold = (read: Read): void => {
    all.fold(read)
    if (state.at < since) return
    const { entry } = read
    for (const { workflow, line } of state.did.moved) {
      if (calls.includes(line.state)) escalated.add(workflow.id)
      if (state.live.has(line.state)) continue
      count(ended, line.state)
      if (line.state === 'refused') count(refused!, line.reason ?? 'no reason')
    }
    for (const { id, answer } of state.did.answered) {
      if (!answer || 'workflow' in answer) continue
      count(unanswered!, answer.reason)
      if (entry.kind === 'unmatched' && entry.tell) escalated.add(id)
    }
  }
  return { fold, report: (): Report => ({ ...ofEpisodes(all.episodes(), since), unanswered: unanswered!, ended, refused: refused!, escalated: escalated.size, live: liveOf(state), stops: stopsOf(all.stops(), since) }) }
}

const ofEpisodes = (episodes: readonly Episode[], since: number): Pick<Report, 'alerts' | 'told'> => {
  const found = episodes.filter(({ firstAt }) => firstAt >= since)
  return { alerts: found.length, told: found.reduce((sum, { told }) => sum + told, 0) }
}

const liveOf = ({ live }: State): number => [...live.values()].reduce((sum, workflows) => sum + workflows.size, 0)

const stopsOf = (stops: readonly Stop[], since: number): Report['stops'] =>
  stops.filter(({ at }) => at >= since).map(({ at, who, why, matchers, lifted, killed, held }) =>
    ({ at, who, why, matchers, ...(lifted ? { liftedAt: lifted.at } : {}), killed: killed.length, held: held.length }))
