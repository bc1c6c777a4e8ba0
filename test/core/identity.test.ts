import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareBytes, fingerprint } from '../../src/core/fingerprint.ts'
import { parseInstant } from '../../src/core/instant.ts'
import { preferred, rank } from '../../src/core/rendezvous.ts'
import { episodeId, isUuid, uuidv7 } from '../../src/core/uuid.ts'
import { manyAlerts } from '../fixtures/many-alerts.ts'

const recorded = new URL('../fixtures/alertmanager/', import.meta.url)
const map = (of: Record<string, string>) => new Map(Object.entries(of))

/** FNV-1a 64 as it is written in books, over bytes in UTF-8. */
const slow = (labels: ReadonlyMap<string, string>): string => {
  const encoder = new TextEncoder()
  const pairs = [...labels].map(([name, value]) => [Buffer.from(encoder.encode(name)), Buffer.from(encoder.encode(value))] as const)
  let hash = 0xcbf29ce484222325n
  for (const [name, value] of pairs.sort(([a], [b]) => Buffer.compare(a, b))) {
    for (const byte of [...name, 0xff, ...value, 0xff]) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  }
  return hash.toString(16).padStart(16, '0')
}

describe('the fingerprint', () => {
  for (const name of readdirSync(recorded).filter((file) => file.endsWith('.json'))) {
    it(`is what Alertmanager had computed in ${name}`, () => {
      const { alerts } = JSON.parse(readFileSync(new URL(name, recorded), 'utf8')) as { alerts: { labels: Record<string, string>; fingerprint: string }[] }
      assert.ok(alerts.length > 0)
      for (const { labels, fingerprint: theirs } of alerts) assert.equal(fingerprint(map(labels)), theirs)
    })
  }

  it('is what Alertmanager had computed in a body of 500', () => {
    const { alerts } = JSON.parse(manyAlerts(500)) as { alerts: { labels: Record<string, string>; fingerprint: string }[] }
    for (const i of [0, 99]) assert.equal(fingerprint(map(alerts[i]!.labels)), alerts[i]!.fingerprint)
  })

  it('is FNV-1a over the labels in the order of their bytes, whatever is in them', () => {
    const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ unit: 'grapheme-ascii', maxLength: 40 }))
    fc.assert(fc.property(fc.array(fc.tuple(word, word), { maxLength: 8 }), (pairs) => {
      assert.equal(fingerprint(new Map(pairs)), slow(new Map(pairs)))
    }), { numRuns: 500 })
  })

  it('orders names by their bytes, as Go does, and not by halves of characters, as JS does', () => {
    assert.ok('\u{1f642}' < '\uff5e' && compareBytes('\u{1f642}', '\uff5e') > 0)
    const labels = new Map([['\uff5e', '1'], ['\u{1f642}', '2'], ['a', '3']])
    assert.equal(fingerprint(labels), slow(labels))
  })
})

describe('the id of an episode', () => {
  const labels = map({ alertname: 'A', instance: 'web-1' })
  const at = { labels, startsAt: '2026-11-22T02:16:39.563587732Z', startsAtMs: Date.parse('2026-11-22T02:16:39.563Z') }
  const id = episodeId(at)

  it('is a UUID of version 7 that carries the start', () => {
    assert.ok(isUuid(id))
    assert.equal(id[14], '7')
    assert.match(id[19]!, /[89ab]/)
    assert.equal(parseInt(id.slice(0, 8) + id.slice(9, 13), 16), at.startsAtMs)
  })

  it('never changes: it is on logs', () => assert.equal(id, '01a2010a-918b-791f-bb26-57198e1918dd'))

  const others: readonly [alert: Parameters<typeof episodeId>[0], same: boolean, reason: string][] = [
    [{ ...at, labels: map({ instance: 'web-1', alertname: 'A' }) }, true, 'labels in another order'],
    [{ ...at, labels: map({ alertname: 'A', instance: 'web-2' }) }, false, 'another label'],
    [{ ...at, labels: map({ alertname: 'Ai', nstance: 'web-1' }) }, false, 'the same letters, cut elsewhere'],
    [{ ...at, startsAt: '2026-11-22T02:16:39.563587733Z' }, false, 'a nanosecond later'],
  ]
  for (const [alert, same, reason] of others) {
    it(`${same ? 'stays' : 'differs'}: ${reason}`, () => assert.equal(episodeId(alert) === id, same))
  }

  it('of a start before 1970 is that of 1970', () => assert.match(episodeId({ ...at, startsAtMs: -5 }), /^00000000-0000-7/))

  it('differs among very many alike', () => {
    const tails = new Set<string>()
    for (let i = 0; i < 50_000; i++) tails.add(episodeId({ ...at, labels: map({ alertname: 'A', instance: `web-${i}` }) }).slice(14))
    assert.equal(tails.size, 50_000)
  })
})

