/** Metrics, read off the state when they are asked for: they say what the log says. */
import type { State } from '../core/state.ts'
import type { WriterStats } from '../log/writer.ts'

export interface Measured {
  readonly state: State
  readonly writer: { readonly stats: WriterStats }
  lease(): { readonly ageMs: number }
}

type Row = readonly [labels: Readonly<Record<string, string>>, value: number]

export const metricsText = (parts: Measured): string => {
  const { state, writer } = parts
  const lines: string[] = []
  const metric = (name: string, type: 'counter' | 'gauge', help: string, rows: readonly Row[]): void => {
    lines.push(`# HELP paramedic_${name} ${help}`, `# TYPE paramedic_${name} ${type}`)
    for (const [labels, value] of rows) lines.push(`paramedic_${name}${labelText(labels)} ${value}`)
  }
  const byOutcome = tally([...state.episodes.values()].map(({ answer }) =>
    !answer ? { outcome: 'open', reason: '' } : 'workflow' in answer ? { outcome: 'matched', reason: '' } : { outcome: 'unmatched', reason: answer.reason }))
  const byState = tally([...state.workflows.values()].map((one) => ({ runbook: one.runbook.name, version: String(one.runbook.version), state: one.state, reason: one.reason ?? '' })))
  metric('notifications_received_total', 'counter', 'Notifications on the log.', [[{}, state.counts.received]])
  metric('alerts_received_total', 'counter', 'Alerts on the log, resent ones too.', [[{}, state.counts.alerts]])
  metric('episodes', 'gauge', 'Episodes by what became of them.', byOutcome)
  metric('workflows', 'gauge', 'Workflows by runbook, version, state and reason.', byState)
  metric('claims_void_total', 'counter', 'Claims that did not fit when they were folded.', [[{}, state.counts.voids]])
  metric('entries_dropped_total', 'counter', 'Entries that came twice.', [[{}, state.counts.dropped]])
  metric('stops_in_force', 'gauge', 'Stops in force.', [[{}, state.inForce.size]])
  metric('log_position', 'gauge', 'The position of the next entry to fold.', [[{}, state.position]])
  metric('tick_age_seconds', 'gauge', 'Age of the newest own tick that was read back.', [[{}, parts.lease().ageMs / 1000]])
  metric('log_batches_total', 'counter', 'Commits.', [[{}, writer.stats.batches]])
  metric('log_entries_total', 'counter', 'Entries written by this process.', [[{}, writer.stats.entries]])
  metric('log_queued_entries', 'gauge', 'Entries that wait to be written.', [[{}, writer.stats.queuedEntries]])
  metric('refused_busy_total', 'counter', 'Appends refused because too much waited.', [[{}, writer.stats.busy]])
  metric('messages_waiting', 'gauge', 'Messages to people that were not sent yet.', [[{}, state.noticesDue.size]])
  return `${lines.join('\n')}\n`
}

const labelText = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const tally = (all: readonly Record<string, string>[]): Row[] => {
  const counts = new Map<string, [Record<string, string>, number]>()
  for (const labels of all) {
    const key = JSON.stringify(labels)
    const found = counts.get(key)
    if (found) found[1]++
    else counts.set(key, [labels, 1])
  }
  return [...counts.values()]
}
