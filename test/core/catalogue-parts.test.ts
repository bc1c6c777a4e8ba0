/** A catalogue that one entry does not hold: announced in parts, each of which fits, and known once it is whole. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { announced, mostPartBytes, sizeOf } from '../../src/core/catalogue-parts.ts'
import type { Catalogue } from '../../src/core/catalogue.ts'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import { Story } from './story.ts'

const catalogue: Catalogue = {
  digest: 'large',
  routes: Array.from({ length: 10_000 }, (_, n) => ({ matchers: [`alertname="Alert${n} – ü"`], mode: 'off', params: {}, source: `r.yaml:${n}` })),
  runbooks: Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`fix@${n}`, {
    name: 'fix', version: n, digest: 'd', about: 'x'.repeat(5000), target: 'service', provider: 'local', params: {}, steps: [], verify: false, planTimeoutMs: 1, healedWithinMs: 1,
  }])),
  policies: { fix: [{ type: 'targets', name: 'targets', settings: { names: Array.from({ length: 20_000 }, (_, n) => `web-${n}`) }, source: 'p.yaml:1' }] },
}
const parts = announced(catalogue, 'first')
const hourMs = 3_600_000
const activated = { kind: 'catalogue activated', digest: 'large', was: '' } as const

const told = (facts: readonly (typeof parts)[number][], story = new Story()): Story => facts.reduce((all, fact) => all.says(fact), story)

describe('a catalogue in parts', () => {
  test('each part fits into an entry, and together they are the catalogue, its order too', () => {
    assert.ok(parts.length > 4 && parts.length < sizeOf(catalogue) / mostPartBytes + 2, `${parts.length} parts`)
    for (const part of parts) assert.ok(sizeOf(part) < mostPartBytes + 1000, `${sizeOf(part)} bytes`)
    const { state } = told(parts)
    assert.equal(JSON.stringify(state.catalogues.get('large')), JSON.stringify(catalogue))
    assert.equal(state.announcing.size, 0)
  })

  test('one that fits is announced as it always was', () => {
    const small = { ...catalogue, routes: [], policies: {}, runbooks: {} }
    assert.deepEqual(announced(small, 'first'), [{ kind: 'catalogue announced', catalogue: small }])
  })

  test('before the last part it cannot come into force, and a part that was lost leaves it unknown', () => {
    const early = told(parts.slice(0, -1)).says(activated)
    assert.equal(early.state.catalogue, undefined)
    const broken = told(parts.toSpliced(2, 1)).says(activated)
    assert.deepEqual([broken.state.catalogue, broken.state.catalogues.size], [undefined, 0])
  })

  test('two who announce the same do not mix their parts, and the first that is whole counts', () => {
    const story = new Story()
    const other = announced(catalogue, 'second', mostPartBytes / 2)
    for (const [index, part] of other.entries()) {
      story.says(part, 'B')
      if (parts[index]) story.says(parts[index])
    }
    assert.equal(JSON.stringify(story.state.catalogues.get('large')), JSON.stringify(catalogue))
    assert.deepEqual([story.state.catalogues.size, story.state.announcing.size], [1, 0])
    assert.equal(story.says(activated).state.catalogue?.digest, 'large')
  })

  test('parts that never became whole are forgotten after an hour', () => {
    const story = told(parts.slice(0, 3))
    assert.equal(story.state.announcing.size, 1)
    story.later(hourMs - 60_000).alert({ alertname: 'A' })
    assert.equal(story.state.announcing.size, 1)
    story.later(120_000).alert({ alertname: 'B' })
    assert.equal(story.state.announcing.size, 0)
    assert.equal(told(parts.slice(3), story).state.catalogues.size, 0)
  })

  test('rule 12: a state that was restored between two parts goes on like the one that wrote it', () => {
    const whole = told(parts.slice(0, 3))
    const restored = new Story(restoreState(snapshotLines(whole.state)))
    for (const story of [whole, restored]) told(parts.slice(3), story).says(activated)
    assert.deepEqual([...snapshotLines(restored.state)], [...snapshotLines(whole.state)])
    assert.equal(restored.state.catalogue?.digest, 'large')
  })

  test('rule 5: what was announced by a process that was lost meanwhile is announced', () => {
    const story = told(parts.slice(0, 3)).says({ kind: 'runner lost', runner: 'A', name: 'a', why: 'test' }, 'B')
    assert.equal(told(parts.slice(3), story).state.catalogues.size, 1)
  })
})
