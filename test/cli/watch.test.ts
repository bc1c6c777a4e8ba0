/** What `watch` tells of the steps: each once, when it has begun, the first one with its workflow. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsBegun } from '../../src/cli/watch.ts'
import type { Form } from '../../src/http/schemas.ts'

const workflow = (...begun: (string | undefined)[]): Form<'Workflow'> =>
  ({ steps: begun.map((startedAt, index) => ({ name: `step ${index}`, ...(startedAt === undefined ? {} : { startedAt }) })) }) as unknown as Form<'Workflow'>

const rows: readonly (readonly [begun: (string | undefined)[], told: number, expected: string[]])[] = [
  [[undefined, undefined], 1, []],
  [['10:00', undefined, undefined], 1, []],
  [['10:00', '10:01', undefined], 1, ['10:01 step 1']],
  [['10:00', '10:01', undefined], 2, []],
  [['10:00', '10:01', '10:02'], 1, ['10:01 step 1', '10:02 step 2']],
  [['10:00', '10:01', '10:02'], 3, []],
]

for (const [begun, told, expected] of rows) {
  test(`of ${begun.length} steps ${begun.filter(Boolean).length} have begun, ${told} were told of`, () => {
    assert.deepEqual(stepsBegun(workflow(...begun), told).map(({ at, detail }) => `${at} ${detail}`), expected)
  })
}
