import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Alert, Notification } from '../../src/core/alert.ts'
import { plainLabels } from '../../src/core/labels.ts'
import { parseNotification } from '../../src/core/notification.ts'
import { notificationParts } from '../../src/core/parts.ts'
import { manyAlerts } from '../fixtures/many-alerts.ts'
import { body, folder, good, nameOf, parse, textOf, type Source } from './payloads.ts'

const read = (source: Source, file: string): Notification => {
  const { notification, problems } = parseNotification(source, JSON.parse(textOf(source, file)))
  assert.deepEqual(problems, [])
  assert.ok(notification)
  return notification
}

/** With its labels and annotations, which an alert makes when it is asked. */

describe('every recorded notification is read as what it is', () => {
  const table: readonly [source: Source, file: string, alerts: string[], of: { receiver: string; truncated?: number; startsAt?: string }, reason: string][] = [
    ['alertmanager', '01-single-firing', ['firing HighCPU'], { receiver: 'team-a.web+1', startsAt: '2026-11-22T02:16:39.563587732Z' }, 'a receiver is quoted for a regular expression'],
    ['alertmanager', '02-grouped-two-firing', ['firing G', 'firing G'], { receiver: 'ok' }, 'a group'],
    ['alertmanager', '03-grouped-partial-resolved', ['resolved G', 'firing G'], { receiver: 'ok' }, "the status is each alert's own, though the group says firing"],
    ['alertmanager', '04-single-resolved', ['resolved F2'], { receiver: 'flap' }, 'resolved'],
    ['alertmanager', '05-truncated-firing', ['firing T', 'firing T'], { receiver: 'trunc', truncated: 3 }, 'three were left out'],
    ['alertmanager', '06-truncated-status-resolved-while-3-still-fire', ['resolved T', 'resolved T'], { receiver: 'trunc', truncated: 3 }, 'the group says resolved while three still fire'],
    ['alertmanager', '07-group_by_all', ['firing A'], { receiver: 'ok' }, 'one POST per alert'],
    ['alertmanager', '08-continue-route-1', ['firing C'], { receiver: 'ok' }, 'told over one route'],
    ['alertmanager', '09-continue-route-2', ['firing C'], { receiver: 'ok' }, 'and over another'],
    ['alertmanager', '10-hostile-labels', ['firing Evil1'], { receiver: 'evil' }, 'hostile text is data'],
    ['alertmanager', '11-proto-labels', ['firing Evil2'], { receiver: 'evil' }, '__proto__ and constructor are names'],
    ['alertmanager', '12-nul-label', ['firing Evil3'], { receiver: 'evil' }, 'NUL is data'],
    ['alertmanager', '13-no-alertname', ['firing -', 'firing -'], { receiver: 'evil' }, 'an alert may have no name'],
    ['alertmanager', '15-ssrf-generatorURL', ['firing Evil11'], { receiver: 'evil' }, 'a URL is not followed'],
    ['alertmanager', '16-ha-duplicate-from-A', ['firing H2'], { receiver: 'h2', startsAt: '2026-11-22T02:26:00.632Z' }, 'one of a pair'],
    ['alertmanager', '17-ha-duplicate-from-B', ['firing H2'], { receiver: 'h2', startsAt: '2026-11-22T02:26:00.284Z' }, 'the other gave it a start of its own'],
    ['alertmanager', '18-prometheus-watchdog-firing', ['firing Watchdog'], { receiver: 'watchdog' }, 'a heartbeat'],
    ['alertmanager', '19-prometheus-watchdog-resolved-because-prometheus-died', ['resolved Watchdog'], { receiver: 'watchdog' }, 'what watches died'],
    ['alertmanager', '20-prometheus-targetdown-resolved-because-prometheus-died', ['resolved TargetDown'], { receiver: 'p' }, 'resolved, though still down'],
    ['alertmanager', '21-prometheus-rule-removed-resolved', ['resolved Removed'], { receiver: 'p' }, 'the rule was removed'],
    ['alertmanager', '22-crash-restart-duplicate-1', ['firing Crash'], { receiver: 'p', startsAt: '2026-11-22T02:00:00Z' }, 'told'],
    ['alertmanager', '23-crash-restart-duplicate-2', ['firing Crash'], { receiver: 'p', startsAt: '2026-11-22T02:00:00Z' }, 'told again after a crash'],
    ['alertmanager', '24-old-alert-immediate-flush', ['firing Old'], { receiver: 'team-a.web+1', startsAt: '2024-01-01T00:00:00Z' }, 'years past'],
    ['alertmanager', '25-flap-firing-first-episode', ['firing F'], { receiver: 'flap' }, 'fired'],
    ['alertmanager', '26-flap-resolved-of-second-episode-never-announced', ['resolved F'], { receiver: 'flap' }, 'resolved, of an episode that was never told'],
    ['alertmanager', '30-ha-out-of-order-1-firing-from-A', ['firing H9'], { receiver: 'h9' }, 'fired'],
    ['alertmanager', '31-ha-out-of-order-2-resolved-from-A', ['resolved H9'], { receiver: 'h9' }, 'resolved'],
    ['alertmanager', '32-ha-out-of-order-3-firing-from-B', ['firing H9'], { receiver: 'h9' }, 'a stale firing from the other of a pair'],
    ['alertmanager', '33-ha-out-of-order-4-resolved-from-B', ['resolved H9'], { receiver: 'h9' }, 'resolved again'],
    ['grafana', '01-firing-zone-offset', ['firing High latency', 'firing High latency'], { receiver: 'Paramedic (shop.*)', startsAt: '2026-10-12T07:51:03.157076Z' }, 'a zone; a receiver that is not quoted'],
    ['grafana', '02-resolved', ['resolved High latency'], { receiver: 'Paramedic (shop.*)', startsAt: '2026-10-12T07:51:03.157076Z' }, 'resolved'],
    ['grafana', '03-truncated', ['resolved High latency'], { receiver: 'Paramedic (shop.*)', truncated: 4, startsAt: '2026-10-12T07:51:03.157076Z' }, 'four were left out'],
    ['grafana', '04-no-data', ['firing DatasourceNoData'], { receiver: 'Paramedic (shop.*)', startsAt: '2026-10-12T07:51:03Z' }, 'another zone'],
  ]
  for (const [source, file, alerts, of, reason] of table) {
    it(`${source}/${file}: ${reason}`, () => {
      const notification = read(source, file)
      assert.deepEqual(notification.alerts.map(nameOf), alerts)
      assert.equal(notification.receiver, of.receiver)
      assert.equal(notification.truncated, of.truncated ?? 0)
      if (of.startsAt !== undefined) assert.equal(notification.alerts[0]!.startsAt, of.startsAt)
      const sent = JSON.parse(textOf(source, file)) as { alerts: { labels: object; fingerprint: string }[] }
      notification.alerts.forEach((alert, i) => {
        assert.deepEqual(Object.entries(plainLabels(alert.labels)), Object.entries(sent.alerts[i]!.labels))
        if (source === 'alertmanager') assert.equal(alert.fingerprint, sent.alerts[i]!.fingerprint)
        assert.equal(alert.endsAt === '', alert.status === 'firing')
      })
    })
  }

  it('and no fixture is left out', () => {
    for (const source of ['alertmanager', 'grafana'] as const) {
      const files = readdirSync(folder(source)).map((file) => file.replace('.json', '')).sort()
      assert.deepEqual(table.filter(([of]) => of === source).map(([, file]) => file), files)
    }
  })

  it('500 alerts are 500 episodes', () => {
    const { notification, problems } = parseNotification('alertmanager', JSON.parse(manyAlerts(500)))
    assert.deepEqual(problems, [])
    assert.equal(new Set(notification!.alerts.map(({ episode }) => episode)).size, 500)
  })
})

