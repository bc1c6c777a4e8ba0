/** The digest says all that a gate or a …Due function could read: whatever is changed in the state changes it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import type { State } from '../../src/core/state.ts'
import { eventful } from './eventful.ts'

const textOf = (state: State): string => [...snapshotLines(state)].join('\n')

/** Made again from others (`compiled` of `matchers`), or of one entry only. */
const derived = new Set(['did', 'compiled'])

type Change = readonly [path: string, make: () => void, unmake: () => void]

/** Every value that there is, with a way to make it another one. */
function* changesOf(value: unknown, path: string, seen: Set<unknown>): Generator<Change> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (value instanceof Map || value instanceof Set) {
    const entries = [...value] as unknown[]
    const refill = (all: readonly unknown[]): void => {
      value.clear()
      for (const one of all) value instanceof Map ? value.set(...(one as [unknown, unknown])) : value.add(one)
    }
    if (entries.length > 0) yield [`${path}: one less`, () => refill(entries.slice(1)), () => refill(entries)]
    if (entries.length > 1) yield [`${path}: another order`, () => refill(entries.toReversed()), () => refill(entries)]
    for (const [key, one] of value instanceof Map ? value : [...value].entries()) {
      if (value instanceof Map && (typeof one !== 'object' || one === null)) yield [`${path}[${String(key)}]`, () => value.set(key, other(one)), () => value.set(key, one)]
      else yield* changesOf(one, `${path}[${String(key)}]`, seen)
    }
    return
  }
  const fields = value as Record<string, unknown>
  for (const [name, one] of Object.entries(fields)) {
    if (derived.has(name)) continue
    if (typeof one === 'object' && one !== null) yield* changesOf(one, `${path}.${name}`, seen)
    else if (one !== undefined) yield [`${path}.${name}`, () => void (fields[name] = other(one)), () => void (fields[name] = one)]
  }
}

const other = (one: unknown): unknown => (typeof one === 'number' ? one + 1 : typeof one === 'boolean' ? !one : `${String(one)}x`)

test('whatever is changed in a state changes its digest', () => {
  const { state } = eventful()
  const before = textOf(state)
  const tried: string[] = []
  for (const [path, make, unmake] of changesOf(state, 'state', new Set())) {
    make()
    const after = textOf(state)
    unmake()
    assert.notEqual(after, before, `${path} is not in the digest`)
    tried.push(path)
  }
  assert.equal(textOf(state), before, 'each change was taken back')
  assert.equal(textOf(restoreState(snapshotLines(state))), before)
  for (const field of Object.keys(state).filter((name) => !derived.has(name) && name !== 'unknownEntry')) {
    assert.ok(tried.some((path) => path.startsWith(`state.${field}`)), `nothing of ${field} was changed: the story must have some of it`)
  }
})