describe('a UUID', () => {
  it('is written from time and chance that are handed in', () => {
    // The example of RFC 9562, appendix A.6.
    const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f])
    assert.equal(uuidv7(0x017f22e279b0, random), '017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
    assert.throws(() => uuidv7(0, new Uint8Array(9)), RangeError)
  })
})

describe('an instant', () => {
  const table: readonly [text: string, expected: string | undefined, reason: string][] = [
    ['2026-11-22T02:16:39.563587732Z', '2026-11-22T02:16:39.563587732Z', 'as Go writes it'],
    ['2026-11-22T02:27:50.204Z', '2026-11-22T02:27:50.204Z', 'three digits'],
    ['2026-11-22T02:16:39Z', '2026-11-22T02:16:39Z', 'none'],
    ['2026-11-22T02:16:39.500Z', '2026-11-22T02:16:39.5Z', 'zeros at the end say nothing'],
    ['2026-11-22T02:16:39.000000000Z', '2026-11-22T02:16:39Z', 'nothing but zeros'],
    ['2026-11-22T02:16:39.1234567899Z', '2026-11-22T02:16:39.123456789Z', 'nanoseconds are the last'],
    ['2026-10-12T09:51:03.157076+02:00', '2026-10-12T07:51:03.157076Z', 'a zone to the east'],
    ['2026-12-31T23:59:59-01:30', '2027-01-01T01:29:59Z', 'a zone to the west, over the year'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z', 'a leap day'],
    ['2026-11-22t02:16:39z', '2026-11-22T02:16:39Z', 'small letters are allowed'],
    ['1960-01-01T00:00:00.25Z', '1960-01-01T00:00:00.25Z', 'before 1970'],
    ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00Z', 'in the future'],
    ['0001-01-01T00:00:00Z', 'unset', 'what Go writes for none'],
    ['0001-01-01T00:00:00+00:00', 'unset', 'the same with an offset'],
    ['2026-02-29T00:00:00Z', undefined, 'no such day'],
    ['2026-13-01T00:00:00Z', undefined, 'no such month'],
    ['2026-01-01T24:00:00Z', undefined, 'no such hour'],
    ['2026-01-01T00:00:60Z', undefined, 'no such second'],
    ['2026-01-01 00:00:00Z', undefined, 'no T'],
    ['2026-01-01T00:00:00', undefined, 'no zone'],
    ['2026-01-01T00:00:00.Z', undefined, 'no digit behind the point'],
    ['2026-01-01T00:00:00Zz', undefined, 'more behind it'],
    ['2026-01-01T00:00:00+25:00', undefined, 'no such zone'],
    ['9999-12-31T23:59:59-01:00', undefined, 'over the last year that can be written'],
    ['2026', undefined, 'a year'],
    ['', undefined, 'nothing'],
  ]
  for (const [text, expected, reason] of table) {
    it(`${text} is ${expected ?? 'refused'}: ${reason}`, () => {
      const parsed = parseInstant(text)
      assert.equal(typeof parsed === 'object' ? parsed.text : parsed, expected)
      if (typeof parsed === 'object') assert.equal(parsed.ms, Date.parse(text.slice(0, 23).endsWith('.') ? text : parsed.text.replace(/(\.\d{3})\d+/, '$1')))
    })
  }

  it('of what JS writes is what JS wrote', () => {
    fc.assert(fc.property(fc.date({ min: new Date('0002-01-01'), max: new Date('9999-12-30'), noInvalidDate: true }), (date) => {
      const parsed = parseInstant(date.toISOString())
      assert.ok(typeof parsed === 'object')
      assert.equal(parsed.ms, date.getTime())
      assert.equal(Date.parse(parsed.text), date.getTime())
      assert.deepEqual(parseInstant(parsed.text), parsed)
    }))
  })
})

describe('who goes first', () => {
  const processes = ['p1', 'p2', 'p3', 'p4', 'p5']
  const items = Array.from({ length: 5000 }, (_, i) => `item-${i}`)

  it('does not depend on the order in which they are named', () => {
    for (const item of items.slice(0, 50)) assert.deepEqual(preferred(item, [...processes].reverse()), preferred(item, processes))
  })

  it('is the same as one and as a list', () => {
    for (const item of items.slice(0, 200)) {
      assert.deepEqual(processes.map((one) => rank(item, one, processes)).sort(), [0, 1, 2, 3, 4])
      for (const one of processes) assert.equal(preferred(item, processes)[rank(item, one, processes)], one)
    }
    assert.equal(rank('item', 'not among them', processes), 5)
  })

  it('is shared evenly', () => {
    for (const one of processes) {
      const share = items.filter((item) => rank(item, one, processes) === 0).length / items.length
      assert.ok(share > 0.17 && share < 0.23, `${one} has ${share}`)
    }
  })

  it('moves nothing but the share of the one that goes', () => {
    const left = processes.filter((one) => one !== 'p3')
    for (const item of items) {
      const before = preferred(item, processes)
      assert.deepEqual(preferred(item, left), before.filter((one) => one !== 'p3'))
    }
  })
})
