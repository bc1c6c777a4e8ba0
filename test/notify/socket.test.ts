/** Socket Mode, through the real library: the same deeds over a connection that we dialled. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { noArchive } from '../../src/follow/archive.ts'
import { createHearing } from '../../src/notify/hearing.ts'
import { openSocket } from '../../src/notify/socket.ts'
import { button, readable } from '../servers/slack-shown.ts'
import { Desk, eventually } from './desk.ts'

const ann = { user: 'U0ANN', team: 'T0HOME', name: 'ann' }

const open = async (t: TestContext, appToken = 'xapp-test') => {
  const desk = await Desk.open(t)
  const ended = new AbortController()
  const problems: unknown[] = []
  const onProblem = (problem: unknown): void => void problems.push(problem)
  const hearing = createHearing({
    allow: [{ team: 'T0HOME', user: 'U0ANN' }], edge: desk.edge, apiUrl: desk.slack.apiUrl, signal: ended.signal, onProblem,
    ports: {
      state: desk.state, archive: noArchive, now: () => desk.now(), runners: () => [], forced: () => [], append: async (facts) => void desk.append(facts),
      pullStop: async (stop) => (desk.says({ kind: 'stop pulled', stop: { ...stop, id: `stop-${desk.state.stops.size}` } }), { id: 'stop-0', durable: true }),
      liftStop: async (stop, who, why) => void desk.says({ kind: 'stop lifted', stop, who, why }),
    },
  })
  const token = { now: appToken }
  const socket = openSocket({ hearing, appToken: () => token.now, apiUrl: desk.slack.apiUrl, signal: ended.signal, onProblem, firstBackoffMs: 50 })
  const close = (): Promise<void> => (ended.abort(), socket.ended())
  t.after(close)
  return { desk, socket, problems, token, close, connected: () => eventually('it is connected', () => socket.health().ok) }
}

test('commands and buttons come over it, are acknowledged within 3 s and done as over HTTP', async (t) => {
  const { desk, connected } = await open(t)
  await connected()
  const { slack } = desk
  const status = await slack.overSocket('slash_commands', slack.commandFields('status', ann))
  assert.match(readable(status), /No stop is in force/)
  const stopped = await slack.overSocket('slash_commands', slack.commandFields('stop it loops', ann))
  assert.match(readable(stopped), /STOPPED everything, by ann/)
  assert.equal(desk.state.inForce.size, 1)
  desk.unknown([{ alertname: 'DiskFull' }])
  await desk.told()
  const message = slack.posted.find(({ text }) => text.includes('DiskFull'))!
  assert.deepEqual(await slack.overSocket('interactive', slack.pressFields(button(message, /Take/), message, ann)), {})
  await eventually('it is taken', () => [...desk.state.notices.values()].some(({ taken }) => taken?.who === 'ann (Slack T0HOME/U0ANN)'))
  assert.deepEqual(slack.refusals, [])
})

test('what Slack sends again is acknowledged again and done once', async (t) => {
  const { desk, connected } = await open(t)
  await connected()
  const fields = desk.slack.commandFields('stop', ann)
  await desk.slack.overSocket('slash_commands', fields, 'envelope-1')
  await desk.slack.overSocket('slash_commands', fields, 'envelope-1')
  assert.equal(desk.state.stops.size, 1)
})

for (const how of ['close', 'cut'] as const) {
  test(`it is dialled again after a ${how}`, async (t) => {
    const { desk, connected, socket } = await open(t)
    await connected()
    const [first] = desk.slack.sockets
    first!.end(how)
    await eventually('a second connection', () => desk.slack.connections === 2 && desk.slack.sockets.size === 1 && socket.health().ok)
    assert.match(readable(await desk.slack.overSocket('slash_commands', desk.slack.commandFields('help', ann))), /\/paramedic stop/)
  })
}

test('it is dialled again when Slack says that it will close', async (t) => {
  const { desk, connected, socket } = await open(t)
  await connected()
  for (const one of desk.slack.sockets) one.send({ type: 'disconnect', reason: 'refresh_requested' })
  await eventually('a second connection', () => desk.slack.connections === 2 && socket.health().ok)
})

test('while Slack refuses or is away it is said once and tried on; with a good token it connects', async (t) => {
  const { desk, problems, socket, token, connected } = await open(t, 'xapp-wrong')
  await eventually('it was tried', () => desk.slack.calls.filter(({ method }) => method === 'apps.connections.open').length > 2)
  assert.equal(problems.length, 1)
  assert.match(String(problems[0]), /invalid_auth.*tried again/)
  assert.match(socket.health().detail, /invalid_auth/)
  const away = desk.slack.fault({ how: 'reset', method: 'apps.connections.open' })
  token.now = 'xapp-test'
  await eventually('it was tried', () => desk.slack.calls.some(({ error }) => error === 'reset'))
  away.times = 0
  await connected()
})

test('closed, it leaves nothing open, also while Slack hangs', async (t) => {
  const { desk, connected, close } = await open(t)
  await connected()
  await close()
  await eventually('it is gone', () => desk.slack.sockets.size === 0)
  const hanging = await open(t)
  hanging.desk.slack.fault({ how: 'hang' })
  await hanging.close()
})
