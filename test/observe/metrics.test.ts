/** The value of every metric there is: a metric without a row here fails, and a row without a metric. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import type { Fact } from '../../src/core/entry.ts'
import { createMetrics, type Seen } from '../../src/observe/metrics.ts'
import { mostSeries, Registry } from '../../src/observe/registry.ts'
import { alertBody, allowing, Story } from '../core/story.ts'

const metrics = createMetrics({ version: '1.2.3' })

/** Process A's metrics, told of what A and others write. */
class Counted extends Story {
  override says(fact: Fact, by = 'A'): this {
    super.says(fact, by)
    metrics.folded({ position: this.state.position - 1, at: this.at, entry: { ...fact, by, n: 0 } }, this.state, by === 'A')
    return this
  }
}

const story = new Counted().says({ kind: 'fold version', version: 2 })
story.says({ kind: 'joined', name: 'a', host: 'h', roles: [], foldVersion: 1 })
story.says({ kind: 'catalogue announced', catalogue: { ...allowing, policies: { fix: [{ type: 'targets', name: 'my targets', settings: { names: ['web'] }, source: 'p:1' }] } } })
// Healed: 1 s to the first step, 11 s to the end.
const healed = story.workflow({ id: 'healed', target: 'web', effects: ['repeatable'] })
story.says({
  kind: 'decided', workflow: 'healed', turn: healed.turn, outcome: 'start', detail: '', plan: healed.plan!.digest, judgedAt: story.state.position, catalogue: 'c1', takes: [],
  verdicts: [{ policy: 'my targets', verdict: 'allow', detail: '' }, { policy: 'one workflow per target', verdict: 'allow', detail: '' }],
})
story.later(1000)
const claim = story.claim(healed)
story.says({ kind: 'claimed', workflow: 'healed', step: 0, job: 0, claim: 'too late' })
story.says({ kind: 'step done', workflow: 'healed', step: 0, job: 0, claim, output: null, tookMs: 700, left: [{ target: 'web', id: 'id-web', version: '7', replicas: 3 }] })
story.later(10_000).says({ kind: 'ended', workflow: 'healed', turn: healed.turn, state: 'healed', reason: 'alert gone', detail: '' })
// Killed in a `once` step; another is held. Process B does the same for itself, which is not ours to count.
const killed = story.workflow({ id: 'killed', target: 'api', effects: ['once'] })
const doomed = story.decideStart(killed).claim(killed)
story.stop('s1')
story.says({ kind: 'stop pulled', stop: { id: 's1', matchers: [], effect: 'kill', who: 'x', why: '' } })
story.says({ kind: 'let go', workflow: 'killed', claim: doomed, how: 'killed', survivors: 0, tookMs: 80 })
story.says({ kind: 'stop acknowledged', stop: 's1', runner: 'A', name: 'a', killed: 1, survivors: 2, tookMs: 84 })
story.says({ kind: 'stop acknowledged', stop: 's1', runner: 'B', name: 'b', killed: 5, survivors: 0, tookMs: 9 }, 'B')
story.workflow({ id: 'held', target: 'db', by: 'B' })
story.stop('s2', [], 'pause').lift('s2')
// Three were left, and somebody makes it two: told of twice, and one of it counts.
const left = { target: 'web', id: 'id-web', version: '7', replicas: 3 }
for (const suspension of ['x', 'y']) story.says({ kind: 'changed by hand', suspension, provider: 'local', ...left, was: '7', version: '8', replicas: 2 })
// Unknown, resolved first, bad.
const unknown = story.alert({ alertname: 'Unknown' })
story.says({ kind: 'unmatched', episodes: [unknown], reason: 'no route', detail: '', tell: true, route: '' })
story.says({ kind: 'unmatched', episodes: [unknown], reason: 'no route', detail: '', tell: true, route: '' })
story.alert({ alertname: 'Late' }, { status: 'resolved' })
story.says({ kind: 'catalogue announced', catalogue: { ...allowing, routes: [{ matchers: ['alertname="Watchdog"'], mode: 'off', params: {}, heartbeatMs: 1000, source: 'r:1' }] } })
story.says({ kind: 'catalogue activated', digest: allowing.digest, was: '' })
const beat = story.alert({ alertname: 'Watchdog' })
story.says({ kind: 'unmatched', episodes: [beat], reason: 'heartbeat', detail: '', tell: false, route: 'r:1', heartbeatMs: 1000 })
story.says({ kind: 'heartbeat missed', route: 'r:1', lastAt: story.state.heartbeats.get('r:1')!.lastAt })
story.says({ kind: 'received', source: 'grafana', payload: alertBody([{ labels: { alertname: 'New' } }]), problems: [{ index: 0, field: 'status', problem: 'x' }, { index: 2, field: 'labels', problem: 'y' }] })
const notice = [...story.state.notices.values()].find(({ about }) => about.kind === 'unknown')!
story.says({ kind: 'message sent', notice: notice.key, revision: notice.revision, channel: 'C1', ts: '1', rang: true })
story.says({ kind: 'message sent', notice: 'stop:s1', revision: 1, channel: 'C1', ts: '2' })
story.says({ kind: 'message sent', notice: 'stop:s2', revision: 1, channel: '', ts: '' })
story.says({ kind: 'runner lost', runner: 'C', name: 'c', why: 'silent' })
story.says({ kind: 'demoted', runbook: 'fix@1', workflow: 'x', was: 'promoted', heals: 3, failures: 1 })
story.says({ kind: 'drilled', drill: 'stop', ok: false, detail: 'x', who: 'ann', tookMs: 1, survivors: 2 })
story.says({ kind: 'switched', edge: 'slack', mode: 'off', who: 'ann', why: '' })
metrics.degraded('slack', 'off')
metrics.landed({ entries: 3, bytes: 10, attempts: 1, tookMs: 4 })
metrics.answered('alertmanager', 200, 30)
metrics.answered('alertmanager', 503, 6000)
metrics.refused('QUEUE_FULL')
metrics.edgeCalled('slack', 'failed', 20_000)
metrics.edgeRefused('slack', 'BreakerOpen')
metrics.spans('sent', 3)

