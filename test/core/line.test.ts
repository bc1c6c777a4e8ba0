/** An entry as a line, there and back. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { fromLine, toLine } from '../../src/core/line.ts'
import type { Entry } from '../../src/core/entry.ts'

const entries: Entry[] = [
  { kind: 'snapshot made', position: 100, digest: 'd', by: 'a', n: 1 },
  { kind: 'taken', notice: 'x', who: '"\u2028', by: 'a', n: 2 },
]
for (const entry of entries) {
  test(`${entry.kind}: each name stands once, and it is the same entry again`, () => {
    const line = toLine({ position: 7, at: Date.UTC(2026, 10, 26), entry })
    assert.ok(line.startsWith('{"position":7,"at":"2026-11-26T00:00:00.000Z","kind":'), line)
    for (const name of ['position', 'at', 'kind']) assert.equal(line.split(`"${name}":`).length, 2, `${name} in ${line}`)
    assert.deepEqual(fromLine(line), { position: 7, at: Date.UTC(2026, 10, 26), entry })
  })
}
