import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { StopOrder } from '../../src/core/entry.ts'
import { createEarlyStops } from '../../src/follow/early-stops.ts'
import { stopFile } from '../../src/follow/stop-file.ts'

const order = (id: string): StopOrder => ({ id, matchers: [], effect: 'kill', who: 'ann', why: 'now' })

const fileFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-early-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'stops.early.jsonl')
}
const open = (path: string) => createEarlyStops(stopFile(path), () => 'new')

test('a stop that came before the log was read outlives its process, and is handed over once', (t) => {
  const path = fileFor(t)
  assert.equal(open(path).pull(order('one')).durable, false)
  const next = open(path)
  next.pull(order('two'))
  const obeyed: string[] = []
  next.handOver(({ id }) => (obeyed.push(id), { id, durable: false }))
  assert.deepEqual(obeyed, ['one', 'two'])
  assert.deepEqual(open(path).all(), [])
})

test('it stays in the file until whoever took it over has kept it', (t) => {
  const path = fileFor(t)
  const early = open(path)
  early.pull(order('one'))
  early.handOver(({ id }) => ({ id, durable: false, unkept: 'no room' }))
  assert.deepEqual(open(path).all().map(({ id }) => id), ['one'])
})

test('what cannot be kept is in force all the same, and says so', (t) => {
  const path = fileFor(t)
  const early = createEarlyStops({ ...stopFile(path), write: () => { throw new Error('no room') } }, () => 'new')
  assert.equal(early.pull(order('one')).unkept, 'no room')
  assert.deepEqual(early.all().map(({ id }) => id), ['one'])
})

test('a file that cannot be read stops everything', (t) => {
  const path = fileFor(t)
  writeFileSync(path, 'half a li')
  assert.deepEqual(open(path).all().map(({ id, matchers, effect }) => ({ id, matchers, effect })), [{ id: 'new', matchers: [], effect: 'kill' }])
})
