/** What people say in Slack, from the signed request to what became of it and what they are told. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test, type TestContext } from 'node:test'
import { createSlackDoor } from '../../src/notify/door.ts'
import { createHearing, type HearingOptions } from '../../src/notify/hearing.ts'
import type { Grant } from '../../src/notify/people.ts'
import { replier } from '../../src/notify/reply.ts'
import { SeenSignatures, verifySlack } from '../../src/notify/verify.ts'
import { button, readable, type Member } from '../servers/slack.ts'
import { readMessage } from '../servers/slack-rules.ts'
import { Desk, eventually } from './desk.ts'

const ann: Member = { user: 'U0ANN', team: 'T0HOME', name: 'ann' }
const bob: Member = { user: 'U0BOB', team: 'T0HOME', name: 'bob' }
const abroad: Member = { ...ann, team: 'T0OTHER' }

interface Ear {
  readonly desk: Desk
  command(text: string, member?: Member): Promise<{ status: number; text: string; body: any }>
  press(label: RegExp, posted: Parameters<typeof button>[0] & { channel?: string; ts?: string }, member?: Member): Promise<{ status: number }>
  /** Another process, or the same after a restart: the same log, nothing else. */
  again(): Ear
  answers(): string[]
}

const listen = (desk: Desk, t: TestContext, { allow = [{ team: 'T0HOME', user: 'U0ANN' }], ...more }: Partial<HearingOptions> & { allow?: readonly Grant[] } = {}): Ear => {
  const ended = new AbortController()
  t.after(() => ended.abort())
  const hearing = createHearing({
    allow, edge: desk.edge, apiUrl: desk.slack.apiUrl, signal: ended.signal, onProblem: (problem) => desk.problems.push(problem), ...more,
    ports: {
      state: desk.state, now: () => desk.now(), runners: () => [{ id: 'A', name: 'ops-1' }], forced: new Set(['stop-forced']),
      append: async (facts) => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        desk.append(facts)
      },
      pullStop: async (stop) => {
        const id = `01980000-0000-7000-8000-${String(desk.state.stops.size).padStart(12, '0')}`
        desk.says({ kind: 'stop pulled', stop: { ...stop, id } })
        setTimeout(() => desk.says({ kind: 'stop acknowledged', stop: id, runner: 'A', name: 'ops-1', killed: 2, survivors: 0, tookMs: 84 }), 30)
        return { id, durable: true }
      },
      liftStop: async (stop, who, why) => void desk.says({ kind: 'stop lifted', stop, who, why }),
    },
  })
  const door = createSlackDoor({ hearing, signingSecret: () => desk.slack.signingSecret })
  const request = (fields: Record<string, string>) => {
    const body = new URLSearchParams(fields).toString()
    const headers = desk.slack.signed(body)
    return { rawBody: Buffer.from(body), timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'] }
  }
  return {
    desk,
    async command(text, member = ann) {
      const { status, body } = await door.command(request(desk.slack.commandFields(text, member))) as { status: number; body: any }
      if (body) assert.equal(readMessage(body.text, body.blocks).refused, undefined)
      return { status, body, text: body ? readable(body) : '' }
    },
    press: (label, posted, member = ann) =>
      door.interactivity(request({ payload: JSON.stringify(desk.slack.pressFields(button(posted, label), { channel: posted.channel ?? 'C0ALERTS', ts: posted.ts ?? '1.1' }, member)) })),
    again: () => listen(desk, t, { allow, ...more }),
    answers: () => desk.slack.responses.map(({ body }) => readable(body)),
  }
}

const ear = async (t: TestContext, options: Parameters<typeof listen>[2] = {}): Promise<Ear> => listen(await Desk.open(t), t, options)
const answered = (one: Ear, count: number): Promise<void> => eventually(`${count} answers`, () => one.answers().length >= count)

