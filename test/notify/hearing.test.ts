/** Commands that people type in Slack, from the signed request to what became of it and what they are told. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createArchive, noArchive } from '../../src/follow/archive.ts'
import { createHearing } from '../../src/notify/hearing.ts'
import { Story } from '../core/story.ts'
import { abroad, ann, answered, bob, ear, listen } from './ear.ts'
import { Desk } from './desk.ts'

describe('stop', () => {
  test('everybody may, it is in force at once, and its proof follows', async (t) => {
    const one = await ear(t)
    const { status, text, body } = await one.command('stop the release looks wrong', bob)
    assert.equal(status, 200)
    assert.match(text, /STOPPED everything, by bob \(Slack T0HOME\/U0BOB\): the release looks wrong/)
    assert.equal(body.response_type, 'in_channel')
    await answered(one, 1)
    assert.match(one.answers()[0]!, /1 of 1 runner, 2 workflows killed in 84 ms/)
    assert.equal(one.desk.state.inForce.size, 1)
  })

  const scopes: readonly (readonly [text: string, matchers: readonly string[], why: string, hint?: RegExp])[] = [
    ['', [], ''],
    ['because of the deploy', [], 'because of the deploy'],
    ['runbook=scale-service too eager', ['runbook=scale-service'], 'too eager'],
    ['runbook="scale-service" target=~"web|api" it loops', ['runbook="scale-service"', 'target=~"web|api"'], 'it loops'],
    ['runbook=\u201cscale service\u201d curly quotes', ['runbook="scale service"'], 'curly quotes'],
    ['runbook=\u2018scale service\u2019, team=\'a\' curled single quotes', ['runbook="scale service"', 'team="a"'], 'curled single quotes'],
    ["runbook='scale half a pair", [], "runbook='scale half a pair", /no pair of double ones.*everything is covered/s],
    ['team=&lt;ops&gt; escaped', ['team=<ops>'], 'escaped'],
    ['runbook=~"(" broken', [], 'runbook=~"(" broken', /could not be read.*everything is covered/s],
    ['runbook = "x" spaces', [], 'runbook = "x" spaces', /no matcher stands before the why/],
    ['please stop runbook="x"', [], 'please stop runbook="x"', /no matcher stands before the why/],
  ]
  for (const [text, matchers, why, hint] of scopes) {
    test(`stop ${text}`, async (t) => {
      const one = await ear(t)
      const answer = await one.command(`stop ${text}`, bob)
      const [stop] = [...one.desk.state.inForce]
      assert.deepEqual([stop!.matchers, stop!.why, stop!.effect], [matchers, why, 'kill'])
      if (hint) {
        assert.match(answer.text, hint)
        assert.match(answer.text, /A scope is one word per matcher/)
      } else {
        assert.doesNotMatch(answer.text, /A scope is/)
      }
    })
  }

  test('pause lets what runs finish', async (t) => {
    const one = await ear(t)
    assert.match((await one.command('PAUSE lunch', bob)).text, /PAUSED everything/)
    assert.deepEqual([...one.desk.state.inForce].map(({ effect, forMs }) => [effect, forMs]), [['pause', undefined]])
    await one.command('pause for 2h target="web" lunch', bob)
    assert.deepEqual([...one.desk.state.inForce].slice(1).map(({ matchers, forMs, why }) => [matchers, forMs, why]), [[['target="web"'], 7_200_000, 'lunch']])
    assert.match((await one.command('go all except WHY')).text, /Nothing was lifted: no matcher stands after/)
    assert.match((await one.command('go all except target=‘db over')).text, /Nothing was lifted/)
    assert.match((await one.command('go all except target=“db” over')).text, /Lifted .*target="db" stays stopped/)
    assert.deepEqual([...one.desk.state.inForce].map(({ matchers, effect }) => [matchers, effect]), [[['target="db"'], 'pause']])
  })

  test('while the log is away its proof is what each server said itself, and that it is not on the log', async (t) => {
    const desk = await Desk.open(t)
    const one = listen(desk, t, {}, {
      runners: () => [{ id: 'A', name: 'ops-1' }, { id: 'B', name: 'ops-2' }], pullStop: async () => ({ id: '01980000-0000-7000-8000-000000000abc', durable: false }),
      heard: () => [{ runner: 'A', name: 'ops-1', killed: 2, survivors: 0, tookMs: 61, at: desk.at }, { runner: 'B', name: 'ops-2', killed: 0, survivors: 0, tookMs: 3, at: desk.at }],
    })
    assert.match((await one.command('stop now', bob)).text, /not on the log yet/)
    await answered(one, 1)
    assert.match(one.answers()[0]!, /2 of 2 runners, 2 workflows killed in 61 ms[^]*NOT ON THE LOG YET[^]*lies in a file/)
    assert.equal(desk.state.stops.size, 0)
  })

  test('where the log does not answer, it is said at once that the stop stands', async (t) => {
    const desk = await Desk.open(t)
    const ended = new AbortController()
    t.after(() => ended.abort())
    const hearing = createHearing({
      allow: [], edge: desk.edge, apiUrl: desk.slack.apiUrl, signal: ended.signal, onProblem: () => undefined,
      ports: {
        state: desk.state, archive: noArchive, now: () => desk.now(), runners: () => [], forced: () => [], append: async () => undefined,
        pullStop: () => new Promise(() => undefined), liftStop: async () => undefined,
      },
    })
    const fields = desk.slack.commandFields('stop', bob)
    const began = performance.now()
    const heard = await hearing.command((name) => fields[name]) as { body: { text: string } }
    assert.ok(performance.now() - began < 3000)
    assert.match(heard.body.text, /STOPPED everything.*not on the log yet/s)
  })
})

describe('go, status, why', () => {
  test('a listed person lifts a stop by the end of its id, and must say why', async (t) => {
    const one = await ear(t)
    one.desk.stop('01980000-0000-7000-8000-00000000abcd')
    assert.match((await one.command('go')).text, /For a lift, empty never means everything.*00abcd.*everything, by ann/s)
    assert.match((await one.command('go 00abcd')).text, /Say why/)
    assert.equal(one.desk.state.inForce.size, 1)
    assert.match((await one.command('go 00abcd rolled back')).text, /Lifted by ann \(Slack T0HOME\/U0ANN\): rolled back/)
    assert.equal(one.desk.state.inForce.size, 0)
    assert.match((await one.command('go 00abcd again')).text, /lifted it already: rolled back/)
    assert.match((await one.command('go 999999 x')).text, /There is no stop 999999/)
  })

  test('a stop of the configuration is not lifted from outside', async (t) => {
    const one = await ear(t)
    one.desk.stop('stop-forced')
    assert.match((await one.command('go stop-forced please')).text, /configuration forces this stop/)
    assert.equal(one.desk.state.inForce.size, 1)
  })

  for (const [who, member] of [['somebody who is not listed', bob], ['the same user of another workspace', abroad]] as const) {
    test(`${who} is told why not, and nothing is done`, async (t) => {
      const one = await ear(t)
      one.desk.stop('stop-1')
      for (const text of ['go stop-1 why', 'status', 'why X', 'approve wf-1']) {
        const answer = await one.command(text, member)
        assert.match(answer.text, new RegExp(`Only listed people may do this, and ${member.user} of ${member.team} is not among them`))
        assert.equal(answer.body.response_type, 'ephemeral')
      }
      assert.equal(one.desk.state.inForce.size, 1)
    })
  }

  test('the members of a listed group may, as Slack says who they are', async (t) => {
    const one = await ear(t, { allow: [{ team: 'T0HOME', group: 'S0OPS' }] })
    assert.match((await one.command('status', bob)).text, /Slack did not say who is in the group S0OPS/)
    one.desk.slack.groups.set('S0OPS', ['U0BOB'])
    assert.match((await one.command('status', bob)).text, /No stop is in force/)
    assert.match((await one.command('status', ann)).text, /Only listed people/)
  })

  test('status and why say what is stopped, what runs, and each verdict', async (t) => {
    const one = await ear(t)
    const workflow = one.desk.workflow()
    one.desk.says({ kind: 'decided', workflow: workflow.id, turn: workflow.turn, outcome: 'wait', reason: 'rate', detail: '5 of 5 an hour', plan: workflow.plan!.digest, judgedAt: one.desk.state.position, catalogue: 'c1', verdicts: [{ policy: 'rate', verdict: 'wait', detail: '5 of 5 an hour', until: 2_000_000 }], takes: [], until: 2_000_000 })
    one.desk.stop('stop-1', ['runbook="fix"'])
    assert.match((await one.command('status')).text, /stopped: runbook="fix", by ann: test.*waiting: fix@1 on web: rate: 5 of 5 an hour, until/s)
    for (const about of ['wf-1', 'HighLatency']) assert.match((await one.command(`why ${about}`)).text, /held by the stop of ann.*wait by rate: 5 of 5 an hour, clears at/s)
    assert.match((await one.command('why Nothing')).text, /Nothing is known of Nothing/)
  })

  test('status names what went wrong until somebody took it', async (t) => {
    const { desk, command } = await ear(t)
    const workflow = desk.workflow()
    const claim = desk.decideStart(workflow).claim(workflow)
    desk.says({ kind: 'step failed', workflow: workflow.id, step: 0, job: 0, claim, reason: 'step failed', detail: 'exit 1\n    at run (runbooks/fix/1.ts:3:1)', tookMs: 1 })
    assert.match((await command('status')).text, /Nobody took:\nfailed: fix@1 on web: step failed: [^\n]*exit 1 \[/)
    desk.says({ kind: 'taken', notice: `workflow:${workflow.id}`, who: 'ann' })
    assert.doesNotMatch((await command('status')).text, /Nobody took:/)
  })

  test('why tells of what memory has forgotten, by its id and by the fingerprint of its alert', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'paramedic-hearing-'))
    const told = new Story()
    const path = join(folder, 'log.db')
    const archive = createArchive({ state: told.state, path: `${path}-archive`, place: () => ({ kind: 'sqlite', path, folder }), onProblem: (problem) => assert.fail(String(problem)) })
    t.after(async () => (await archive.close(), rmSync(folder, { recursive: true })))
    const { id, turn, episode } = told.workflow({ id: '01900000-0000-7000-8000-00000000abcd' })
    const { fingerprint } = told.state.episodes.get(episode!)!
    told.says({ kind: 'ended', workflow: id, turn, state: 'expired', reason: 'expired', detail: 'nobody answered' })
    told.says({ kind: 'message sent', notice: `workflow:${id}`, revision: 9, channel: 'C', ts: '1' })
    while (told.state.workflows.size > 0) {
      told.later(86_400_000).alert({ alertname: 'Novel' })
      archive.take()
    }
    const one = listen(await Desk.open(t), t, {}, { state: told.state, archive })
    for (const about of [id, '00abcd', fingerprint]) assert.match((await one.command(`why ${about}`)).text, /expired: fix@1 on web: expired: nobody answered/)
    assert.match((await one.command('why ffffff')).text, /Nothing is known of ffffff/)
  })

  test('help, nothing, and what is no command', async (t) => {
    const one = await ear(t)
    for (const text of ['help', '', 'HELP']) assert.match((await one.command(text, bob)).text, /\/paramedic stop \[MATCHER…\] WHY/)
    assert.match((await one.command('halt', bob)).text, /`halt` is not a command; nothing was done/)
  })
})
