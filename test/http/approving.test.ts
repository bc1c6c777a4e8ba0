/** Approvals by the API: a person's, once, for the plan that was shown; whoever answers in vain is told why. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import type { Catalogue } from '../../src/core/catalogue.ts'
import { judge } from '../../src/core/decide.ts'
import { alertBody, plan } from '../core/story.ts'
import { open } from './door.ts'

const token = (name: string) => ({ name, role: 'operator' as const, sha256: hash('sha256', `${name}-token`) })

/** A server whose policy asks two persons, and a request of ann's that asks them. */
const asking = async (t: TestContext, settings: Record<string, unknown>) => {
  const at = await open(t, { tokens: ['ann', 'bob', 'cas', 'robot'].map(token), people: ['ann', 'bob', 'cas'] })
  const { parts } = at
  const { state } = parts
  const catalogue: Catalogue = { digest: 'c1', routes: [], runbooks: {}, policies: { fix: [{ type: 'approval', name: 'approval', settings, source: 'p.yaml:1' }] } }
  parts.says({ kind: 'catalogue announced', catalogue })
  parts.says({ kind: 'catalogue activated', digest: 'c1', was: '' })
  parts.says({
    kind: 'submitted', workflow: 'wf-000001', catalogue: 'c1', runbook: { name: 'fix', version: 1, digest: 'd' }, provider: 'local', targets: ['web'], params: {}, mode: 'auto',
    steps: [{ name: 'change', effect: 'repeatable', timeoutMs: 1000, each: false, concurrency: 1, onError: 'stop', memoryMb: 64 }], healedWithinMs: 1000, probe: false, labels: [], who: 'ann', why: '', key: 'k', body: 'b',
  })
  const workflow = state.workflows.get('wf-000001')!
  const planned = (digest: string): void => parts.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: { ...plan(['web'], state.at), digest, observed: [] } })
  const decide = (): void => parts.says({ kind: 'decided', ...judge({ state, workflow, plan: workflow.plan!, catalogue, at: state.at, canKill: true, forceDryRun: false }) })
  planned('p1')
  decide()
  parts.says({ kind: 'exec asked', workflow: workflow.id, exec: 'x', plan: 'p1', who: 'ann' })
  decide()
  assert.equal(workflow.state, 'asking')
  const answer = async (who: string, body: object = {}, verb = 'approve') => {
    const { status, json } = await at.call('POST', `/v1/workflows/${workflow.id}/${verb}`, { body, headers: { authorization: `Bearer ${who}-token` } })
    return status === 202 ? '202' : `${status} ${json.code}: ${json.detail}`
  }
  return { ...at, workflow, planned, decide, answer }
}

test('two persons of three: not who asked, not a machine, not one of them twice', async (t) => {
  const { workflow, decide, answer } = await asking(t, { by: ['ann', 'bob', 'cas'], count: 2 })
  assert.equal(await answer('robot'), '403 MAY_NOT_APPROVE: robot is a machine: only the tokens of persons, which the setting `people` names, approve.')
  assert.equal(await answer('ann'), '403 MAY_NOT_APPROVE: ann asked for it, and may not be the one who approves it: another person has to.')
  assert.equal(await answer('bob'), '202')
  decide()
  assert.equal(await answer('bob'), '403 MAY_NOT_APPROVE: bob has approved it already: another person has to.')
  assert.equal(workflow.state, 'asking')
  assert.equal(await answer('cas'), '202')
  decide()
  assert.equal(workflow.decision?.outcome, 'start')
  assert.match(await answer('cas'), /^409 NOT_ASKING: It does not ask any more: it is ready/)
})

test('who is not listed is told who may; a machine may deny', async (t) => {
  const { workflow, answer } = await asking(t, { by: ['bob'] })
  assert.equal(await answer('cas'), '403 MAY_NOT_APPROVE: Only bob may approve it, and cas is not among them.')
  assert.equal(await answer('robot', { why: 'no' }, 'deny'), '202')
  assert.deepEqual([workflow.state, workflow.reason, workflow.detail], ['refused', 'denied', 'robot: no'])
  assert.match(await answer('bob'), /^409 NOT_ASKING: .*refused \(robot: no\)/)
})

