/** Approve in Slack where four eyes are asked for: persons count, by account and by token alike, and each is told what came of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Catalogue } from '../../src/core/catalogue.ts'
import { abroad, ann, answered, bob, ear } from './ear.ts'

const catalogue: Catalogue = { digest: 'c1', routes: [], runbooks: {}, policies: { fix: [{ type: 'approval', name: 'approval', settings: { count: 2, by: ['ann', 'bob', 'T0HOME/U0CAS'] }, source: 'p.yaml:1' }] } }
const cas = { user: 'U0CAS', team: 'T0HOME', name: 'ann' }
const dan = { user: 'U0DAN', team: 'T0HOME', name: 'bob' }

test('the same person by token, by Slack and after a restart counts once; a name that somebody gave himself is none', async (t) => {
  const people = [{ name: 'ann', team: 'T0HOME', user: 'U0ANN' }, { name: 'bob' }]
  const one = await ear(t, { people, allow: [ann, bob, cas, dan].map(({ team, user }) => ({ team, user })) })
  const { desk } = one
  desk.says({ kind: 'catalogue announced', catalogue }).says({ kind: 'catalogue activated', digest: 'c1', was: '' })
  const workflow = desk.workflow()
  const decide = (): void => void desk.says({ kind: 'decided', ...desk.judge(workflow, { catalogue }) })
  decide()
  await desk.told()
  const shown = { ...desk.slack.posted[0]! }
  let count = 0
  const press = async (member = ann, by = one): Promise<string> => {
    await by.press(/Approve/, shown, member)
    await answered(one, ++count)
    return one.answers().at(-1)!
  }
  assert.match(await press(abroad), /Only listed people may do this, and U0ANN of T0OTHER/)
  assert.match(await press(dan), /Only ann, bob, T0HOME\/U0CAS may approve it, and bob \(Slack T0HOME\/U0DAN\) is not among them/)
  desk.says({ kind: 'approved', workflow: workflow.id, plan: workflow.plan!.digest, who: 'ann', why: 'by token' })
  decide()
  assert.match(await press(ann), /ann has approved it already: another person has to/)
  assert.match(await press(ann, one.again()), /ann has approved it already/)
  assert.deepEqual([workflow.state, workflow.detail], ['asking', '1 of 2 approved: ann; may: ann, bob, T0HOME/U0CAS'])
  assert.match(await press(cas), /Approved/)
  decide()
  assert.equal(workflow.decision?.outcome, 'start')
  assert.match(await press(cas, one.again()), /does not ask any more: it is ready/)
})

test('a yes sets aside no stop, and one that comes after the time was over is told so', async (t) => {
  const one = await ear(t)
  const { desk } = one
  const workflow = desk.workflow({ mode: 'approve' })
  desk.says({ kind: 'decided', ...desk.judge(workflow) })
  await desk.told()
  const shown = { ...desk.slack.posted[0]! }
  desk.stop('s1')
  await one.press(/Approve/, shown)
  await answered(one, 1)
  assert.match(one.answers()[0]!, /Approved .*it goes through every other gate now/)
  desk.says({ kind: 'decided', ...desk.judge(workflow) })
  assert.deepEqual([workflow.state, workflow.reason], ['waiting', 'stopped'])

  const other = desk.lift('s1').workflow({ mode: 'approve', target: 'api' })
  desk.says({ kind: 'decided', ...desk.judge(other) })
  await desk.told()
  const second = { ...desk.slack.posted.at(-1)! }
  desk.says({ kind: 'ended', workflow: other.id, turn: other.turn, state: 'expired', reason: 'expired', detail: 'nobody answered within an hour' })
  await one.press(/Approve/, second)
  await answered(one, 2)
  assert.match(one.answers()[1]!, /does not ask any more: it is expired \(nobody answered within an hour\)/)
})