describe('the same firing is the same episode', () => {
  const first = (source: Source, file: string): Alert => read(source, file).alerts[0]!
  const table: readonly [a: Alert, b: Alert, same: boolean, reason: string][] = [
    [first('alertmanager', '08-continue-route-1'), first('alertmanager', '09-continue-route-2'), true, 'over two routes'],
    [first('alertmanager', '22-crash-restart-duplicate-1'), first('alertmanager', '23-crash-restart-duplicate-2'), true, 'after a restart'],
    [first('alertmanager', '30-ha-out-of-order-1-firing-from-A'), first('alertmanager', '33-ha-out-of-order-4-resolved-from-B'), true, 'from both of a pair, firing and resolved'],
    [first('grafana', '01-firing-zone-offset'), first('grafana', '03-truncated'), true, 'with its start written in another zone'],
    [first('alertmanager', '25-flap-firing-first-episode'), first('alertmanager', '26-flap-resolved-of-second-episode-never-announced'), false, 'it fired again later'],
    [first('alertmanager', '16-ha-duplicate-from-A'), first('alertmanager', '17-ha-duplicate-from-B'), false, 'a sender that gave no start: each of the pair made up its own'],
  ]
  for (const [a, b, same, reason] of table) {
    it(`${same ? 'yes' : 'no'}: ${reason}`, () => {
      assert.equal(a.fingerprint, b.fingerprint)
      assert.equal(a.episode === b.episode, same)
    })
  }
})

