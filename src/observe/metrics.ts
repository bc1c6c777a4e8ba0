/**
 * The metrics of one process. Counters and histograms start at 0 with it and count what it wrote to the log itself, as
 * entries are folded: a sum over all processes counts everything once, and a restart is what Prometheus expects of one.
 * Gauges are read off the folded state when they are asked for: every process says the same, so take their `max`.
 * docs/metrics.md is made of this file, and a test holds the value of each.
 */
import { performance } from 'node:perf_hooks'
import type { Entry } from '../core/entry.ts'
import { awaited, isMissed } from '../core/heartbeats.ts'
import type { State } from '../core/state.ts'
import { liveStates } from '../core/workflow.ts'
import type { Recorded } from '../log/log.ts'
import type { WriterStats } from '../log/writer.ts'
import type { Sent } from '../log/writer-send.ts'
import { countEntry, type Counts } from './count.ts'
import { Registry, type Described, type Row } from './registry.ts'

/** What is read when somebody scrapes. */
export interface Seen {
  readonly state: State
  readonly writer: WriterStats
  /** Age of the newest own tick that was read back. */
  readonly tickAgeMs: number
  /** Entries on the log that were not folded yet; undefined where the log does not say in time. */
  readonly lag: number | undefined
  readonly ready: boolean
  /** Each dependency by name, and whether it is well. */
  readonly checks: Readonly<Record<string, boolean>>
  readonly escalationsWaiting: number
  /** What is called outside. */
  readonly edges: readonly { readonly edge: string; readonly breakers: readonly { readonly state: string }[] }[]
  /** What is being worked on at the door. */
  readonly door: Readonly<Record<'connections' | 'notifications' | 'reads' | 'bodyBytes' | 'bigBodies' | 'streams', number>>
}

const shortSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const longSeconds = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]

export interface Metrics {
  readonly described: readonly Described[]
  /** After an entry was folded. `mine`: this process wrote it. */
  folded(recorded: Recorded<Entry>, state: State, mine: boolean): void
  /** A batch is durable. */
  landed(sent: Sent): void
  answered(call: string, status: number, tookMs: number): void
  refused(code: string): void
  edgeRefused(edge: string, why: string): void
  degraded(edge: string, mode: string): void
  spans(outcome: 'sent' | 'dropped', count: number): void
  edgeCalled(edge: string, outcome: 'ok' | 'failed', tookMs: number): void
  text(seen: Seen): string
}

export function createMetrics({ version }: { readonly version: string }): Metrics {
  const registry = new Registry()
  const counts = entryCounts(registry)
  const requests = registry.histogram('http_request_seconds', 'Time to answer a request, by call.', ['call'], shortSeconds)
  const answers = registry.counter('http_requests_total', 'Requests answered, by call and status.', ['call', 'status'])
  const refusals = registry.counter('http_refusals_total', 'Requests refused, by the code of docs/errors.md.', ['code'])
  const appends = registry.histogram('log_append_seconds', 'Time until a batch was durable, from its first attempt.', [], shortSeconds)
  const edges = registry.counter('edge_calls_total', 'Calls to something outside, by what came of them.', ['edge', 'outcome'])
  const edgeRefusals = registry.counter('edge_refusals_total', 'Calls to something outside that were not made, or were given up here, by why.', ['edge', 'reason'])
  const degraded = registry.counter('degraded_total', 'Calls to something outside that went another way than usual, because it is switched: `off`, `mock`, `direct`.', ['edge', 'kind'])
  const edgeSeconds = registry.histogram('edge_call_seconds', 'Time of calls to something outside.', ['edge'], shortSeconds)
  const spans = registry.counter('spans_total', 'Spans of traces, by whether a collector took them.', ['outcome'])
  let seen: Seen
  gauges(registry, () => seen, version)
  return {
    get described() {
      return registry.described
    },
    folded: (recorded, state, mine) => {
      if (mine) countEntry(counts, recorded, state)
    },
    landed: ({ tookMs }) => appends.observe({}, tookMs / 1000),
    answered: (call, status, tookMs) => {
      requests.observe({ call }, tookMs / 1000)
      answers.add({ call, status: String(status) })
    },
    refused: (code) => refusals.add({ code }),
    degraded: (edge, kind) => degraded.add({ edge, kind }),
    edgeRefused: (edge, reason) => edgeRefusals.add({ edge, reason }),
    spans: (outcome, count) => spans.add({ outcome }, count),
    edgeCalled: (edge, outcome, tookMs) => {
      edges.add({ edge, outcome })
      edgeSeconds.observe({ edge }, tookMs / 1000)
    },
    text: (now) => {
      seen = now
      return registry.text()
    },
  }
}

