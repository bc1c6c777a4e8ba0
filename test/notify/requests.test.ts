/** `/paramedic run`: the three steps of a request, from Slack. What plans and judges stands at the log, as it does on a server. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Catalogue } from '../../src/core/catalogue.ts'
import { plan } from '../core/story.ts'
import { buttonsOf } from '../servers/slack-shown.ts'
import { eventually } from './desk.ts'
import { answered, bob, ear, type Ear } from './ear.ts'

const catalogue: Catalogue = {
  digest: 'c1', routes: [], policies: {},
  runbooks: {
    'fix@1': {
      name: 'fix', version: 1, digest: 'd', about: '', target: 'service', provider: 'local', params: {}, verify: false, planTimeoutMs: 1000, healedWithinMs: 60_000,
      steps: [{ name: 'change', effect: 'repeatable', timeoutMs: 1000, each: false, concurrency: 1, onError: 'stop', memoryMb: 64 }],
    },
  },
}

const inForce = ({ desk }: Ear): void => {
  desk.says({ kind: 'catalogue announced', catalogue }).says({ kind: 'catalogue activated', digest: 'c1', was: '' })
}

/** The planner and the decider of some server. */
const judge = async ({ desk }: Ear, outcome: 'submitted' | 'refuse'): Promise<string> => {
  await eventually('it is submitted', () => desk.state.live.get('planning')!.size === 1)
  const [workflow] = desk.state.live.get('planning')!
  const made = plan(['web'], desk.at)
  desk.says({ kind: 'planned', workflow: workflow!.id, turn: workflow!.turn, plan: made })
  desk.says({
    kind: 'decided', workflow: workflow!.id, turn: workflow!.turn, outcome, detail: outcome === 'refuse' ? '5 of 5 an hour' : '', plan: made.digest, judgedAt: desk.state.position, catalogue: 'c1',
    verdicts: [{ policy: 'rate', verdict: outcome === 'refuse' ? 'refuse' : 'allow', detail: '5 of 5 an hour' }], takes: [], ...(outcome === 'refuse' ? { reason: 'rate' as const } : {}),
  })
  return workflow!.id
}

describe('run', () => {
  test('shows the plan, runs it once when its button is pressed, and only for who is listed', async (t) => {
    const one = await ear(t)
    inForce(one)
    const [shown, id] = await Promise.all([one.command('run fix web the queue is full'), judge(one, 'submitted')])
    const workflow = one.desk.state.workflows.get(id)!
    assert.match(shown.text, /Run fix@1 on web\?[^]*web: 2 → 3[^]*allow by rate[^]*Nothing has been changed/)
    assert.deepEqual(buttonsOf(shown.body).map(({ text }) => text.text), ['Run it', 'Drop it', 'Stop fix', 'Stop everything'])
    assert.deepEqual([shown.body.response_type, workflow.state, workflow.request?.who, workflow.request?.why], ['ephemeral', 'ready', 'ann (Slack T0HOME/U0ANN)', 'the queue is full'])
    await one.press(/Run it/, shown.body, bob)
    await answered(one, 1)
    assert.match(one.answers()[0]!, /Only listed people/)
    assert.equal(workflow.request?.exec, undefined)
    await Promise.all([one.press(/Run it/, shown.body), one.again().press(/Run it/, shown.body)])
    await answered(one, 3)
    assert.deepEqual(one.answers().slice(1).map((text) => /ann .* runs fix@1|Somebody was faster|does not wait/.exec(text)?.[0].slice(0, 5)).sort(), ['Someb', 'ann ('])
    assert.equal(one.desk.state.workflows.get(id)!.request?.exec?.who, 'ann (Slack T0HOME/U0ANN)')
  })

  test('is dropped by a button, and then cannot be run any more', async (t) => {
    const one = await ear(t)
    inForce(one)
    const [shown, id] = await Promise.all([one.command('run fix@1 web'), judge(one, 'submitted')])
    await one.press(/Drop it/, shown.body)
    await answered(one, 1)
    assert.equal(one.desk.state.workflows.get(id)!.state, 'cancelled')
    await one.press(/Run it/, shown.body)
    await answered(one, 2)
    assert.match(one.answers()[1]!, /does not wait for this any more: it is cancelled/)
  })

  test('that the policies refuse says which, and has no button', async (t) => {
    const one = await ear(t)
    inForce(one)
    const [refused] = await Promise.all([one.command('run fix web'), judge(one, 'refuse')])
    assert.match(refused.text, /Nothing was run[^]*refuse by rate: 5 of 5 an hour/)
    assert.deepEqual(buttonsOf(refused.body), [])
  })

  test('of what is not there, on nothing, or without a catalogue is answered, and nothing is submitted', async (t) => {
    const one = await ear(t)
    assert.match((await one.command('run fix web')).text, /No catalogue/)
    inForce(one)
    assert.match((await one.command('run fux web')).text, /runbook fux is not in the catalogue; known: fix/)
    assert.match((await one.command('run fix@7 web')).text, /known: fix@1/)
    assert.match((await one.command('run fix')).text, /Say what and on what/)
    assert.equal(one.desk.state.workflows.size, 0)
  })
})