describe('a bad alert is named, and the good ones beside it are kept', () => {
  const table: readonly [alert: unknown, field: string, problem: RegExp, reason: string][] = [
    [null, '', /object/, 'nothing'],
    ['text', '', /object/, 'text'],
    [{ ...good, status: 'suppressed' }, 'status', /"firing" or "resolved"/, 'a status that is none'],
    [{ ...good, status: undefined }, 'status', /"firing" or "resolved"/, 'no status'],
    [{ ...good, startsAt: undefined }, 'startsAt', /text/, 'no start'],
    [{ ...good, startsAt: 1795313799 }, 'startsAt', /text/, 'a number'],
    [{ ...good, startsAt: 'yesterday' }, 'startsAt', /RFC 3339/, 'no time'],
    [{ ...good, startsAt: '0001-01-01T00:00:00Z' }, 'startsAt', /not set/, 'the zero time of Go'],
    [{ ...good, labels: undefined }, 'labels', /object/, 'no labels'],
    [{ ...good, labels: [['a', 'b']] }, 'labels', /object/, 'a list'],
    [{ ...good, labels: {} }, 'labels', /at least one/, 'no label at all'],
    [{ ...good, labels: { a: '' } }, 'labels', /at least one/, 'only an empty one, which is none'],
    [{ ...good, labels: { a: 'b', n: 1 } }, 'labels.n', /text/, 'a number for a value'],
    [{ ...good, labels: { a: { b: 'c' } } }, 'labels.a', /text/, 'an object for a value'],
    [{ ...good, labels: { '': 'x' } }, 'labels.', /1 to 1024/, 'no name'],
    [{ ...good, labels: { ['n'.repeat(1025)]: 'x' } }, `labels.${'n'.repeat(52)}… [cut from 1025 characters]`, /1 to 1024/, 'a name without end'],
    [{ ...good, labels: { a: 'x', big: 'x'.repeat(65_537) } }, 'labels.big', /has 65537 bytes; at most 65536/, 'a value over its bound'],
    [{ ...good, labels: { big: 'é'.repeat(40_000) } }, 'labels.big', /has 80000 bytes/, 'bytes are counted, not characters'],
    [{ ...good, labels: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`l${i}`, 'x'])) }, 'labels', /257 labels; at most 256/, 'too many'],
    [{ ...good, labels: { a: '\0'.repeat(10_000), b: '\0'.repeat(10_000) } }, 'labels', /120\d\d\d bytes together/, 'they would not fit into an entry as JSON'],
  ]
  for (const [alert, field, problem, reason] of table) {
    it(`${field || 'the alert'}: ${reason}`, () => {
      const { notification, problems } = parse(body(good, alert, good))
      assert.equal(notification?.alerts.length, 2)
      assert.equal(problems.length, 1)
      assert.equal(problems[0]!.index, 1)
      assert.equal(problems[0]!.field, field)
      assert.match(problems[0]!.problem, problem)
    })
  }

  it('with very many bad ones the first are named and all are counted', () => {
    const { notification, problems } = parse(body(...Array.from({ length: 5000 }, () => ({})), good))
    assert.equal(notification?.alerts.length, 1)
    assert.equal(problems.length, 100)
    assert.deepEqual(problems.at(-1), { index: 4999, field: '', problem: 'and 4901 bad alerts up to this one' })
  })
})

