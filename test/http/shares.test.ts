/** Each token, and each team of tokens, has its own share at the door: one that floods does not starve the others. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { queueFull, Shares } from '../../src/http/shares.ts'
import { notification, open } from './door.ts'

const full = (most: number) => new Shares(most, 'Full.', queueFull)
const fill = (of: ReturnType<Shares['of']>): number => {
  for (let count = 0; ; count++) {
    try {
      of.take(1)
    } catch {
      return count
    }
  }
}

test('half of what the others leave: there is room for the next, and the next', () => {
  const shares = full(1000)
  assert.deepEqual(['a', 'b', 'c', 'd'].map((name) => fill(shares.of({ name, proved: true }))), [500, 250, 125, 63])
  shares.of({ name: 'a', proved: true }).give(500)
  assert.ok(fill(shares.of({ name: 'e', proved: true })) > 200, 'what one gives back is there for all')
})

test('a team has one share, however many tokens it has; without tokens nobody is told from anybody', () => {
  const shares = full(100)
  assert.deepEqual(['a', 'b', 'c'].map((name) => fill(shares.of({ name, proved: true, team: 'shop' }))), [50, 0, 0])
  assert.equal(fill(shares.of({ name: 'd', proved: true })), 25)
  assert.equal(fill(full(100).of({ name: 'anonymous', proved: false })), 100)
})

test('while one sender has filled its share of notifications, of bytes and of reads, another is served', { timeout: 60_000 }, async (t) => {
  const token = (name: string, role: 'sender' | 'viewer') => ({ name, role, sha256: hash('sha256', `${name}-token`) })
  const { door, parts, call } = await open(t, { tokens: [token('flood', 'sender'), token('calm', 'sender'), token('eye', 'viewer')], limits: { notifications: 8, bodyBytes: 200_000 } })
  const held = Promise.withResolvers<void>()
  parts.before = () => held.promise
  const post = (name: string, body: unknown) => call('POST', '/webhooks/alertmanager', { body, headers: { authorization: `Bearer ${name}-token` } })
  const flood = Array.from({ length: 20 }, () => post('flood', notification(1)))
  while (door.load().notifications < 4) await new Promise((resolve) => setTimeout(resolve, 5))
  const big = await post('calm', { ...notification(1), externalURL: 'x'.repeat(110_000) })
  assert.deepEqual([big.status, big.json.code], [503, 'QUEUE_FULL'], 'more than its share of all bytes')
  const calm = post('calm', notification(1))
  while (door.load().notifications < 5) await new Promise((resolve) => setTimeout(resolve, 5))
  held.resolve()
  assert.equal((await calm).status, 200)
  const statuses = (await Promise.all(flood)).map(({ status, json }) => `${status} ${json.code ?? ''}`.trim())
  assert.equal(statuses.filter((one) => one === '200').length, 4)
  assert.equal(statuses.filter((one) => one === '503 BUSY').length, 16)
})