const entryCounts = (registry: Registry): Counts => ({
  notifications: registry.counter('notifications_received_total', 'Notifications taken.', ['source']),
  alerts: registry.counter('alerts_received_total', 'Alerts taken, resent ones too.', ['source', 'status']),
  badAlerts: registry.counter('alerts_refused_total', 'Alerts of a notification that could not be read.', ['source']),
  episodes: registry.counter('episodes_answered_total', 'Episodes by what became of them: a workflow, or none and why.', ['outcome', 'reason']),
  workflows: registry.counter('workflow_moves_total', 'Workflows that came into a state. Those that are an end count once a workflow.', ['runbook', 'version', 'state', 'reason']),
  verdicts: registry.counter('verdicts_total', 'Verdicts of gates and policies in recorded decisions. `type` is the type of the policy, or the gate.', ['type', 'verdict', 'reason']),
  firstStep: registry.histogram('alert_to_first_step_seconds', 'From the first word of an alert to the first step of its workflow.', ['runbook'], longSeconds),
  healed: registry.histogram('alert_to_healed_seconds', 'From the first word of an alert to healed.', ['runbook'], longSeconds),
  steps: registry.counter('step_jobs_total', 'Jobs of steps that came to an end, or were given back to be offered again.', ['runbook', 'effect', 'outcome']),
  stepSeconds: registry.histogram('step_job_seconds', 'How long jobs ran.', ['runbook'], longSeconds),
  voids: registry.counter('claims_void_total', 'Claims that did not fit when they were folded.', []),
  stopsPulled: registry.counter('stops_pulled_total', 'Emergency stops pulled.', ['kind']),
  stopsLifted: registry.counter('stops_lifted_total', 'Emergency stops lifted.', []),
  kills: registry.counter('stop_kills_total', 'Workflows killed for a stop.', []),
  survivors: registry.counter('stop_survivors_total', 'Processes that survived a kill. Anything but 0 is an alarm.', []),
  stopSeconds: registry.histogram('stop_latency_seconds', 'From when a runner heard of a stop to when nothing ran here that it covers.', [], shortSeconds),
  switched: registry.counter('switched_total', 'Times that a person switched how something outside is called.', ['edge', 'mode']),
  demotions: registry.counter('demotions_total', 'Versions that failed and were demoted, or rolled back as a canary.', ['runbook', 'version', 'was']),
  changedByHand: registry.counter('changed_by_hand_total', 'Changes of workflows that somebody undid by hand.', []),
  messages: registry.counter('messages_total', 'Messages recorded as sent to people: `called` (people were called), `told` (news that calls nobody), `silent` (without a message of its own).', ['outcome']),
  lost: registry.counter('runners_lost_total', 'Processes declared lost.', []),
})

