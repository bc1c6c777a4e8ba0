/**
 * A process folds what its own door parsed; another one, and the same one after a restart, folds what the log gives back. Both
 * must come to the same state, or servers would part.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { entryCodec, notificationOf, numbered, type Entry, type Fact, type Received } from '../../src/core/entry.ts'
import { evolve } from '../../src/core/evolve.ts'
import { initialState } from '../../src/core/state.ts'
import { manyAlerts } from '../fixtures/many-alerts.ts'
import { notification, open } from './door.ts'

const fixtures = join(import.meta.dirname, '../fixtures')
const recorded = ['alertmanager', 'grafana'].flatMap((from) => readdirSync(join(fixtures, from)).map((name) => ({ from, body: readFileSync(join(fixtures, from, name), 'utf8') })))

const good = notification(3).alerts
const bodies = [
  ...recorded,
  { from: 'alertmanager', body: manyAlerts(500) },
  { from: 'alertmanager', body: JSON.stringify({ ...notification(0), alerts: [good[0], { status: 'firing' }, good[1], 7] }) },
  { from: 'alertmanager', body: JSON.stringify(notification(2, { receiver: 'team-a\\.web\\+1' }), null, 3).replace(/\n/g, '\r\n') },
  { from: 'alertmanager', body: JSON.stringify(notification(2)).replace('"Slow"', '"\\u0053low\\ud83d\\ude00"') },
]

test('folding what the door parsed, and what the log gives back, comes to the same state', async (t) => {
  const { ports, call } = await open(t)
  const byDoor: Entry[] = []
  const byLog: Entry[] = []
  let parsedAtTheDoor = 0
  const append = async (facts: readonly Fact[]): Promise<void> => {
    for (const fact of facts) {
      const entry = numbered(fact, 'A', byDoor.length + 1)
      byDoor.push(entry)
      byLog.push(entryCodec.decode(entryCodec.encode(entry)))
      const [once, again] = [notificationOf(fact as Received), notificationOf(fact as Received)]
      if (once === again) parsedAtTheDoor++
    }
  }
  Object.assign(ports, { append })
  for (const { from, body } of bodies) {
    const { status, text } = await call('POST', `/webhooks/${from}`, { body })
    assert.equal(status, 200, text)
  }
  assert.ok(parsedAtTheDoor >= recorded.length, `only ${parsedAtTheDoor} of ${byDoor.length} bodies were parsed once`)
  assert.deepEqual(entryCodec.decodeArray(`[${byDoor.map(entryCodec.encode).join()}]`), byLog, 'a commit read at once holds what its entries read one by one hold')
  const fold = (entries: readonly Entry[]) => {
    const state = initialState()
    entries.forEach((entry, position) => evolve(state, { position, at: 1_760_000_000_000 + position, entry }))
    return state
  }
  assert.deepEqual(fold(byDoor), fold(byLog))
})

test('a commit in which something is no entry is refused whole', () => {
  for (const bad of ['7', 'null', '{}', '"received"']) assert.throws(() => entryCodec.decodeArray(`[{"kind":"received"},${bad}]`), /not an entry/)
})
