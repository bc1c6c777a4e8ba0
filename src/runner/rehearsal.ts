/**
 * The first order of every child: a script of ours, run the whole way that a real one goes. It shows that the child
 * works, and whatever loads or is compiled at its first use is warm when a real order comes.
 */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JobOrder } from './protocol.ts'

const source = `import { runbook, seconds } from 'paramedic'
export default runbook({
  target: 'rehearsal',
  plan: () => ({ changes: [] }),
  steps: [{ name: 'rehearse', effect: 'read', timeout: seconds(30), run: ({ $, labels, log }) => {
    console.log('%s', labels.name)
    log(typeof $)
    return { rehearsed: true }
  } }],
})
`

export function rehearsalIn(folder: string): JobOrder {
  const script = join(folder, 'rehearsal.js')
  writeFileSync(script, source, { mode: 0o600 })
  return {
    id: 'rehearsal', workflow: 'rehearsal', script, digest: createHash('sha256').update(source).digest('hex'),
    phase: 'step', step: 0, timeoutMs: 30_000, memoryMb: 16, notAfterBoottimeMs: Number.MAX_SAFE_INTEGER,
    input: { target: 'rehearsal', targets: ['rehearsal'], params: {}, labels: { name: 'rehearsal' } },
  }
}