function gauges(registry: Registry, seen: () => Seen, version: string): void {
  const one = (name: string, help: string, value: (now: Seen) => number | undefined, type: 'gauge' | 'counter' = 'gauge'): void =>
    registry.read(name, help, [], () => {
      const found = value(seen())
      return found === undefined ? [] : [[{}, found]]
    }, type)
  registry.read('info', 'What this process is.', ['version', 'node'], () => [[{ version, node: process.versions.node }, 1]])
  one('ready', '1 where /readyz says so.', ({ ready }) => Number(ready))
  registry.read('degraded', '1 where a dependency is not well: the checks of /healthz.', ['edge'], () => Object.entries(seen().checks).map(([edge, ok]): Row<'edge'> => [{ edge }, Number(!ok)]))
  registry.read('edge_breakers_open', 'Breakers that let no calls through, or one to try: one for each target of an edge that is in trouble.', ['edge'], () =>
    seen().edges.map(({ edge, breakers }): Row<'edge'> => [{ edge }, breakers.filter(({ state }) => state !== 'closed').length]))
  registry.read('workflows', 'Workflows that have not ended, by state.', ['state'], () => liveStates.map((state): Row<'state'> => [{ state }, seen().state.live.get(state)!.size]))
  one('episodes', 'Episodes that are known.', ({ state }) => state.episodes.size)
  one('episodes_unanswered', 'Episodes that nobody has answered yet.', ({ state }) => state.unanswered.size)
  registry.read('stops_in_force', 'Emergency stops in force.', ['kind'], () => (['kill', 'pause'] as const).map((kind): Row<'kind'> =>
    [{ kind }, [...seen().state.inForce].filter(({ effect }) => effect === kind).length]))
  registry.read('switches_in_force', 'How the outside is called, where a person switched it: by edge, or one kind of its calls.', ['edge', 'mode'], () => [...seen().state.switches].map(([edge, { mode }]): Row<'edge' | 'mode'> => [{ edge, mode }, 1]))
  one('suspensions_in_force', 'Targets that runbooks leave alone because somebody changed by hand what they had changed.', ({ state }) => state.suspensions.size)
  registry.read('drill_timestamp_seconds', 'When each drill was last done.', ['drill', 'outcome'], () => [...seen().state.drills].map(([drill, { ok, at }]): Row<'drill' | 'outcome'> => [{ drill, outcome: ok ? 'well' : 'not well' }, at / 1000]))
  registry.read('drill_survivors', 'Processes that the last drill of each kind did not kill.', ['drill'], () => [...seen().state.drills].map(([drill, { survivors }]): Row<'drill'> => [{ drill }, survivors]))
  one('escalations_waiting', 'Escalations that are open and that nobody took.', ({ escalationsWaiting }) => escalationsWaiting)
  one('messages_waiting', 'Messages to people that were not sent yet.', ({ state }) => state.noticesDue.size)
  one('heartbeats_missing', 'Heartbeat routes that were silent for too long, or whose alert never came.', ({ state }) => awaited(state).filter(({ source }) => isMissed(state, source)).length)
  one('tick_age_seconds', 'Age of the newest own tick that was read back.', ({ tickAgeMs }) => tickAgeMs / 1000)
  one('log_position', 'The position of the next entry to fold.', ({ state }) => state.position)
  one('log_lag_entries', 'Entries on the log that were not folded yet.', ({ lag }) => lag)
  one('entries_dropped_total', 'Entries that came twice and were dropped.', ({ state }) => state.counts.dropped, 'counter')
  one('fold_stuck', '1 where an entry was met that this version does not know: it then decides and starts nothing.', ({ state }) => Number(state.unknownEntry !== undefined))
  writer(one)
  door(one)
  machine(one)
}

type One = (name: string, help: string, value: (now: Seen) => number | undefined, type?: 'gauge' | 'counter') => void

function writer(one: One): void {
  one('log_batches_total', 'Commits to the log.', ({ writer: { batches } }) => batches, 'counter')
  one('log_entries_total', 'Entries written to the log.', ({ writer: { entries } }) => entries, 'counter')
  one('log_bytes_total', 'Bytes of entries written to the log, before they are packed.', ({ writer: { bytes } }) => bytes, 'counter')
  one('log_repeats_total', 'Attempts to write that failed and were followed by another.', ({ writer: { repeats } }) => repeats, 'counter')
  one('log_refused_total', 'Appends refused because too much waited.', ({ writer: { busy } }) => busy, 'counter')
  one('log_late_total', 'Appends whose time was over before they were known to be durable.', ({ writer: { late } }) => late, 'counter')
  one('log_queued_entries', 'Entries that wait to be written.', ({ writer: { queuedEntries } }) => queuedEntries)
  one('log_queued_bytes', 'Bytes that wait to be written.', ({ writer: { queuedBytes } }) => queuedBytes)
}

function door(one: One): void {
  one('door_connections', 'Open connections.', ({ door: { connections } }) => connections)
  one('door_notifications', 'Notifications that are being taken.', ({ door: { notifications } }) => notifications)
  one('door_reads', 'Other requests that are being answered.', ({ door: { reads } }) => reads)
  one('door_body_bytes', 'Bytes of bodies that are held.', ({ door: { bodyBytes } }) => bodyBytes)
  one('door_big_bodies', 'Large bodies that wait for their turn.', ({ door: { bigBodies } }) => bigBodies)
  one('door_event_streams', 'Open event streams.', ({ door: { streams } }) => streams)
}

/** Under the names that every client of Prometheus gives them. */
function machine(one: One): void {
  one('process_cpu_seconds_total', 'Processor time of this process, user and system.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }, 'counter')
  one('process_resident_memory_bytes', 'Memory of this process.', () => process.memoryUsage.rss())
  one('process_start_time_seconds', 'When this process started, since 1970.', () => performance.timeOrigin / 1000)
  let before = performance.eventLoopUtilization()
  one('event_loop_utilization', 'Share of the time since the last scrape that the main thread was at work.', () => {
    const now = performance.eventLoopUtilization()
    const share = performance.eventLoopUtilization(now, before).utilization
    before = now
    return share
  })
}