describe('what is no notification at all is said', () => {
  for (const json of [null, 1, 'text', true, [], {}, { alerts: {} }, { alerts: 'x' }, JSON.parse('{"__proto__":{"alerts":[]}}')]) {
    it(JSON.stringify(json), () => {
      const { notification, problems } = parse(json)
      assert.equal(notification, undefined)
      assert.deepEqual(problems.map(({ index }) => index), [-1])
    })
  }

  it('one without alerts is one', () => assert.deepEqual(parse(body()).notification?.alerts, []))
})

describe('what senders add, leave out or overdo does no harm', () => {
  it('unknown fields are ignored, however deep', () => {
    const deep = `{"receiver":"r","notification_reason":"repeat interval elapsed","routeLabels":{"a":"b"},"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"alerts":[${JSON.stringify(good).slice(0, -1)},"y":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}]}`
    const json: unknown = JSON.parse(deep)
    const parsed = parse(json)
    assert.deepEqual(parsed.problems, [])
    const parts = notificationParts(parsed, deep)
    assert.equal(parts.length, 1)
    assert.ok(parts[0]!.length < 1000, 'what is not known is not kept where a body is written anew')
  })

  it('an empty label is the same as none', () => {
    const [a, b] = parse(body({ ...good, labels: { alertname: 'Good', team: '' } }, good)).notification!.alerts
    assert.equal(a!.episode, b!.episode)
    assert.equal(a!.labels.has('team'), false)
  })

  it("a sender's fingerprint is not taken", () => {
    const [a, b] = parse(body({ ...good, fingerprint: '0000000000000000' }, good)).notification!.alerts
    assert.equal(a!.fingerprint, b!.fingerprint)
  })

  it('half of a surrogate pair becomes what UTF-8 makes of it', () => {
    const [a, b] = parse(body({ ...good, labels: { alertname: 'a\ud800b' } }, { ...good, labels: { alertname: 'a\ufffdb' } })).notification!.alerts
    assert.equal(a!.labels.get('alertname'), 'a\ufffdb')
    assert.equal(a!.episode, b!.episode)
  })

  const annotations: readonly [given: unknown, told: Record<string, string>, reason: string][] = [
    [undefined, {}, 'none'],
    [['a'], {}, 'a list'],
    [{ a: 1.5, b: true, c: null, d: { e: 1 } }, { a: '1.5', b: 'true', c: '[not text]', d: '[not text]' }, 'other than text'],
    [{ a: 'x'.repeat(20_000) }, { a: `${'x'.repeat(16_355)}… [cut from 20000 characters]` }, 'over its bound: cut, and said'],
    [{ a: 'x'.repeat(16_384), b: 'y'.repeat(16_384), c: 'z'.repeat(16_384), d: 'd' }, { a: 'x'.repeat(16_384), b: 'y'.repeat(16_384), c: '[cut]', d: 'd' }, 'too much together'],
  ]
  for (const [given, told, reason] of annotations) {
    it(`annotations: ${reason}`, () => {
      const [alert] = parse(body({ ...good, annotations: given })).notification!.alerts
      assert.deepEqual(plainLabels(alert!.annotations), told)
    })
  }

  it('a group key of a megabyte is cut', () => {
    assert.ok(parse({ ...body(good), groupKey: 'k'.repeat(1_000_000) }).notification!.groupKey.length <= 1024)
  })

  it('whatever JSON comes, it never throws, and each alert is either kept or named', () => {
    const wild = fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.record({
      status: fc.oneof(fc.constantFrom('firing', 'resolved'), fc.jsonValue()),
      labels: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
      annotations: fc.oneof(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())), fc.jsonValue()),
      startsAt: fc.oneof(fc.constant(good.startsAt), fc.date({ noInvalidDate: true }).map((date) => date.toISOString()), fc.string()),
    }, { requiredKeys: [] }))
    fc.assert(fc.property(fc.constantFrom('alertmanager' as const, 'grafana' as const), fc.oneof(fc.jsonValue(), fc.array(wild, { maxLength: 5 })), (source, json) => {
      const given = JSON.parse(JSON.stringify(Array.isArray(json) ? { alerts: json } : json)) as { alerts?: unknown[] }
      const { notification, problems } = parseNotification(source, given)
      if (notification === undefined) assert.equal(problems.length, 1)
      else assert.equal(notification.alerts.length + problems.length, given.alerts!.length)
    }), { numRuns: 500 })
  })
})