const seen: Seen = {
  state: story.state, tickAgeMs: 250, lag: 7, ready: true, checks: { log: true, slack: false }, escalationsWaiting: 3,
  writer: { queuedEntries: 1, queuedBytes: 2, inFlightEntries: 0, batches: 3, entries: 4, bytes: 5, repeats: 6, givenUp: 0, busy: 7, late: 8 },
  edges: [{ edge: 'slack', breakers: [{ state: 'open' }, { state: 'closed' }, { state: 'half-open' }] }, { edge: 'local', breakers: [] }],
  door: { connections: 11, notifications: 12, reads: 13, bodyBytes: 14, bigBodies: 15, streams: 16 },
}
const text = metrics.text(seen)

/** By the metric's name, its lines without the prefix; a histogram by its count, its sum, and the first bucket that holds something. */
const expected: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  notifications_received_total: ['{source="alertmanager"} 6', '{source="grafana"} 1'],
  alerts_received_total: ['{source="alertmanager",status="firing"} 5', '{source="alertmanager",status="resolved"} 1', '{source="grafana",status="firing"} 1'],
  alerts_refused_total: ['{source="grafana"} 2'],
  episodes_answered_total: ['{outcome="workflow",reason=""} 2', '{outcome="none",reason="no route"} 1', '{outcome="none",reason="resolved first"} 1', '{outcome="none",reason="heartbeat"} 1'],
  workflow_moves_total: [
    '{runbook="fix",version="1",state="planning",reason=""} 2', '{runbook="fix",version="1",state="ready",reason=""} 4', '{runbook="fix",version="1",state="running",reason=""} 2',
    '{runbook="fix",version="1",state="verifying",reason=""} 1', '{runbook="fix",version="1",state="healed",reason="alert gone"} 1',
    '{runbook="fix",version="1",state="stopping",reason="stopped"} 1', '{runbook="fix",version="1",state="stopped",reason="stopped"} 1',
  ],
  verdicts_total: ['{type="targets",verdict="allow",reason=""} 1', '{type="one workflow per target",verdict="allow",reason=""} 1'],
  alert_to_first_step_seconds: ['_bucket{runbook="fix",le="0.01"} 1', '_bucket{runbook="fix",le="2.5"} 2', '_count{runbook="fix"} 2', /^_sum\{runbook="fix"\} 1\.0\d+$/],
  alert_to_healed_seconds: ['_bucket{runbook="fix",le="10"} 0', '_bucket{runbook="fix",le="30"} 1', '_count{runbook="fix"} 1', /^_sum\{runbook="fix"\} 11\.0\d+$/],
  step_jobs_total: ['{runbook="fix",effect="repeatable",outcome="done"} 1', '{runbook="fix",effect="once",outcome="in doubt"} 1'],
  step_job_seconds: ['_bucket{runbook="fix",le="0.5"} 0', '_bucket{runbook="fix",le="1"} 1', '_sum{runbook="fix"} 0.7', '_count{runbook="fix"} 1'],
  claims_void_total: [' 1'],
  stops_pulled_total: ['{kind="kill"} 1', '{kind="pause"} 1'],
  stops_lifted_total: [' 1'],
  stop_kills_total: [' 1'],
  stop_survivors_total: [' 2'],
  stop_latency_seconds: ['_bucket{le="0.05"} 0', '_bucket{le="0.1"} 1', '_bucket{le="+Inf"} 1', '_sum 0.084', '_count 1'],
  switched_total: ['{edge="slack",mode="off"} 1'],
  degraded_total: ['{edge="slack",kind="off"} 1'],
  drill_timestamp_seconds: [/^\{drill="stop",outcome="not well"\} \d+(\.\d+)?$/],
  drill_survivors: ['{drill="stop"} 2'],
  switches_in_force: ['{edge="slack",mode="off"} 1'],
  demotions_total: ['{runbook="fix",version="1",was="promoted"} 1'],
  changed_by_hand_total: [' 1'],
  messages_total: ['{outcome="called"} 1', '{outcome="told"} 1', '{outcome="silent"} 1'],
  runners_lost_total: [' 1'],
  http_request_seconds: ['_bucket{call="alertmanager",le="0.05"} 1', '_bucket{call="alertmanager",le="10"} 2', '_sum{call="alertmanager"} 6.03', '_count{call="alertmanager"} 2'],
  http_requests_total: ['{call="alertmanager",status="200"} 1', '{call="alertmanager",status="503"} 1'],
  http_refusals_total: ['{code="QUEUE_FULL"} 1'],
  log_append_seconds: ['_bucket{le="0.005"} 1', '_sum 0.004', '_count 1'],
  spans_total: ['{outcome="sent"} 3'],
  edge_calls_total: ['{edge="slack",outcome="failed"} 1'],
  edge_refusals_total: ['{edge="slack",reason="BreakerOpen"} 1'],
  edge_call_seconds: ['_bucket{edge="slack",le="10"} 0', '_bucket{edge="slack",le="+Inf"} 1', '_sum{edge="slack"} 20', '_count{edge="slack"} 1'],
  info: [`{version="1.2.3",node="${process.versions.node}"} 1`],
  ready: [' 1'],
  degraded: ['{edge="log"} 0', '{edge="slack"} 1'],
  edge_breakers_open: ['{edge="slack"} 2', '{edge="local"} 0'],
  workflows: ['{state="planning"} 0', '{state="ready"} 1', '{state="running"} 0', '{state="waiting"} 0'],
  episodes: [' 7'],
  episodes_unanswered: [' 1'],
  stops_in_force: ['{kind="kill"} 1', '{kind="pause"} 0'],
  suspensions_in_force: [' 1'],
  escalations_waiting: [' 3'],
  messages_waiting: [` ${story.state.noticesDue.size}`],
  heartbeats_missing: [' 1'],
  tick_age_seconds: [' 0.25'],
  log_position: [` ${story.state.position}`],
  log_lag_entries: [' 7'],
  entries_dropped_total: [' 0'],
  fold_stuck: [' 0'],
  log_batches_total: [' 3'], log_entries_total: [' 4'], log_bytes_total: [' 5'], log_repeats_total: [' 6'], log_refused_total: [' 7'], log_late_total: [' 8'],
  log_queued_entries: [' 1'], log_queued_bytes: [' 2'],
  door_connections: [' 11'], door_notifications: [' 12'], door_reads: [' 13'], door_body_bytes: [' 14'], door_big_bodies: [' 15'], door_event_streams: [' 16'],
  process_cpu_seconds_total: [/^ 0?\.?\d/], process_resident_memory_bytes: [/^ \d{7,}$/], process_start_time_seconds: [/^ 1\d{9}(\.\d+)?$/], event_loop_utilization: [/^ [01](\.\d+)?$|^ \d\.\d+e-\d+$/],
}

