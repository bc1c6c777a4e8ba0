/** The whole server and Slack: what people are told, and that what they answer is done. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FakeSlack } from '../servers/slack.ts'
import { button, buttonsOf, readable, type Posted } from '../servers/slack-shown.ts'
import { eventually, get, liftAll, metric, notification, post, workflowsOf } from './flow.ts'
import { place } from './slack.ts'

const ann = { user: 'U0ANN', team: 'T0HOME', name: 'ann' }
const bob = { user: 'U0BOB', team: 'T0HOME', name: 'bob' }

const fire = async (url: string, alertname: string, more: { status?: string; n?: string } = {}): Promise<void> => {
  const { n = '1', ...rest } = more
  const body = notification([{ labels: { alertname, service: 'web', severity: 'critical', n }, ...rest }])
  for (const alert of body.alerts) Object.assign(alert.annotations, { summary: `${alertname} of <web> & co`, runbook_url: `https://runbooks.example.com/${alertname}` })
  assert.equal((await post(`${url}/webhooks/alertmanager`, body)).status, 200)
}

const told = (slack: FakeSlack, text: RegExp): Promise<Posted> => eventually(`somebody is told ${text}`, async () => slack.posted.find((one) => text.test(readable(one))), 60_000)

test('an alert from first to last: announced, stopped, asked, approved, healed; and every call says what to do', { timeout: 240_000 }, async (t) => {
  const { slack, start } = await place(t)
  const { url } = await start()
  const fresh = await told(slack, /Stopped: this log is new/)
  assert.match(readable(fresh), /until a person lifts this stop/)
  const [stop] = (await get(`${url}/v1/stops`)).items
  const lifted = await slack.command(url, `go ${stop.id.slice(-6)} the demo may run`, ann)
  assert.match(readable(lifted.body), /Lifted by ann/)

  await fire(url, 'Hang')
  const running = await told(slack, /running: hang@1 on web for Hang \(web 2 → 3\)/)
  assert.deepEqual(await slack.press(url, button(running, /Stop hang/), running, bob).then(({ status }) => status), 200)
  const proof = await eventually('the stop is proved', async () => slack.responses.find(({ body }) => /1 of 1 runner, 1 workflow killed/.test(readable(body))), 60_000)
  assert.equal(proof.body.response_type, 'in_channel')
  await told(slack, /Stopped: runbook="hang".*1 of 1 runner, 1 workflow killed/s)

  await fire(url, 'Ask')
  const asking = await told(slack, /May grow@1 on web go ahead\?/)
  await slack.press(url, button(asking, /Approve/), asking, bob)
  await eventually('bob may not', async () => slack.responses.find(({ body }) => /Only listed people/.test(body.text)))
  await slack.press(url, button(asking, /Approve/), asking, ann)
  await eventually('it is verifying', async () => (await get(`${url}/v1/workflows`)).items.some((one: any) => one.runbook === 'grow@1' && one.state === 'verifying'), 60_000)
  await fire(url, 'Ask', { status: 'resolved' })
  await told(slack, /✅ healed .*grow@1 on web for Ask/)

  await fire(url, 'Fail')
  await fire(url, 'Refused')
  await fire(url, 'Vain')
  await fire(url, 'Novel')
  for (const [text, also] of [
    [/Failed: fail@1 on web/, /the disk is &lt;!channel&gt; gone/], [/Refused: barred@1 on web/, /refuse by excluded/],
    [/Not proven to have helped: vain@1 on web/, /see what is really wrong/], [/Unknown alert: Novel/, /it ran nothing: no route/],
  ] as const) {
    const message = await told(slack, text)
    assert.match(readable(message), also)
    assert.match(readable(message), /What to do/)
    assert.match(readable(message), /service="web"/)
    assert.match(readable(message), /<https:\/\/runbooks\.example\.com\/\w+\|runbooks\.example\.com>/)
    assert.ok(buttonsOf(message).some(({ text: { text: label } }) => label === 'Take'))
  }
  const status = await slack.command(url, 'status', ann)
  assert.match(readable(status.body), /stopped: runbook="hang"/)
  const shown = (await workflowsOf(url)).map(({ labels, state }) => [labels.alertname, state])
  assert.deepEqual(Object.fromEntries(shown), { Hang: 'stopped', Ask: 'healed', Fail: 'failed', Refused: 'refused', Vain: 'unproven' })
  assert.match(readable((await slack.command(url, 'why Refused', ann)).body), /refuse by excluded/)
  assert.deepEqual([slack.mentions, slack.refusals], [[], []])
})

test('killed -9 while it tells people: everything is told after the next start, and what was taken stays taken', { timeout: 240_000 }, async (t) => {
  const { slack, start } = await place(t)
  const first = await start()
  await told(slack, /this log is new/)
  slack.fault({ how: 'hang', times: 1 })
  await fire(first.url, 'Novel')
  await eventually('it is being told', async () => slack.calls.some(({ error }) => error === 'hang'))
  await first.end('SIGKILL')
  slack.mend()
  slack.fault({ how: 'answer lost', times: 1, method: 'chat.postMessage' })
  const second = await start()
  const novel = await told(slack, /Unknown alert: Novel/)
  await second.end('SIGKILL')
  const third = await start()
  await eventually('it is told again, since nobody knows of the first', async () => slack.in('C0ALERTS').filter((one) => /Unknown alert: Novel/.test(one.text)).length >= 2 || (await get(`${third.url}/healthz`)).checks.slack?.ok, 60_000)
  await slack.press(third.url, button(novel, /Take/), novel, ann)
  await eventually('it is hers', async () => slack.responses.some(({ body }) => /It is yours/.test(body.text)))
  await third.end('SIGKILL')
  const fourth = await start()
  await slack.press(fourth.url, button(novel, /Take/), novel, ann)
  await eventually('it is still hers', async () => slack.responses.some(({ body }) => /took it already/.test(body.text)))
  assert.deepEqual([slack.mentions, slack.refusals], [[], []])
})

test('a server killed in a step that may be done only once: in doubt, and people decide', { timeout: 240_000 }, async (t) => {
  const { slack, start } = await place(t)
  const first = await start()
  await liftAll(first.url)
  await fire(first.url, 'Once')
  await told(slack, /running: once@1/)
  await first.end('SIGKILL')
  await start()
  await told(slack, /In doubt: once@1 on web.*see by hand whether “move the leader” took effect/s)
  await told(slack, /Runner ops-1 is lost/)
})

test('a bad catalogue, and a heartbeat that stays away', { timeout: 240_000 }, async (t) => {
  const { slack, start, dir } = await place(t)
  const { url } = await start()
  await fire(url, 'Watchdog')
  writeFileSync(join(dir, 'runbooks/routes.yaml'), 'routes:\n  - matchers: [alertname="Grow"]\n    runbook: grwo@1\n    mode: auto\n')
  const bad = await told(slack, /The catalogue has problems and is not used/)
  assert.match(readable(bad), /routes\.yaml:3.*grwo/)
  assert.match(readable(await told(slack, /A heartbeat stays away/)), /see whether Prometheus runs/)
})

test('while webhooks flood it, a stop from Slack is acknowledged within 3 s', { timeout: 240_000 }, async (t) => {
  const { slack, start } = await place(t)
  const { url } = await start()
  await liftAll(url)
  let flooding = true
  const body = JSON.stringify(notification(Array.from({ length: 500 }, (_, n) => ({ labels: { alertname: `Flood${n % 3}`, n: String(n), padding: 'x'.repeat(500) } }))))
  const flood = Array.from({ length: 8 }, async () => {
    while (flooding) await fetch(`${url}/webhooks/alertmanager`, { method: 'POST', body }).then((answer) => answer.arrayBuffer(), () => undefined)
  })
  for (let n = 0; n < 5; n++) {
    const { status, body: answer } = await slack.command(url, `stop flooded ${n}`, bob)
    assert.equal(status, 200)
    assert.match(answer.text, /STOPPED everything/)
  }
  flooding = false
  await Promise.all(flood)
  // The fake refuses what was acknowledged after three seconds.
  assert.deepEqual(slack.refusals, [])
})

test('over HTTP: a wrong signature, none, a replay, a field twice, and a body too large are refused', { timeout: 120_000 }, async (t) => {
  const { slack, start } = await place(t)
  const server = await start()
  const send = async (body: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(`${server.url}/slack/commands`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body })).status
  const body = new URLSearchParams(slack.commandFields('stop', bob)).toString()
  const good = slack.signed(body)
  const before = (await get(`${server.url}/v1/stops`)).items.length
  assert.equal(await send(body, {}), 401)
  assert.equal(await send(body, slack.signed(body, { secret: 'other' })), 401)
  assert.equal(await send(body, slack.signed(body, { ageMs: 400_000 })), 401)
  assert.equal(await send(body, slack.signed(body, { ageMs: -400_000 })), 401)
  assert.equal(await send(`${body}&text=go`, slack.signed(`${body}&text=go`)), 400)
  assert.equal(await send('x'.repeat(2 << 20), slack.signed('x')), 413)
  assert.equal((await get(`${server.url}/v1/stops`)).items.length, before)
  assert.equal(await send(body, good), 200)
  assert.equal(await send(body, good), 401)
  assert.match(server.said.join('\n'), /the signature is wrong/)
  assert.doesNotMatch(server.said.join('\n'), new RegExp(slack.signingSecret))
})

test('where Slack cannot reach it: Socket Mode, with a token that changes in its file', { timeout: 120_000 }, async (t) => {
  const { slack, start, dir } = await place(t)
  slack.botToken = 'xoxb-new'
  const { url, said } = await start({ PARAMEDIC_SLACK_APP_TOKEN_FILE: join(dir, 'app') })
  await eventually('it is connected', async () => slack.sockets.size === 1)
  assert.match(readable(await slack.overSocket('slash_commands', slack.commandFields('stop it loops', bob))), /STOPPED everything, by bob/)
  assert.equal((await get(`${url}/v1/stops`)).items.filter(({ inForce }: any) => inForce).length, 2)
  await eventually('stderr has what Slack refuses', async () => /Slack refuses \(invalid_auth\)/.test(said.join('\n')))
  writeFileSync(join(dir, 'token'), 'xoxb-new\n')
  await told(slack, /Stopped everything by bob/)
  assert.deepEqual(slack.refusals, [])
})

test('an edge that is switched off is left alone at once, and what was due is told when it is switched back', { timeout: 120_000 }, async (t) => {
  const { slack, start } = await place(t)
  const { url } = await start()
  await told(slack, /Stopped: this log is new/)
  assert.equal((await post(`${url}/v1/switches`, { edge: 'slack', mode: 'mock', why: 'test' })).body.code, 'NOT_ALLOWED_HERE')
  assert.equal((await post(`${url}/v1/switches`, { edge: 'slack', mode: 'off', why: 'Slack is being moved' })).status, 202)
  await fire(url, 'Unheard')
  await eventually('it was tried, and refused here', async () => (await metric(url, 'degraded_total{edge="slack",kind="off"}')) > 0)
  assert.ok(!slack.posted.some((one) => /Unheard/.test(readable(one))))
  assert.equal((await get(`${url}/v1/edges`)).items.find((one: any) => one.edge === 'slack').mode, 'off')
  assert.deepEqual((await get(`${url}/v1/switches`)).items.map(({ edge, mode, why }: any) => [edge, mode, why]), [['slack', 'off', 'Slack is being moved']])
  await post(`${url}/v1/switches`, { edge: 'slack', mode: 'configured', why: 'moved' })
  await told(slack, /Unheard/)
})
