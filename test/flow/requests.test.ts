/** The handshake with a real server: submitted, executed once, cancelled, over the API and over the command line. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { paramedic } from '../cli/cli.ts'
import { alive, eventually, get, liftAll, linesOf, post } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn, type Running } from './server.ts'

const dir = folder()
const file = join(dir, 'noted')
let server: Running
const each = Array.from({ length: 50 }, (_, n) => `e${n}`)
const names = [...Array.from({ length: 24 }, (_, n) => `s${n}`), 'payroll', ...each]
const start = () => startServer(dir, targetsIn(dir, names), '', { catalogue: ownCatalogue })

before(async () => {
  server = await start()
  await liftAll(server.url)
})
after(() => server.end('SIGKILL'))

const submit = async (body: object, key: string = randomUUID()): Promise<{ status: number; body: any }> => {
  const response = await fetch(`${server.url}/v1/workflows`, { method: 'POST', headers: { 'idempotency-key': key }, body: JSON.stringify(body) })
  return { status: response.status, body: await response.json() }
}
const exec = (id: string, plan?: string) => post(`${server.url}/v1/workflows/${id}/exec`, plan === undefined ? {} : { plan })
const ended = (id: string, state: string) => eventually(`${id} is ${state}`, async () => (await get(`${server.url}/v1/workflows/${id}`)).state === state)
const notes = (target: string) => ({ runbook: 'notes', targets: [target], labels: { file }, why: 'a test' })
const linesFor = (target: string): string[] => linesOf(file).filter((line) => line.startsWith(`${target} `))

test('submitted twice under one key, killed in between, executed by a hundred at once: it runs once', { timeout: 240_000 }, async () => {
  const key = randomUUID()
  const first = await submit(notes('s1'), key)
  assert.deepEqual([first.status, first.body.state, first.body.plan.changes.length, first.body.verdicts.at(-1).verdict], [201, 'ready', 1, 'allow'])
  await server.end('SIGKILL')
  server = await start()
  const again = await submit(notes('s1'), key)
  assert.deepEqual([again.status, again.body.id], [200, first.body.id])
  assert.equal((await submit(notes('s2'), key)).body.code, 'KEY_REUSED')
  assert.deepEqual(linesFor('s1'), [], 'nothing runs before exec')
  const answers = await Promise.all(Array.from({ length: 100 }, () => exec(first.body.id, first.body.plan.digest)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, ...Array.from({ length: 99 }, () => 409)])
  await ended(first.body.id, 'completed')
  assert.deepEqual(linesFor('s1').filter((line) => line.includes('once')), ['s1 once begins', 's1 once ends'])
  assert.equal((await exec(first.body.id)).body.code, 'NOT_AWAITING_EXEC')
  assert.equal((await submit(notes('s1'), key)).body.state, 'completed')
})

test('what the policies refuse is refused at submit, with every verdict, and the same again under its key', async () => {
  const key = randomUUID()
  const { status, body } = await submit(notes('payroll'), key)
  assert.equal(status, 422, JSON.stringify(body))
  assert.deepEqual([body.code, body.verdicts?.at(-1)?.verdict, body.verdicts?.at(-1)?.reason], ['REFUSED', 'refuse', 'targets'])
  assert.deepEqual([(await submit(notes('payroll'), key)).body.state], ['refused'])
  const unknown = await submit(notes('nowhere'))
  assert.deepEqual([unknown.status, unknown.body.code, unknown.body.reason], [422, 'REFUSED', 'plan failed'])
})

test('a bad request names every field', async () => {
  const { status, body } = await submit({ runbook: 'Notes!', targets: [], parms: {} })
  assert.deepEqual([status, body.code, body.problems.map(({ field }: any) => field)], [400, 'BAD_WORKFLOW', ['parms', 'runbook', 'targets']])
  assert.equal((await submit({ ...notes('s1'), runbook: 'notes@7' })).body.detail, 'runbook notes@7 is not in the catalogue; known: notes@1')
  assert.equal((await post(`${server.url}/v1/workflows`, notes('s1'))).body.code, 'KEY_REQUIRED')
})

test('fifty jobs of one step, eight at a time: each has its own target and output, and with `onError: continue` one that fails keeps nothing from going on', { timeout: 240_000 }, async () => {
  const { body } = await submit({ runbook: 'each', targets: each, labels: { fails: 'e7' } })
  await exec(body.id)
  await ended(body.id, 'completed')
  const { steps: [touch, count] } = await get(`${server.url}/v1/workflows/${body.id}`)
  const others = each.filter((target) => target !== 'e7')
  assert.deepEqual(touch.output, Object.fromEntries(others.map((target) => [target, { target, stdout: target }])))
  assert.deepEqual(touch.jobs.map(({ target, state, attempts }: any) => [target, state, attempts]), each.map((target) => [target, target === 'e7' ? 'failed' : 'done', 1]))
  assert.deepEqual([touch.state, touch.jobs[7].reason, count.output], ['failed', 'step failed', 49])
  assert.match(touch.jobs[7].detail, /^e7 fails as it was asked to.*\n.*runbooks\/each\/1\.ts:\d+:\d+/s)
  assert.doesNotMatch(touch.jobs[7].detail, /file:|\/tmp|dist|node:/, 'no path of this machine')
})

test('cancelled while it runs: the whole tree is dead', { timeout: 240_000 }, async () => {
  const mark = `cancel-${randomUUID()}`
  const { body } = await submit({ runbook: 'tree', targets: ['s3'], labels: { mark, file: join(dir, mark) } })
  await exec(body.id)
  await eventually('the tree stands', async () => alive(mark).length >= 3)
  assert.equal((await post(`${server.url}/v1/workflows/${body.id}/cancel`, { why: 'wrong target' })).status, 202)
  await ended(body.id, 'cancelled')
  assert.deepEqual(alive(mark), [])
})

test('its time is over while it runs: the whole tree is dead, the state says so, and nothing is tried again', { timeout: 240_000 }, async () => {
  const mark = `deadline-${randomUUID()}`
  const { body } = await submit({ runbook: 'tree', targets: ['s7'], labels: { mark, file: join(dir, mark) }, deadline: '4s' })
  await exec(body.id)
  await eventually('the tree stands', async () => alive(mark).length >= 3)
  const status = async () => (await paramedic(['--url', server.url, 'status', body.id])).out
  assert.match(await status(), /^its time is over at /m)
  await ended(body.id, 'failed')
  assert.deepEqual(alive(mark), [])
  const { reason, deadline, steps: [grow] } = await get(`${server.url}/v1/workflows/${body.id}`)
  assert.deepEqual([reason, grow.jobs[0].attempts, grow.jobs[0].reason], ['deadline', 1, 'deadline'])
  assert.ok(Date.parse(grow.endedAt) >= Date.parse(deadline), `${grow.endedAt} is not before ${deadline}`)
  assert.match(await status(), /failed {2}deadline: /)
  assert.deepEqual((await submit({ ...notes('s1'), deadline: 'soon' })).body.problems.map(({ field }: any) => field), ['deadline'])
})

test('run, from a terminal or a script: plan, verdicts, and the end; 1 where it is refused', { timeout: 240_000 }, async () => {
  const url = ['--url', server.url]
  const unasked = await paramedic([...url, 'run', 'notes', '--target', 's4', '--label', `file=${file}`])
  assert.deepEqual([unasked.code, linesFor('s4')], [2, []])
  assert.match(unasked.err, /say --yes/)
  const ran = await paramedic([...url, 'run', 'notes', '--target', 's4', '--label', `file=${file}`, '--yes', '--why', 'by hand'])
  assert.equal(ran.code, 0, ran.err)
  assert.match(ran.out, /plan: s4 not noted → noted[^]*allow: targets[^]*completed/)
  assert.equal(linesFor('s4').length, 5)
  const refused = await paramedic([...url, 'run', 'notes', '--target', 'payroll', '--yes'])
  assert.equal(refused.code, 1)
  assert.match(refused.out, /^REFUSED: .*\n[^]*^ {2}refuse: targets, payroll/m)
  const rehearsed = await paramedic([...url, 'run', 'notes@1', '--target', 's5', '--dry-run'])
  assert.deepEqual([rehearsed.code, linesFor('s5')], [0, []])
})

test('submit, exec, note, status, one by one', { timeout: 240_000 }, async () => {
  const url = ['--url', server.url]
  const submitted = await paramedic([...url, '--json', 'submit', 'notes', '--target', 's6', '--label', `file=${file}`, '--key', 'k6'])
  assert.equal(submitted.code, 0, submitted.err)
  const { id } = JSON.parse(submitted.out)
  assert.equal((await paramedic([...url, 'note', id, 'looked', 'at', 'it'])).code, 0)
  assert.equal((await paramedic([...url, 'exec', id.slice(-6)])).code, 0)
  assert.equal((await paramedic([...url, 'watch', id])).code, 0)
  assert.match((await paramedic([...url, 'status', id])).out, /note of .*: looked at it/)
  assert.equal((await paramedic([...url, 'cancel', id])).code, 1, 'it has ended')
})
