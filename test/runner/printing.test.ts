/** What jobs print on its way to the log, and from there to whoever looks on: bounded, and each piece once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outputOnce } from '../../src/cli/live-output.ts'
import { entryCodec, numbered, yields, type Fact } from '../../src/core/entry.ts'
import { createPrinting, printedOf } from '../../src/runner/printing.ts'
import type { JobOrder, Outcome } from '../../src/runner/protocol.ts'
import { settled, VirtualClock } from '../log/virtual-clock.ts'
import { Story } from '../core/story.ts'

const outcome = (tail: string): Outcome => ({ kind: 'done', output: null, started: true, printed: { tail, bytes: Buffer.byteLength(tail), file: undefined, cut: false } })
const order = { id: 'claim', workflow: 'w', phase: 'step', step: 0, input: { target: 'web', targets: ['web'], params: {}, labels: {} } } as unknown as JobOrder

test('an outcome holds the end of it, and fits on the log whatever was printed', () => {
  assert.deepEqual(printedOf(outcome('')), {})
  assert.deepEqual(printedOf(outcome('done\n')), { printed: { tail: 'done\n', bytes: 5 } })
  for (const letter of ['x', '漢', '\u0001', '"']) {
    const { printed } = printedOf(outcome(letter.repeat(65_536 / Buffer.byteLength(letter))))
    const entry = numbered({ kind: 'step done', workflow: 'w', step: 0, job: 0, claim: 'c', output: 'o'.repeat(16_000), tookMs: 1, ...(printed ? { printed } : {}) }, 'by', 1)
    const size = Buffer.byteLength(entryCodec.encode(entry))
    assert.ok(size > 60_000 && size < 256_000, `${JSON.stringify(letter)}: ${size}`)
  }
})

test('while it runs: once a second, its last 4 kB, 64 kB in all, and nothing after its end', async () => {
  const clock = new VirtualClock()
  const facts: Extract<Fact, { kind: 'printed' }>[] = []
  const printing = createPrinting({ clock, append: async (said) => void facts.push(...(said as typeof facts)) })
  const over = new AbortController()
  printing(order, 'one\n', over.signal)
  printing(order, 'two\n', over.signal)
  assert.equal(facts.length, 0, 'gathered')
  await clock.pass(1000)
  assert.deepEqual(facts.map(({ text, bytes, claim }) => [text, bytes, claim]), [['one\ntwo\n', 8, 'claim']])
  for (let second = 0; second < 100; second++) {
    printing(order, 'x'.repeat(10_000), over.signal)
    await clock.pass(1000)
  }
  assert.ok(facts.every(({ text }) => text.length <= 4096))
  const told = facts.reduce((sum, { text }) => sum + text.length, 0)
  assert.ok(told >= 64 * 1024 && told <= 68 * 1024, String(told))
  const ended = { ...order }
  printing(ended, 'last', over.signal)
  const before = facts.length
  over.abort()
  await clock.pass(1000)
  assert.equal(facts.length, before)
  assert.ok(facts.every(yields), 'and gives way to all that must be on the log')
  await settled()
})

test('who looks on is shown the rest with the outcome, each piece once, and each attempt', () => {
  let shown = ''
  const output = outputOnce((text) => (shown += text))
  const live = (claim: string, text: string, bytes: number) => output.live({ kind: 'printed', workflow: 'w', step: 0, target: 'web', claim, text, bytes, by: 'a', n: 1 })
  const ended = (attempts: number, tail: string) => output.ended({ steps: [{ name: 's', state: 'done', effect: 'read', jobs: [{ target: 'web', state: 'done', attempts, printed: { tail, bytes: Buffer.byteLength(tail) } }] }] })
  live('a', 'one ', 4)
  ended(1, 'one two ')
  ended(1, 'one two ')
  live('a', 'two ', 8)
  ended(2, 'again ')
  assert.equal(shown, 'one two again ')
})

test('the state keeps where it lies, not what it says, until the next attempt', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable', 'read'] })
  const claim = story.decideStart(workflow).claim(workflow)
  const position = story.state.position
  story.says({ kind: 'let go', workflow: workflow.id, claim, how: 'killed', survivors: 0, tookMs: 1, printed: { tail: 'half of it', bytes: 10 } })
  assert.equal(workflow.steps[0]!.jobs[0]!.printedAt, position)
  assert.doesNotMatch(JSON.stringify(workflow), /half of it/)
  story.decideStart(workflow).claim(workflow)
  assert.equal(workflow.steps[0]!.jobs[0]!.printedAt, undefined)
})
