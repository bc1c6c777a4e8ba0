/** Policies that are code, in their threads: what each comes to, whatever it tries. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCode } from '../../src/runner/code.ts'

const input = { runbook: { name: 'fix', version: 1 }, plan: { targets: [{ name: 'web', id: 'w' }], changes: [], observed: [] }, labels: { team: 'shop' } }
const run = async (codes: readonly string[], withinMs = 20_000) => {
  const entries = codes.map((code, index) => ({ type: 'code', name: `p${index}`, settings: { module: 'p.ts', sha256: 'a'.repeat(64), with: { limit: 3 }, code }, source: 'p.yaml:1' }))
  const observed = await runCode(entries, input, { at: 1000, withinMs })
  return observed.map(({ name, value, readAt }) => {
    const { sha256, verdict, reason, detail, until } = value as Record<string, unknown>
    assert.deepEqual([name.slice(0, 6), sha256, readAt], ['code:p', 'a'.repeat(64), 1000])
    return [verdict, reason, detail, until].filter((one) => one !== undefined).join(' · ')
  })
}

test('its verdict, of what it was handed; several at once, each with a copy of its own', { timeout: 60_000 }, async () => {
  assert.deepEqual(await run([
    "export default ({ labels, plan, with: { limit } }) => ({ verdict: 'allow', detail: `${labels.team} ${plan.targets[0].name} ${limit}` })",
    "export default async (input) => ({ verdict: 'wait', detail: input.policy, until: '2026-11-26T12:00:00Z' })",
    "export default () => ({ verdict: 'ask', detail: JSON.stringify(Object.keys(process.env)) })",
  ]), ['allow · shop web 3', `wait · p1 · ${Date.parse('2026-11-26T12:00:00Z')}`, 'ask · []'])
})

test('to change what it judges is a security violation, caught or put back or hidden', { timeout: 60_000 }, async () => {
  const allow = "return { verdict: 'allow', detail: 'nothing to see' }"
  assert.deepEqual(await run([
    `export default (input) => { input.labels.team = 'other'; ${allow} }`,
    `export default (input) => { try { input.plan.targets.push(1) } catch {} ${allow} }`,
    `export default (input) => { const { team } = input.labels; try { input.labels.team = 'x' } finally { try { input.labels.team = team } catch {} ${allow} } }`,
    `export default (input) => { try { Object.getOwnPropertyDescriptor(input, 'plan').value.changes = [] } catch {} ${allow} }`,
    `export default (input) => { try { for (const value of Object.values(input)) delete value.team } catch {} ${allow} }`,
  ]), ['input.labels.team', 'input.plan.targets.1', 'input.labels.team', 'input.plan.changes', 'input.runbook.team'].map((where) => `refuse · security violation · it tried to change what it judges: ${where}`))
})

test('a throw, a hang, garbage, an end, too much memory: refused', { timeout: 60_000 }, async () => {
  const [hang, sleeps] = await run(['export default () => { for (;;); }', 'export default () => new Promise((done) => setTimeout(done, 60_000))'], 1500)
  assert.deepEqual([hang, sleeps], Array(2).fill('refuse · policy failed · it gave no verdict within 1.5 s'))
  const noVerdict = 'refuse · policy failed · what it returned is no verdict: { verdict, detail, until? }'
  assert.deepEqual(await run([
    "export default () => { throw new Error('no idea') }", 'export default () => undefined', "export default () => ({ verdict: 'yes', detail: '' })",
    "export default () => ({ verdict: 'wait', detail: '', until: 'soon' })", 'export default () => process.exit(0)', 'export const judge = 1', 'export default (',
    'export default () => new Promise(() => {})',
  ]), [
    'refuse · policy failed · it threw no idea', noVerdict, noVerdict, noVerdict, 'refuse · policy failed · it ended without a verdict',
    'refuse · policy failed · its default export is no function', "refuse · policy failed · it threw Unexpected end of input", 'refuse · policy failed · it ended without a verdict',
  ])
  assert.match((await run(['export default () => { const all = []; for (;;) all.push(new Array(1e6).fill(1)) }']))[0]!, /^refuse · policy failed · .*memory/)
})