test('an approver of the route needs no role for it, and where it names some, an operator is not enough', async (t) => {
  const tokens = [token('ann'), { ...token('bob'), role: 'viewer' as const }, { ...token('cas'), role: 'viewer' as const }]
  const { parts, call } = await open(t, { tokens })
  parts.says({ kind: 'fold version', version: 2 })
  const ask = (id: string, approvers: object): void => {
    parts.says({ kind: 'received', source: 'alertmanager', payload: alertBody([{ labels: { alertname: 'Slow', id } }]) })
    const [episode] = parts.state.unanswered.keys()
    parts.says({ kind: 'matched', episode: episode!, workflow: id, catalogue: 'c1', route: 'r', runbook: { name: 'fix', version: 1, digest: 'd' }, provider: 'local', targets: ['web'], params: {}, mode: 'approve', steps: [], healedWithinMs: 1, probe: false, ...approvers })
    parts.says({ kind: 'planned', workflow: id, turn: 1, plan: plan(['web'], parts.state.at) })
    parts.says({ kind: 'decided', workflow: id, turn: 2, outcome: 'ask', reason: 'approval', detail: '', plan: parts.state.workflows.get(id)!.plan!.digest, judgedAt: 1, catalogue: 'c1', verdicts: [], takes: [] })
  }
  ask('wf-named1', { approvers: ['bob'] })
  ask('wf-plain1', {})
  const answers: string[] = []
  for (const [who, id] of [['ann', 'wf-named1'], ['cas', 'wf-named1'], ['bob', 'wf-plain1'], ['bob', 'wf-named1'], ['ann', 'wf-plain1']]) {
    const { status, json } = await call('POST', `/v1/workflows/${id}/approve`, { headers: { authorization: `Bearer ${who}-token` } })
    answers.push(`${who} ${id} ${status} ${json.code ?? ''}`.trim())
  }
  assert.deepEqual(answers, ['ann wf-named1 403 MAY_NOT_APPROVE', 'cas wf-named1 403 MAY_NOT_APPROVE', 'bob wf-plain1 403 FORBIDDEN', 'bob wf-named1 202', 'ann wf-plain1 202'])
})

test('another plan than the one that was shown, and a question whose time is over', async (t) => {
  const { parts, workflow, planned, decide, answer } = await asking(t, {})
  const old = { plan: 'p1' }
  parts.says({ kind: 'decided', ...workflow.decision!, workflow: workflow.id, turn: workflow.turn, outcome: 'plan again' })
  planned('p2')
  parts.says({ kind: 'exec asked', workflow: workflow.id, exec: 'y', plan: 'p2', who: 'ann' })
  decide()
  assert.match(await answer('bob', old), /^409 PLAN_CHANGED/)
  parts.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'expired', reason: 'expired', detail: 'nobody answered within an hour' })
  assert.match(await answer('bob', { plan: 'p2' }), /^409 NOT_ASKING: .*expired \(nobody answered within an hour\)/)
})

test('a machine promotes nothing', async (t) => {
  const { parts, call } = await open(t, { tokens: ['ann', 'robot'].map(token), people: ['ann'] })
  parts.state.trust.set('fix@1', { heals: [1], failures: 0, proposed: { at: 1, heals: 1, inMs: 1000 } })
  const promote = (who: string) => call('POST', '/v1/runbooks/fix@1/promote', { body: { why: 'it heals' }, headers: { authorization: `Bearer ${who}-token` } })
  const { status, json } = await promote('robot')
  assert.deepEqual([status, json.code, parts.state.trust.get('fix@1')?.promoted], [403, 'MAY_NOT_APPROVE', undefined])
  assert.equal((await promote('ann')).status, 202)
  assert.equal(parts.state.trust.get('fix@1')?.promoted?.who, 'ann')
})
