/** Every recorded payload, posted to a real server with its log on SQLite: what becomes of each alert, and why that is right. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually, get, liftAll } from '../flow/flow.ts'
import { folder, startServer, type Running } from '../flow/server.ts'

const fixtures = join(import.meta.dirname, '../fixtures')

/** In the order in which they are posted. Of each alert: its name, what it is now, how it was answered, how often it was told of as firing. */
const rows: [file: string, alerts: string[], because: string][] = [
  ['alertmanager/01-single-firing.json', ['HighCPU firing, no route, 1'], 'an alert that nobody knows'],
  ['alertmanager/02-grouped-two-firing.json', ['G firing, no route, 1', 'G firing, no route, 1'], 'two alerts of one group are two episodes'],
  ['alertmanager/03-grouped-partial-resolved.json', ['G resolved, no route, 1', 'G firing, no route, 2'], 'one of them ends, the other is told of again and answered once'],
  ['alertmanager/04-single-resolved.json', ['F2 resolved, resolved first, 1'], 'a resolved notice without its firing is a tombstone'],
  ['alertmanager/05-truncated-firing.json', ['T firing, no route, 1', 'T firing, no route, 1'], 'those that were sent of a truncated group'],
  ['alertmanager/06-truncated-status-resolved-while-3-still-fire.json', ['T resolved, no route, 1', 'T resolved, no route, 1'], "each alert's own status counts: that of the group is wrong"],
  ['alertmanager/07-group_by_all.json', ['A firing, no route, 1'], 'one notification for each alert'],
  ['alertmanager/08-continue-route-1.json', ['C firing, no route, 1'], 'the first of two routes of Alertmanager'],
  ['alertmanager/09-continue-route-2.json', ['C firing, no route, 2'], 'the second tells of the same episode under another group key'],
  ['alertmanager/10-hostile-labels.json', ['Evil1 firing, no route, 1'], 'labels are data'],
  ['alertmanager/11-proto-labels.json', ['Evil2 firing, no route, 1'], '__proto__ is a name like any other'],
  ['alertmanager/12-nul-label.json', ['Evil3 firing, no route, 1'], 'so is NUL a character'],
  ['alertmanager/13-no-alertname.json', ['(none) firing, no route, 1', '(none) firing, no route, 1'], 'alertname may be absent'],
  ['alertmanager/15-ssrf-generatorURL.json', ['Evil11 firing, no route, 1'], 'an address in it is never called'],
  ['alertmanager/16-ha-duplicate-from-A.json', ['H2 firing, no route, 1'], 'one peer of a pair'],
  ['alertmanager/17-ha-duplicate-from-B.json', ['H2 firing, no route, 1'], 'the other gave it another start, so it is another episode; one workflow per target is what keeps both from acting'],
  ['alertmanager/18-prometheus-watchdog-firing.json', ['Watchdog firing, heartbeat, 1'], 'never run, never unknown'],
  ['alertmanager/19-prometheus-watchdog-resolved-because-prometheus-died.json', ['Watchdog resolved, heartbeat, 1'], 'its end is no recovery: its absence will be missed'],
  ['alertmanager/20-prometheus-targetdown-resolved-because-prometheus-died.json', ['TargetDown resolved, resolved first, 1'], 'a hint, and nothing is started by it'],
  ['alertmanager/21-prometheus-rule-removed-resolved.json', ['Removed resolved, resolved first, 1'], 'the same when a rule is removed'],
  ['alertmanager/22-crash-restart-duplicate-1.json', ['Crash firing, no route, 1'], 'before Alertmanager was killed'],
  ['alertmanager/23-crash-restart-duplicate-2.json', ['Crash firing, no route, 2'], 'and after: the same episode'],
  ['alertmanager/24-old-alert-immediate-flush.json', ['Old firing, no route, 1'], 'it may have begun years ago'],
  ['alertmanager/25-flap-firing-first-episode.json', ['F firing, no route, 1'], 'the first of two firings'],
  ['alertmanager/26-flap-resolved-of-second-episode-never-announced.json', ['F resolved, resolved first, 1'], 'the end of the second, which was never announced, ends only that one'],
  ['alertmanager/30-ha-out-of-order-1-firing-from-A.json', ['H9 firing, no route, 1'], 'A says that it fires'],
  ['alertmanager/31-ha-out-of-order-2-resolved-from-A.json', ['H9 resolved, no route, 1'], 'A says that it ended'],
  ['alertmanager/32-ha-out-of-order-3-firing-from-B.json', ['H9 resolved, no route, 2'], 'B is late: what ended does not fire again'],
  ['alertmanager/33-ha-out-of-order-4-resolved-from-B.json', ['H9 resolved, no route, 2'], 'and ends again'],
  ['grafana/01-firing-zone-offset.json', ['High latency firing, no route, 1', 'High latency firing, no route, 1'], 'times with an offset'],
  ['grafana/02-resolved.json', ['High latency resolved, no route, 1'], 'the same time, written otherwise, is the same episode'],
  ['grafana/03-truncated.json', ['High latency resolved, no route, 1'], 'what was left out is counted, not guessed; what is told once more has ended already'],
  ['grafana/04-no-data.json', ['DatasourceNoData firing, no route, 1'], 'an alert like any other'],
]

describe('recorded payloads', () => {
  let server: Running
  before(async () => {
    server = await startServer(folder())
    await liftAll(server.url)
  })
  after(() => server.end())

  test('each has a row here', () => {
    const files = ['alertmanager', 'grafana'].flatMap((from) => readdirSync(join(fixtures, from)).map((name) => `${from}/${name}`))
    assert.deepEqual(files.sort(), rows.map(([file]) => file).sort())
  })

  for (const [file, alerts, because] of rows) {
    test(`${file}: ${because}`, async () => {
      const response = await fetch(`${server.url}/webhooks/${file.split('/')[0]}`, { method: 'POST', body: readFileSync(join(fixtures, file)) })
      const { accepted, alerts: told, problems } = (await response.json()) as { accepted: number; alerts: { episode: string }[]; problems?: unknown }
      assert.deepEqual([response.status, accepted, problems], [200, alerts.length, undefined])
      const found = await eventually('answered', async () => {
        const episodes = await Promise.all(told.map(({ episode }) => get(`${server.url}/v1/episodes/${episode}`)))
        return episodes.every(({ answer }) => answer !== undefined) && episodes
      })
      assert.deepEqual(found.map(({ labels, status, answer, told: times }) => `${labels.alertname ?? '(none)'} ${status}, ${answer.reason ?? 'a workflow'}, ${times}`), alerts)
    })
  }
})