describe('who sends', () => {
  const secret = '8f742231b10e8888abcd99yyyzzz85a5'
  const body = 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
  const vector = { signingSecret: secret, timestamp: '1531420618', signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503', rawBody: body }
  const at = 1_531_420_618_000
  const verify = (changes: Record<string, unknown> = {}, seen = new SeenSignatures()) => verifySlack({ ...vector, now: at, seen, ...changes } as Parameters<typeof verifySlack>[0])

  test("Slack's own example is its", () => assert.deepEqual(verify(), { ok: true }))

  const refused: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['a body that was changed', { rawBody: `${body}&text=stop` }, /wrong/],
    ['another secret', { signingSecret: 'other' }, /wrong/],
    ['no secret', { signingSecret: '' }, /no signing secret/],
    ['older than five minutes', { now: at + 301_000 }, /five minutes old/],
    ['from the future', { now: at - 301_000 }, /five minutes ahead/],
    ['no timestamp', { timestamp: undefined }, /missing/],
    ['no signature', { signature: undefined }, /missing/],
    ['two signatures', { signature: [vector.signature, vector.signature] }, /missing/],
    ['a shorter signature', { signature: vector.signature.slice(0, -2) }, /cannot be read/],
    ['a longer signature', { signature: `${vector.signature}00` }, /cannot be read/],
    ['another version', { signature: vector.signature.replace('v0', 'v1') }, /cannot be read/],
    ['a timestamp that is none', { timestamp: '1531420618abc' }, /cannot be read/],
    ['a timestamp that was not signed', { timestamp: '1531420619' }, /wrong/],
  ]
  for (const [what, changes, why] of refused) {
    test(`${what} is refused`, () => {
      const found = verify(changes)
      assert.match(found.ok ? '' : found.why, why)
    })
  }

  test('the same once more is refused, also when many others came between', () => {
    const seen = new SeenSignatures(100)
    assert.ok(verify({}, seen).ok)
    for (let n = 0; n < 50; n++) seen.add(`v0=${n}`, at, at)
    assert.deepEqual(verify({}, seen), { ok: false, why: 'it was sent before' })
  })

  test('a forged one fills no memory', () => {
    const seen = new SeenSignatures(1)
    assert.ok(verify({}, seen).ok)
    for (let n = 0; n < 10; n++) verify({ signature: `v0=${createHmac('sha256', 'x').update(String(n)).digest('hex')}` }, seen)
    assert.equal(verify({}, seen).ok, false)
  })

  test('a field that was sent twice is refused, and nothing is done', async (t) => {
    const { desk } = await ear(t)
    const door = createSlackDoor({ hearing: { command: async (field) => ({ unreadable: String(field('text')) }), pressed: () => ({}) }, signingSecret: () => secret })
    const raw = 'text=stop&text=go&user_id=U0ANN&team_id=T0HOME'
    const headers = desk.slack.signed(raw)
    const request = { rawBody: Buffer.from(raw), timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'] }
    assert.deepEqual(await door.command(request), { status: 400, why: 'stop,go' })
    assert.equal((await door.command(request)).status, 401)
  })
})

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
    assert.deepEqual([...one.desk.state.inForce].map(({ effect }) => effect), ['pause'])
  })

  test('where the log does not answer, it is said at once that the stop stands', async (t) => {
    const desk = await Desk.open(t)
    const ended = new AbortController()
    t.after(() => ended.abort())
    const hearing = createHearing({
      allow: [], edge: desk.edge, apiUrl: desk.slack.apiUrl, signal: ended.signal, onProblem: () => undefined,
      ports: {
        state: desk.state, now: () => desk.now(), runners: () => [], forced: new Set(), append: async () => undefined,
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

  test('help, nothing, and what is no command', async (t) => {
    const one = await ear(t)
    for (const text of ['help', '', 'HELP']) assert.match((await one.command(text, bob)).text, /\/paramedic stop \[MATCHER…\] WHY/)
    assert.match((await one.command('halt', bob)).text, /`halt` is not a command; nothing was done/)
  })
})

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

  test('a button of another version is told so', async (t) => {
    const one = await ear(t)
    const posted = { text: 'x', blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'explode:0', value: '[]', text: { type: 'plain_text', text: 'Explode' } }] }] }
    await one.press(/Explode/, posted)
    await answered(one, 1)
    assert.match(one.answers()[0]!, /not known to this version/)
  })
})

describe('the answers that follow', () => {
  test('go by the response_url five times, then as messages', async (t) => {
    const desk = await Desk.open(t)
    const reply = replier({ responseUrl: desk.slack.responseUrl(), channel: '#alerts', post: desk.edge.post, origins: [desk.slack.origin], signal: new AbortController().signal })
    for (let n = 1; n <= 7; n++) assert.ok(await reply({ text: `answer ${n}`, blocks: [] }))
    assert.equal(desk.slack.responses.length, 5)
    assert.deepEqual(desk.slack.posted.map(({ text }) => text), ['answer 6', 'answer 7'])
    assert.deepEqual(desk.slack.refusals, [])
  })

  test('and after half an hour as messages', async (t) => {
    const desk = await Desk.open(t)
    const reply = replier({ responseUrl: desk.slack.responseUrl(), channel: '#alerts', post: desk.edge.post, origins: [desk.slack.origin], signal: new AbortController().signal, now: () => desk.steady() })
    assert.ok(await reply({ text: 'soon', blocks: [] }))
    desk.aheadMs = desk.slack.aheadMs = 30 * 60_000
    assert.ok(await reply({ text: 'late', blocks: [] }))
    assert.deepEqual([desk.slack.responses.length, desk.slack.posted.map(({ text }) => text)], [1, ['late']])
    assert.deepEqual(desk.slack.refusals, [])
  })

  for (const address of ['http://169.254.169.254/latest/meta-data', 'https://hooks.slack.com.evil.example/x', 'https://user@evil.example/', 'file:///etc/passwd', 'not an address', 'https://hooks.slack.com@evil.example/', 'http://hooks.slack.com/x']) {
    test(`never to ${address}`, async (t) => {
      const desk = await Desk.open(t)
      const dialled: string[] = []
      t.mock.method(globalThis, 'fetch', async (url: string) => (dialled.push(url), new Response('')))
      const reply = replier({ responseUrl: address, channel: '', post: desk.edge.post, origins: ['https://hooks.slack.com'], signal: new AbortController().signal })
      assert.equal(await reply({ text: 'x', blocks: [] }), false)
      assert.deepEqual(dialled, [])
    })
  }
})
