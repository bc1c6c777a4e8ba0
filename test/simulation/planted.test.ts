/** The checker is checked: with a rule of the protocol taken away, the promise that its row names breaks within so many seeds. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { rows } from './planted.ts'

test('docs/simulation.md lists them all', () => {
  const page = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, rule, without]) => `${rule} ${without}`)
  assert.deepEqual(listed, rows.map(({ rule, without }) => `${rule} ${without}`))
})

describe('planted bugs', { concurrency: availableParallelism() }, () => {
  for (const { rule, without, plants, emphasis = {}, seeds, seen } of rows) {
    test(`rule ${rule}: ${without}`, async (t) => {
      const order = JSON.stringify({ plants, emphasis, seeds, seen: seen.source })
      const { stdout } = await promisify(execFile)(process.execPath, [new URL('plant.ts', import.meta.url).pathname, order], { signal: t.signal })
      const { seed, broken } = JSON.parse(stdout) as { seed?: number; broken?: string }
      assert.ok(broken !== undefined, `not seen within ${seeds} seeds`)
      t.diagnostic(`seed ${seed}: ${broken}`)
    })
  }
})
