/** Buttons: who may press them, how often they count, and for what that was shown. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buttonsOf, readable } from '../servers/slack-shown.ts'
import { abroad, ann, answered, bob, ear } from './ear.ts'
import { eventually, type Desk } from './desk.ts'

describe('buttons', () => {
  const asking = (desk: Desk) => {
    const workflow = desk.workflow({ mode: 'approve' })
    desk.says({ kind: 'decided', workflow: workflow.id, turn: workflow.turn, outcome: 'ask', reason: 'approval', detail: '', plan: workflow.plan!.digest, judgedAt: desk.state.position, catalogue: 'c1', verdicts: [], takes: [] })
    return workflow
  }

  test('Take counts once, and the other one is told whose it is', async (t) => {
    const one = await ear(t)
    one.desk.unknown([{ alertname: 'DiskFull' }])
    await one.desk.told()
    const [message] = one.desk.slack.posted
    const before = { ...message!, blocks: message!.blocks }
    assert.deepEqual(await one.press(/Take/, before, bob), { status: 200 })
    await answered(one, 1)
    assert.match(one.answers()[0]!, /Only listed people/)
    await one.press(/Take/, before)
    await answered(one, 2)
    assert.match(one.answers()[1]!, /It is yours/)
    await one.again().press(/Take/, before)
    await answered(one, 3)
    assert.match(one.answers()[2]!, /ann \(Slack T0HOME\/U0ANN\) took it already/)
    await one.desk.told()
    assert.match(readable(message!), /Taken by ann/)
  })

  test('Fixed by hand asks how, and what is said stands on the log beside the alert', async (t) => {
    const one = await ear(t)
    one.desk.unknown([{ alertname: 'DiskFull' }])
    await one.desk.told()
    const [message] = one.desk.slack.posted
    assert.deepEqual(await one.press(/Fixed by hand/, { ...message! }, bob), { status: 200 })
    await eventually('its window', () => one.desk.slack.views.length === 1)
    const [view] = one.desk.slack.views
    assert.equal(one.answers().length, 0, 'a window is answer enough')
    const [episode] = one.desk.state.episodes.keys()
    assert.match((await one.write(view, 'rm -r /var/cache/shop', bob)).body.errors.words, /^Only listed people may do this/)
    assert.deepEqual((await one.write(view, '  ')).body.errors, { words: 'Say what you did.' })
    assert.deepEqual(await one.write(view, 'removed the cache'), { status: 200 })
    assert.deepEqual(one.desk.log.flatMap(({ entry }) => (entry.kind === 'noted' ? [[entry.workflow, entry.who, entry.text]] : [])), [[episode, 'ann (Slack T0HOME/U0ANN)', 'removed the cache']])
    assert.equal((await one.write({ ...view, callback_id: 'another' }, 'x')).status, 400)
    assert.deepEqual((await one.write({ ...view, private_metadata: 'gone' }, 'x')).body.errors, { words: 'This alert is no longer remembered.' })
  })

  test('Lift asks why, and lifts; a stop of the configuration is not lifted so', async (t) => {
    const one = await ear(t)
    one.desk.stop('stop-1')
    one.desk.stop('stop-forced')
    await one.desk.told()
    const [message, forced] = one.desk.slack.posted.map((posted) => ({ ...posted }))
    await one.press(/Lift/, message!, bob)
    await one.press(/Lift/, forced!)
    await eventually('their windows', () => one.desk.slack.views.length === 2)
    const window = (stop: string) => one.desk.slack.views.find(({ private_metadata }) => private_metadata === stop)
    assert.match((await one.write(window('stop-1'), 'safe', bob)).body.errors.words, /^Only listed people may do this/)
    assert.deepEqual((await one.write(window('stop-1'), ' ')).body.errors, { words: 'Say why it is safe to go on.' })
    assert.match((await one.write(window('stop-forced'), 'safe')).body.errors.words, /^The configuration forces this stop/)
    assert.deepEqual([...one.desk.state.inForce].map(({ id }) => id), ['stop-1', 'stop-forced'])
    assert.deepEqual(await one.write(window('stop-1'), 'rolled back'), { status: 200 })
    assert.deepEqual([...one.desk.state.inForce].map(({ id }) => id), ['stop-forced'])
    assert.match((await one.write(window('stop-1'), 'again')).body.errors.words, /^ann .* lifted it already: rolled back/)
    await one.desk.told()
    const [lifted] = one.desk.slack.posted
    assert.match(readable(lifted!), /Lifted by ann \(Slack T0HOME\/U0ANN\): rolled back/)
    assert.deepEqual(buttonsOf(lifted!), [])
  })

  test('of two who answer at once the first on the log counts, and the other one is told', async (t) => {
    const one = await ear(t, { allow: [{ team: 'T0HOME', user: 'U0ANN' }, { team: 'T0HOME', user: 'U0BOB' }] })
    const workflow = asking(one.desk)
    await one.desk.told()
    const shown = { ...one.desk.slack.posted[0]! }
    await Promise.all([one.press(/Take/, shown, ann), one.press(/Take/, shown, bob)])
    await answered(one, 2)
    assert.deepEqual(one.answers().map((text) => /It is yours|ann .* was faster/.exec(text)?.[0].slice(0, 6)).sort(), ['It is ', 'ann (S'])
    await Promise.all([one.press(/Approve/, shown, ann), one.again().press(/Deny/, shown, bob)])
    await answered(one, 4)
    assert.equal(workflow.state, 'ready')
    assert.deepEqual(one.answers().slice(2).map((text) => /^(Approved|Somebody was faster: approved by ann)/.exec(text)?.[1]).sort(), ['Approved', 'Somebody was faster: approved by ann'])
  })

  test('Take of an alert with a very long name', async (t) => {
    const one = await ear(t)
    one.desk.unknown([{ alertname: 'x'.repeat(5000) }])
    await one.desk.told()
    await one.press(/Take/, one.desk.slack.posted[0]!)
    await answered(one, 1)
    assert.match(one.answers()[0]!, /It is yours/)
  })

  test('Stop is for everybody, and pressed twice it stops twice: nobody is refused', async (t) => {
    const one = await ear(t)
    const workflow = one.desk.workflow()
    one.desk.decideStart(workflow).claim(workflow)
    await one.desk.told()
    const [message] = one.desk.slack.posted
    await one.press(/Stop fix/, message!, bob)
    await answered(one, 1)
    assert.deepEqual([...one.desk.state.inForce].map(({ matchers, who }) => [matchers, who]), [[['runbook="fix"'], 'bob (Slack T0HOME/U0BOB)']])
    await one.again().press(/Stop fix/, { ...message!, blocks: message!.versions[0]!.blocks }, abroad)
    await eventually('the second one is in force too', () => one.desk.state.inForce.size === 2)
  })

  for (const [label, kind, said] of [[/Approve/, 'approved', /Approved \[/], [/Deny/, 'denied', /Denied \[/]] as const) {
    test(`${kind}: once, by who may, for the plan that was shown`, async (t) => {
      const one = await ear(t)
      const workflow = asking(one.desk)
      await one.desk.told()
      const shown = { ...one.desk.slack.posted[0]! }
      for (const [index, member] of [bob, abroad].entries()) {
        await one.press(label, shown, member)
        await answered(one, index + 1)
        assert.match(one.answers()[index]!, /Only listed people/)
      }
      assert.equal(workflow.state, 'asking')
      await one.press(label, shown)
      await answered(one, 3)
      assert.match(one.answers()[2]!, said)
      assert.equal(workflow.state, kind === 'approved' ? 'ready' : 'refused')
      await one.again().press(label, shown)
      await answered(one, 4)
      assert.match(one.answers()[3]!, /It does not ask any more/)
    })
  }

  test('a plan that has changed since is not approved', async (t) => {
    const one = await ear(t)
    const workflow = asking(one.desk)
    await one.desk.told()
    const shown = { ...one.desk.slack.posted[0]! }
    one.desk.says({ kind: 'decided', workflow: workflow.id, turn: workflow.turn, outcome: 'plan again', detail: '', plan: workflow.plan!.digest, judgedAt: one.desk.state.position, catalogue: 'c1', verdicts: [], takes: [] })
    one.desk.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: { digest: 'another', targets: [{ name: 'web', id: 'web' }], changes: [], observed: [] } })
    one.desk.says({ kind: 'decided', workflow: workflow.id, turn: workflow.turn, outcome: 'ask', reason: 'approval', detail: '', plan: 'another', judgedAt: one.desk.state.position, catalogue: 'c1', verdicts: [], takes: [] })
    await one.press(/Approve/, shown)
    await answered(one, 1)
    assert.match(one.answers()[0]!, /The plan has changed/)
    assert.equal(workflow.state, 'asking')
  })

  test('`approve` shows the plan and the buttons, and approves nothing', async (t) => {
    const one = await ear(t)
    const workflow = asking(one.desk)
    const { text, body } = await one.command(`approve ${workflow.id}`)
    assert.match(text, /web: 2 → 3/)
    assert.equal(workflow.state, 'asking')
    await one.press(/Approve/, body)
    await eventually('it is approved', () => workflow.state === 'ready')
    assert.match((await one.command('deny nothing')).text, /Name what asks/)
  })

  test('Resume: once, by who may', async (t) => {
    const one = await ear(t)
    const { desk } = one
    const workflow = desk.says({ kind: 'fold version', version: 2 }).workflow({ effects: ['repeatable'] })
    const claim = desk.decideStart(workflow).claim(workflow)
    desk.says({ kind: 'step done', workflow: workflow.id, step: 0, job: 0, claim, output: null, tookMs: 1, left: [{ target: 'web', id: 'id-web', version: '2', replicas: 3 }] })
    desk.says({ kind: 'changed by hand', suspension: '01980000-0000-7000-8000-00000000beef', provider: 'local', target: 'web', id: 'id-web', was: '2', version: '3', replicas: 2 })
    await desk.told()
    const shown = { ...desk.slack.posted.find((message) => /changed by hand/.test(readable(message)))! }
    await one.press(/Resume/, shown, bob)
    await answered(one, 1)
    assert.match(one.answers()[0]!, /Only listed people/)
    assert.equal(desk.state.suspensions.size, 1)
    await one.press(/Resume/, shown)
    await answered(one, 2)
    assert.match(one.answers()[1]!, /Resumed: fix may touch web again/)
    assert.equal(desk.state.suspensions.size, 0)
    assert.match((await one.command('resume 00beef again')).text, /Nothing is suspended under this id any more/)
  })

  test('Promote: once, by who may, and only while it is proposed', async (t) => {
    const one = await ear(t)
    const { desk } = one
    desk.says({ kind: 'fold version', version: 2 })
    const ends = (id: string, state: 'healed' | 'failed') => {
      const { turn } = desk.workflow({ id, trust: { heals: 1, inMs: 3_600_000 } })
      desk.says({ kind: 'ended', workflow: id, turn, state, reason: 'done', detail: '' })
    }
    ends('heals', 'healed')
    await desk.told()
    const shown = { ...desk.slack.posted.find((message) => /May fix@1 run by itself\?/.test(readable(message)))! }
    await one.press(/Promote/, shown, bob)
    await answered(one, 1)
    assert.match(one.answers()[0]!, /Only listed people/)
    await one.press(/Promote/, shown)
    await answered(one, 2)
    assert.match(one.answers()[1]!, /Promoted: fix@1 runs by itself/)
    assert.match(desk.state.trust.get('fix@1')!.promoted!.who, /^ann/)
    await one.again().press(/Promote/, shown)
    await answered(one, 3)
    assert.match(one.answers()[2]!, /It was promoted already/)
    ends('fails', 'failed')
    await one.again().again().press(/Promote/, shown)
    await answered(one, 4)
    assert.match(one.answers()[3]!, /It is not proposed any more: it failed since/)
    assert.ok(desk.state.trust.get('fix@1')!.fallen)
  })

  test('a button of another version is told so', async (t) => {
    const one = await ear(t)
    const posted = { text: 'x', blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'explode:0', value: '[]', text: { type: 'plain_text', text: 'Explode' } }] }] }
    await one.press(/Explode/, posted)
    await answered(one, 1)
    assert.match(one.answers()[0]!, /not known to this version/)
  })
})
