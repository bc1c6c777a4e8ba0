/** From a notice on the log to a message in Slack, through the real library: once, in place, and never lost. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { button, buttonsOf, readable } from '../servers/slack-shown.ts'
import { aWhile, Desk, eventually } from './desk.ts'

const alertBody = (alerts: readonly Record<string, string>[], status = 'firing') => ({
  version: '4', receiver: 'x', status, groupKey: '{}', alerts: alerts.map((labels) => ({ status, labels, annotations: {}, startsAt: '2026-11-22T02:16:39Z' })),
})

describe('one message per group', () => {
  test('a thousand unknown alerts of three names make three messages and a count', async (t) => {
    const desk = await Desk.open(t, { paced: true })
    for (let batch = 0; batch < 10; batch++) {
      desk.says({ kind: 'received', source: 'alertmanager', payload: alertBody(Array.from({ length: 100 }, (_, n) => ({ alertname: ['DiskFull', 'NodeDown', 'CertExpires'][n % 3]!, n: `${batch}.${n}` }))) })
      desk.says({ kind: 'unmatched', episodes: [...desk.state.unanswered.keys()], reason: 'no route', tell: true, route: '', detail: 'no route matches it' })
    }
    await desk.told()
    const messages = desk.slack.in('C0ALERTS')
    assert.equal(messages.length, 3)
    const counts = messages.map(({ text }) => Number(/ ×(\d+):/.exec(text)![1]))
    assert.equal(counts.reduce((sum, one) => sum + one), 1000)
    assert.deepEqual(desk.slack.refusals, [])
  })

  test('more of them change it in place, and its end is shown there', async (t) => {
    const desk = await Desk.open(t)
    desk.unknown([{ alertname: 'DiskFull', instance: 'a' }])
    await desk.told()
    desk.unknown([{ alertname: 'DiskFull', instance: 'b' }])
    await desk.told()
    const [message, ...others] = desk.slack.in('C0ALERTS')
    assert.equal(others.length, 0)
    assert.match(message!.text, /DiskFull ×2/)
    assert.match(readable(message!), /instance: a, b/)
    for (const instance of ['a', 'b']) desk.alert({ alertname: 'DiskFull', instance }, { status: 'resolved' })
    await desk.told()
    assert.match(message!.text, /Resolved: DiskFull ×2/)
    assert.deepEqual(desk.slack.posted.length, 1)
    assert.ok(message!.versions.length >= 3)
  })

  test('what heals is one line from start to end, and calls nobody', async (t) => {
    const desk = await Desk.open(t)
    const workflow = desk.workflow()
    const claim = desk.decideStart(workflow).claim(workflow)
    await desk.told()
    const [line] = desk.slack.in('C0ALERTS')
    assert.match(line!.text, /running: fix@1 on web/)
    assert.deepEqual(buttonsOf(line!).map(({ text }) => text.text), ['Stop fix'])
    desk.done(workflow, 0, claim)
    const next = desk.claim(workflow, 1)
    desk.done(workflow, 1, next).says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'healed', reason: 'alert gone', detail: 'the alert is gone' })
    await desk.told()
    assert.match(line!.text, /✅ healed/)
    assert.deepEqual(desk.slack.posted.length, 1)
    assert.ok([...desk.state.notices.values()].every(({ rung }) => rung === undefined))
  })

  test('with `announce: problems` it is not told of, but what fails is', async (t) => {
    const desk = await Desk.open(t, { settings: { announce: 'problems' } })
    const workflow = desk.workflow()
    const claim = desk.decideStart(workflow).claim(workflow)
    await desk.told()
    assert.deepEqual(desk.slack.posted, [])
    desk.says({ kind: 'step failed', workflow: workflow.id, step: 0, job: 0, claim, reason: 'step failed', detail: 'exit 1', tookMs: 1 })
    await desk.told()
    assert.match(desk.slack.in('C0ALERTS')[0]!.text, /failed: fix@1 on web/)
  })

  test('what was announced and then fails calls people in its thread', async (t) => {
    const desk = await Desk.open(t)
    const workflow = desk.workflow()
    const claim = desk.decideStart(workflow).claim(workflow)
    await desk.told()
    desk.says({ kind: 'step failed', workflow: workflow.id, step: 0, job: 0, claim, reason: 'step failed', detail: 'exit 1', tookMs: 1 })
    await desk.told()
    const [line, ...others] = desk.slack.in('C0ALERTS')
    assert.equal(others.length, 0)
    assert.match(line!.text, /failed/)
    const called = desk.slack.thread(line!.ts)
    assert.deepEqual(called.map(({ broadcast }) => broadcast), [true])
    assert.match(readable(called[0]!), /exit 1/)
  })

  test('a lifted stop says what became of what it held, once that is known', async (t) => {
    const desk = await Desk.open(t)
    desk.stop('stop-1')
    const [runs, goes] = [desk.workflow({ target: 'web' }), desk.workflow({ target: 'api' })]
    await desk.told()
    desk.lift('stop-1')
    await desk.told()
    const lifted = () => desk.slack.in('C0ALERTS').map(({ text }) => text).find((text) => text.startsWith('▶️')) ?? ''
    assert.match(lifted(), /2 workflows were held: 2 being judged/)
    desk.decideStart(runs).claim(runs)
    desk.says({ kind: 'ended', workflow: goes.id, turn: goes.turn, state: 'obsolete', reason: 'resolved', detail: 'the alert is gone' })
    await eventually('it says so', () => /2 workflows were held: 1 ran, 1 obsolete/.test(lifted()))
    assert.equal(desk.slack.in('C0ALERTS').filter(({ text }) => /Lifted|Stopped/.test(text)).length, 1, 'in place')
  })

  test('a route says in which channel', async (t) => {
    const desk = await Desk.open(t)
    desk.unknown([{ alertname: 'A' }], '#other').unknown([{ alertname: 'B' }])
    await desk.told()
    assert.deepEqual(desk.slack.posted.map(({ channel, text }) => `${channel} ${/: (\w)/.exec(text)![1]}`).sort(), ['C0ALERTS B', 'C0OTHER A'])
  })
})

describe('an escalation that nobody took', () => {
  test('is told again after 15 minutes of log time, 30 and 60, and then stands for itself', async (t) => {
    const desk = await Desk.open(t)
    desk.unknown([{ alertname: 'DiskFull' }])
    await desk.told()
    const [message] = desk.slack.posted
    // The next wait counts from when the log says that it rang, which is a little after Slack heard it.
    const rung = () => [...desk.state.notices.values()][0]!.rung!.times - 1
    for (const [minutes, times] of [[14, 0], [2, 1], [29, 1], [2, 2], [61, 3], [600, 3]] as const) {
      desk.later(minutes * 60_000)
      await (times > rung() ? eventually(`told again ${times} times`, () => rung() === times) : aWhile())
      assert.equal(desk.slack.thread(message!.ts).length, times, `after ${minutes} minutes more`)
    }
    const [again, , last] = desk.slack.thread(message!.ts)
    assert.match(readable(again!), /Nobody took this for 16 min/)
    assert.match(readable(last!), /Nobody took this for 2 h/, 'since the first call, not the last')
    assert.equal(again!.broadcast, true)
    assert.ok(button(again!, /Take/))
    assert.equal(desk.slack.posted.length, 4)
  })

  test('is not once it was taken, or is over', async (t) => {
    const desk = await Desk.open(t)
    desk.unknown([{ alertname: 'DiskFull' }, { alertname: 'NodeDown' }])
    await desk.told()
    const notice = [...desk.state.notices.values()].find(({ key }) => key.includes('DiskFull'))!
    desk.says({ kind: 'taken', notice: notice.key, who: 'ann (Slack T1/U1)' })
    desk.alert({ alertname: 'NodeDown' }, { status: 'resolved' })
    await desk.told()
    desk.later(3_600_000)
    await aWhile()
    assert.equal(desk.slack.posted.length, 2)
    const taken = desk.slack.posted.find(({ text }) => text.includes('DiskFull'))!
    assert.match(readable(taken), /Taken by ann/)
    assert.ok(!buttonsOf(taken).some(({ text }) => text.text === 'Take'))
  })
})

describe('when Slack is not well', () => {
  test('an answer that was lost may tell it twice, and never not at all', async (t) => {
    const desk = await Desk.open(t)
    desk.slack.fault({ how: 'answer lost', times: 1 })
    desk.unknown([{ alertname: 'DiskFull' }])
    await desk.told()
    assert.equal(desk.slack.in('C0ALERTS').length, 2)
  })

  for (const fault of [{ how: 'reset' }, { how: 'status', status: 503 }, { how: 'page' }, { how: 'error', error: 'internal_error' }, { how: 'hang' }] as const) {
    test(`${fault.how}: it is told once Slack is back`, async (t) => {
      const desk = await Desk.open(t, { edge: { timeoutMs: 300 } })
      desk.slack.fault({ ...fault, times: 2 })
      desk.unknown([{ alertname: 'DiskFull' }])
      await desk.told()
      assert.equal(desk.slack.in('C0ALERTS').length, 1)
      assert.equal(desk.slack.calls.length, 3)
    })
  }

  test('many that waited are one message that counts them', async (t) => {
    const desk = await Desk.open(t)
    const down = desk.slack.fault({ how: 'status', status: 503 })
    for (let n = 0; n < 40; n++) desk.unknown([{ alertname: `Alert${n}` }])
    await eventually('it was tried', () => desk.slack.calls.length > 1)
    down.times = 0
    desk.aheadMs += 120_000
    await desk.told()
    const messages = desk.slack.in('C0ALERTS')
    assert.equal(messages.length, 1)
    assert.match(messages[0]!.text, /40 messages at once: 40 unknown alert groups/)
    assert.ok([...desk.state.notices.values()].every(({ rung }) => rung?.times === 1), 'people were called for each')
  })

  test('a stop is never one of many', async (t) => {
    const desk = await Desk.open(t)
    const down = desk.slack.fault({ how: 'status', status: 503 })
    for (let n = 0; n < 40; n++) desk.unknown([{ alertname: `Alert${n}` }])
    desk.stop('stop-1')
    await eventually('it was tried', () => desk.slack.calls.length > 1)
    down.times = 0
    desk.aheadMs += 120_000
    await desk.told()
    // Whichever of the two was under way when Slack came back is the first.
    const texts = desk.slack.in('C0ALERTS').map(({ text }) => text)
    assert.equal(texts.filter((text) => /Stopped everything by ann/.test(text)).length, 1)
    assert.equal(texts.length, 2)
  })

  test('a pause that it asks for is kept in that channel, and in no other', async (t) => {
    const desk = await Desk.open(t)
    desk.slack.fault({ how: 'limited', retryAfter: 3, channel: 'C0ALERTS', times: 1 })
    desk.unknown([{ alertname: 'A' }])
    await eventually('it was limited', () => desk.slack.calls.length === 1)
    desk.unknown([{ alertname: 'B' }], '#other')
    await desk.told()
    const [limited, other, again] = desk.slack.calls
    assert.deepEqual([limited!.channel, other!.channel, again!.channel], ['C0ALERTS', 'C0OTHER', 'C0ALERTS'])
    assert.ok(again!.at - limited!.at >= 2900, 'Retry-After was honoured')
  })

  test('a channel that hangs delays no other', async (t) => {
    const desk = await Desk.open(t, { edge: { timeoutMs: 10_000 } })
    desk.slack.fault({ how: 'hang', channel: 'C0ALERTS', times: 1 })
    desk.unknown([{ alertname: 'A' }])
    await eventually('it hangs', () => desk.slack.calls.length === 1)
    desk.unknown([{ alertname: 'B' }], '#other')
    await eventually('the other one is told', () => desk.slack.in('C0OTHER').length === 1, 8000)
    assert.equal(desk.slack.in('C0ALERTS').length, 0)
  })

  test('a channel that cannot be reached gives way to the second one', async (t) => {
    const desk = await Desk.open(t, { settings: { channel: '#gone', fallbackChannel: '#second' } })
    desk.unknown([{ alertname: 'DiskFull' }])
    await desk.told()
    assert.equal(desk.slack.in('C0SECOND').length, 1)
    desk.unknown([{ alertname: 'DiskFull', n: '2' }])
    await desk.told()
    assert.match(desk.slack.in('C0SECOND')[0]!.text, /×2/)
  })

  test('so does one that has failed for a minute', async (t) => {
    const desk = await Desk.open(t, { settings: { fallbackChannel: '#second' } })
    desk.slack.fault({ how: 'status', status: 500, channel: 'C0ALERTS' })
    desk.slack.fault({ how: 'status', status: 500, channel: '#alerts' })
    desk.unknown([{ alertname: 'DiskFull' }])
    await eventually('it was tried', () => desk.slack.calls.length > 0)
    await aWhile()
    assert.equal(desk.slack.posted.length, 0)
    desk.aheadMs += 61_000
    await desk.told()
    assert.deepEqual(desk.slack.posted.map(({ channel }) => channel), ['C0SECOND'])
  })

  test('where it refuses, people are told on stderr meanwhile, once; with a good token it is sent', async (t) => {
    const desk = await Desk.open(t)
    let token = 'xoxb-old'
    const wrong = await Desk.open(t, { edge: { botToken: () => token } })
    wrong.slack.botToken = 'xoxb-new'
    wrong.unknown([{ alertname: 'DiskFull' }])
    await eventually('stderr has it', () => wrong.stderr.length > 0)
    wrong.aheadMs += 70_000
    await eventually('tried again', () => wrong.slack.calls.length > 1)
    assert.equal(wrong.stderr.length, 1)
    assert.match(wrong.stderr[0]!, /Slack refuses \(invalid_auth\).*Unknown alert: DiskFull/s)
    token = 'xoxb-new'
    wrong.aheadMs += 10_000
    await wrong.told()
    assert.equal(wrong.slack.in('C0ALERTS').length, 1)
    assert.deepEqual(desk.problems, [])
  })

  test('a message that it will not take as blocks is told as a line', async (t) => {
    const desk = await Desk.open(t)
    desk.slack.fault({ how: 'error', error: 'invalid_blocks', times: 1 })
    desk.unknown([{ alertname: 'DiskFull' }])
    await desk.told()
    assert.deepEqual(desk.slack.in('C0ALERTS').map(({ blocks, text }) => [blocks.length, /Unknown alert: DiskFull/.test(text)]), [[0, true]])
  })

  test('a message that somebody deleted is told anew', async (t) => {
    const desk = await Desk.open(t, { paced: true })
    desk.unknown([{ alertname: 'DiskFull' }])
    await desk.told()
    desk.slack.posted.length = 0
    desk.unknown([{ alertname: 'DiskFull', n: '2' }])
    await desk.told()
    assert.match(desk.slack.in('C0ALERTS')[0]!.text, /×2/)
  })

  test('while the log cannot be written nothing is told over and over', async (t) => {
    const desk = await Desk.open(t)
    desk.unknown([{ alertname: 'DiskFull' }])
    desk.appendFails = true
    await eventually('it is told', () => desk.slack.posted.length === 1)
    desk.aheadMs += 20_000
    await aWhile()
    desk.appendFails = false
    desk.aheadMs += 20_000
    await desk.told()
    assert.equal(desk.slack.posted.length, 1)
  })
})
