/** Scripts written for one test, and the orders that run them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Json } from '../../src/core/plan.ts'
import { boottimeMs } from '../../src/runner/boottime.ts'
import type { Call } from '../../src/runner/jobs.ts'
import type { JobInput, JobOrder, Outcome } from '../../src/runner/protocol.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

let number = 0

export interface Script {
  readonly plan?: string
  readonly run?: string
  readonly verify?: string
  readonly head?: string
  readonly files?: Readonly<Record<string, string>>
}

export function orderIn(folder: string, of: Script, more: Partial<JobOrder> & { given?: Partial<JobInput> } = {}): JobOrder {
  const text = `import { runbook, seconds } from 'paramedic'
${of.head ?? ''}
export default runbook({ target: 'service', plan: ${of.plan ?? '() => ({ changes: [] })'}, ${of.verify ? `verify: ${of.verify},` : ''}
  steps: [{ name: 'one', effect: 'repeatable', timeout: seconds(1), run: ${of.run ?? '() => 1'} }] })\n`
  const id = String(++number)
  const script = join(folder, id, '1.js')
  const files = Object.entries(of.files ?? {})
  for (const [path, body] of [['1.js', text], ...files] as const) {
    mkdirSync(dirname(join(folder, id, path)), { recursive: true })
    writeFileSync(join(folder, id, path), body)
  }
  const { given, ...rest } = more
  return {
    id, workflow: `workflow-${id}`, script, digest: sha256(text), files: Object.fromEntries(files.map(([path, body]) => [path, sha256(body)])),
    phase: of.plan ? 'plan' : of.verify ? 'verify' : 'step', step: 0, timeoutMs: 20_000, memoryMb: 512, notAfterBoottimeMs: boottimeMs() + 60_000,
    input: { target: 'shop', targets: ['shop'], params: { by: 1 }, labels: { alertname: 'Slow' }, outputs: {}, ...given }, ...rest,
  }
}

export const noCall: Call = async (name) => { throw new Error(`unexpected: ${name}`) }

export const outputOf = (outcome: Outcome): Json => {
  assert.equal(outcome.kind, 'done', JSON.stringify(outcome))
  return outcome.kind === 'done' ? outcome.output : null
}
