import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Alert } from '../../src/core/alert.ts'
import { parseNotification } from '../../src/core/notification.ts'
import { maxPartBytes, notificationParts } from '../../src/core/parts.ts'
import { bounds } from '../../src/core/told.ts'
import { manyAlerts } from '../fixtures/many-alerts.ts'
import { body, good, nameOf, parse, textOf, whole, type Source } from './payloads.ts'

describe('the log keeps all good alerts, in parts of bounded size', () => {
  const again = (parts: readonly string[], source: Source): Alert[] => parts.flatMap((part) => {
    const { notification, problems } = parseNotification(source, JSON.parse(part))
    assert.deepEqual(problems, [])
    return notification!.alerts
  })

  it('the usual body is kept as it came', () => {
    const text = textOf('alertmanager', '01-single-firing')
    assert.deepEqual(notificationParts(parse(JSON.parse(text)), text), [text])
  })

  it('a large one becomes several, with every alert and the same head', () => {
    const text = manyAlerts(1500)
    const parsed = parse({ ...JSON.parse(text) as object, truncatedAlerts: 7, receiver: 'a\\.b' })
    const parts = notificationParts(parsed, text)
    assert.ok(parts.length >= 4 && parts.every((part) => Buffer.byteLength(part) <= maxPartBytes))
    assert.deepEqual(again(parts, 'alertmanager').map(whole), parsed.notification!.alerts.map(whole))
    for (const part of parts) {
      const { receiver, truncated, groupKey } = parseNotification('alertmanager', JSON.parse(part)).notification!
      assert.deepEqual([receiver, truncated, groupKey], ['a.b', 7, '{}/{exp="big"}:{alertname="Big"}'])
    }
  })

  it('bad alerts are left out', () => {
    const json = body(good, { ...good, startsAt: 'no' }, { ...good, labels: { alertname: 'Other' } })
    const parts = notificationParts(parse(json), JSON.stringify(json))
    assert.equal(parts.length, 1)
    assert.deepEqual(again(parts, 'alertmanager').map(nameOf), ['firing Good', 'firing Other'])
  })

  it('of nothing good nothing is kept', () => {
    assert.deepEqual(notificationParts(parse(body({})), '{}'), [])
    assert.deepEqual(notificationParts(parse('x'), '"x"'), [])
  })

  it('the largest alert that is accepted fits, and is read back as it was', () => {
    // 98,304 bytes of labels and as many annotations as are kept, each the most that JSON makes of them.
    const labels = Object.fromEntries(Array.from({ length: 160 }, (_, i) => [`label_${i}`, '\0'.repeat(99)]))
    const annotations = Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`annotation_${i}`, '\u0001"\\é🙂\ud800'.repeat(i)]))
    const most = { ...good, labels, annotations, generatorURL: '\u0002'.repeat(5000) }
    const json = { ...body(most, most), groupKey: '\0'.repeat(9999), receiver: '\0'.repeat(9999), externalURL: '\0'.repeat(9999) }
    const parsed = parse(json)
    assert.deepEqual(parsed.problems, [])
    const parts = notificationParts(parsed, JSON.stringify(json))
    assert.equal(parts.length, 2)
    for (const part of parts) assert.ok(Buffer.byteLength(part) <= maxPartBytes, `${Buffer.byteLength(part)} bytes`)
    assert.deepEqual(again(parts, 'alertmanager').map(whole), parsed.notification!.alerts.map(whole))
  })

  it('whatever is kept is read back as it was', () => {
    const word = fc.string({ unit: 'binary', maxLength: 30 })
    const one = fc.record({
      status: fc.constantFrom('firing', 'resolved'),
      labels: fc.dictionary(word, word, { minKeys: 1 }).map((labels) => ({ ...labels, alertname: 'A' })),
      annotations: fc.dictionary(word, fc.oneof(word, fc.constant('long'.repeat(6000)))),
      startsAt: fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
    })
    fc.assert(fc.property(fc.constantFrom('alertmanager' as const, 'grafana' as const), fc.array(one, { maxLength: 6 }), word, (source, alerts, receiver) => {
      const text = JSON.stringify({ receiver, groupKey: receiver, alerts: [...alerts, 'bad'] })
      const parsed = parseNotification(source, JSON.parse(text))
      const parts = notificationParts(parsed, text, 60_000)
      assert.deepEqual(again(parts, source).map(whole), parsed.notification!.alerts.map(whole))
      if (parts.length > 0) assert.equal(parseNotification(source, JSON.parse(parts[0]!)).notification!.receiver, parsed.notification!.receiver)
    }), { numRuns: 200 })
  })

  it('bounds leave room for one alert in one part', () => {
    const heads = (1024 + 1024 + 2048 + 2048) * 6
    assert.ok(bounds.allLabels + bounds.allAnnotations + heads + 2000 <= maxPartBytes)
  })
})
