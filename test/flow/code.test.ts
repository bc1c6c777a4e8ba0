/** A policy that is code, with a real server: it is asked at submit and at exec, and what it says is on the log. */
import assert from 'node:assert/strict'
import { hash, randomUUID } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { paramedic } from '../cli/cli.ts'
import { eventually, get, liftAll, linesOf, post } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn } from './server.ts'

const module = `import type { PolicyInput, PolicyVerdict } from 'paramedic'
export default ({ labels, with: { never } }: PolicyInput): PolicyVerdict => {
  if (labels['risk'] === 'evil') (labels as Record<string, string>)['risk'] = 'none'
  return labels['risk'] === never ? { verdict: 'refuse', detail: 'the risk is ' + never } : { verdict: 'allow', detail: 'no risk' }
}
`

test('it judges what is submitted, again before it runs, and cannot change it', { timeout: 120_000 }, async (t) => {
  const dir = folder()
  cpSync(ownCatalogue, join(dir, 'catalogue'), { recursive: true })
  writeFileSync(join(dir, 'catalogue', 'policies', 'risk.ts'), module)
  writeFileSync(join(dir, 'catalogue', 'policies', 'notes.yaml'), `runbook: notes\npolicies:\n  - { type: code, name: risk, module: risk.ts, sha256: ${hash('sha256', module)}, with: { never: high } }\n`)
  const server = await startServer(dir, targetsIn(dir), '', { catalogue: join(dir, 'catalogue') })
  t.after(() => server.end('SIGKILL'))
  await liftAll(server.url)
  const file = join(dir, 'noted')
  const submit = async (risk: string): Promise<any> => {
    const response = await fetch(`${server.url}/v1/workflows`, { method: 'POST', headers: { 'idempotency-key': randomUUID() }, body: JSON.stringify({ runbook: 'notes', targets: ['s1'], labels: { file, risk } }) })
    return response.json()
  }
  const refused = await submit('high')
  assert.deepEqual([refused.code, refused.verdicts.at(-1).reason, refused.verdicts.at(-1).detail], ['REFUSED', 'code', 'the risk is high'])
  assert.deepEqual([(await submit('evil')).verdicts.at(-1)].map(({ verdict, reason, detail }) => [verdict, reason, detail]), [['refuse', 'security violation', 'it tried to change what it judges: input.labels.risk']])
  const { id, plan } = await submit('low')
  assert.deepEqual(plan.observed.find(({ name }: { name: string }) => name === 'code:risk').value, { sha256: hash('sha256', module), verdict: 'allow', detail: 'no risk' })
  await post(`${server.url}/v1/workflows/${id}/exec`, {})
  await eventually('it has run', async () => (await get(`${server.url}/v1/workflows/${id}`)).state === 'completed')
  assert.equal(linesOf(file).length, 5)
  const explained = await paramedic(['--url', server.url, 'explain', id])
  assert.equal(explained.code, 0, explained.out + explained.err)
  assert.doesNotMatch((await paramedic(['--url', server.url, 'policies'])).out, /export default/)
})