const linesOf = (name: string): string[] => {
  const start = name.startsWith('process_') ? name : `paramedic_${name}`
  return text.split('\n').filter((line) => line.startsWith(start) && /^(_bucket|_sum|_count)?[{ ]/.test(line.slice(start.length))).map((line) => line.slice(start.length))
}

describe('metrics', () => {
  test('each has a value that is known here, and each value here is one of a metric', () => {
    assert.deepEqual(metrics.described.map(({ name }) => name.replace('paramedic_', '')).sort(), Object.keys(expected).sort())
  })

  for (const [name, values] of Object.entries(expected)) {
    test(name, () => {
      const lines = linesOf(name)
      for (const value of values) assert.ok(typeof value === 'string' ? lines.includes(value) : lines.some((line) => value.test(line)), `${name}${value} is not among\n${lines.join('\n')}`)
      // All lines of a counter are named above; of a histogram the telling ones, of a gauge by state the interesting ones.
      if (name.endsWith('_total')) assert.equal(lines.length, values.length, lines.join('\n'))
    })
  }

  test('no label holds what an alert said', () => {
    for (const word of ['web', 'api', 'db', 'Unknown', 'Late', 'Watchdog']) assert.ok(!text.includes(`="${word}"`), word)
  })

  test('more sets of labels than there may be count under `other`', () => {
    const registry = new Registry()
    const counter = registry.counter('x_total', 'X.', ['a', 'b'])
    for (let i = 0; i < mostSeries + 10; i++) counter.add({ a: String(i), b: 'b' })
    counter.add({ a: '0', b: 'b' })
    const lines = registry.text().split('\n')
    assert.ok(lines.includes('paramedic_x_total{a="other",b="other"} 10'))
    assert.ok(lines.includes('paramedic_x_total{a="0",b="b"} 2'), 'those that were known go on')
    assert.equal(lines.filter((line) => line.startsWith('paramedic_x_total{')).length, mostSeries + 1)
  })

  test('what stands in a label cannot leave it', () => {
    const registry = new Registry()
    registry.counter('x_total', 'A \\ and\nmore.', ['a']).add({ a: 'q"\\\nx' })
    assert.equal(registry.text(), '# HELP paramedic_x_total A \\\\ and\\nmore.\n# TYPE paramedic_x_total counter\nparamedic_x_total{a="q\\"\\\\\\nx"} 1\n')
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  test('promtool finds nothing to complain of', { skip: promtool || process.env['CI'] === 'true' ? false : 'promtool is not installed (Debian: prometheus)' }, () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    assert.equal(`${stdout}${stderr}`, '')
    assert.equal(status, 0)
  })
})
