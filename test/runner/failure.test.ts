/** What a script failed with, as people read it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { why } from '../../src/runner/failure.ts'
import type { Outcome } from '../../src/runner/protocol.ts'

const copy = '/var/lib/paramedic/copies/0123abcd'
const failed = (error: string, detail: string) => ({ kind: 'failed', failure: 'thrown', error, detail, started: true, printed: { tail: '', bytes: 0, file: undefined, cut: false } }) satisfies Outcome
const shown = (error: string, detail = ''): string => why(failed(error, detail), { script: `${copy}/2.js` }, { name: 'fix', version: 2, digest: 'd' })

test('of the stack, where the script stood, in its own file and line', () => {
  const stack = `\n    at help (file://${copy}/2/help.js:3:9)\n    at Object.run (file://${copy}/2.js:12:5)\n    at run (file:///opt/paramedic/dist/runner/child.js:4:1)\n    at process.processTicks (node:internal/process/task_queues:104:5)`
  assert.equal(shown('it broke', stack), 'it broke\n    at help (runbooks/fix/2/help.ts:3:9)\n    at Object.run (runbooks/fix/2.ts:12:5)')
})

test('in a message too, and what is no file of its own stays as it was said', () => {
  assert.equal(shown(`${copy}/2/sizes.json cannot be read`), 'runbooks/fix/2/sizes.json cannot be read')
  assert.equal(shown('see /etc/nginx.conf and site.js\nat your own risk'), 'see /etc/nginx.conf and site.js\nat your own risk')
})
