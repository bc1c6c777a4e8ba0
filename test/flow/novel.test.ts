/** From an alert that nobody knew to a runbook that answers the next one: solved by hand, noted, written, played, released, in force. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { paramedic, type Ran } from '../cli/cli.ts'
import { eventually, get, liftAll, notification, post, workflowsOf } from './flow.ts'
import { folder, servicesIn, startServer, type Running } from './server.ts'

const root = resolve(import.meta.dirname, '../..')
const dir = folder()
let server: Running
const cli = async (...words: string[]): Promise<Ran> => paramedic(words, { cwd: dir, env: { PARAMEDIC_URL: server.url } })
const good = async (...words: string[]): Promise<string> => {
  const { code, out, err } = await cli(...words)
  assert.equal(code, 0, `${words.join(' ')}: ${err}`)
  return out
}
const labels = { alertname: 'QueueStuck', service: 'web', severity: 'warning', evil: '*/ process.exit() /*' }
const fires = (startsAt: string) => post(`${server.url}/webhooks/alertmanager`, notification([{ labels, startsAt }]))

before(async () => {
  for (const name of ['runbooks', 'policies']) cpSync(join(root, name), join(dir, name), { recursive: true })
  writeFileSync(join(dir, 'runbooks/routes.yaml'), `${readFileSync(join(root, 'runbooks/routes.yaml'), 'utf8')}
  # What is left is written down.
  - matchers: [alertname=~".+"]
    unmatched: tell
`)
  mkdirSync(join(dir, 'state'))
  server = await startServer(join(dir, 'state'), servicesIn(dir), '', { catalogue: dir })
  await liftAll(server.url)
}, { timeout: 120_000 })
after(() => server?.end('SIGKILL'))

test('an unknown alert, what a person did about it, and the machine that does it the next time', { timeout: 240_000 }, async () => {
  await fires(new Date(Date.now() - 60_000).toISOString())
  const episode = await eventually('it is told', async () => (await get(`${server.url}/v1/episodes`)).items.find((one: any) => one.answer !== undefined))
  assert.equal(episode.answer.reason, 'recorded')
  await good('note', episode.id.slice(-6), 'one of its replicas had lost its broker:\nrestarted the oldest one')

  const made = await good('runbook', 'new', 'unstick-queue', '--from', episode.id.slice(-6))
  assert.match(made, /wrote runbooks\/unstick-queue\/1\.ts\nwrote runbooks\/unstick-queue\/1\.test\.ts\nwrote policies\/unstick-queue\.yaml\nadded a route in mode approve: runbooks\/routes\.yaml:\d+/)
  const script = readFileSync(join(dir, 'runbooks/unstick-queue/1.ts'), 'utf8')
  assert.match(script, / \* {3}one of its replicas had lost its broker:\n \* {3}restarted the oldest one\n/)
  assert.match((await cli('runbook', 'test', 'unstick-queue')).out, /FAILED {2}unstick-queue@1 on web\n {6}! this step is not written yet/)
  assert.equal((await cli('check')).err, 'runbooks/unstick-queue/1.ts:1: unstick-queue@1 is not released: record it with `paramedic runbook lock`\n')
  assert.equal((await cli('runbook', 'new', 'unstick-queue', '--from', episode.id)).code, 1, 'nothing is overwritten')

  writeFileSync(join(dir, 'runbooks/unstick-queue/1.ts'), script.replace(/run: \(\) => \{[^]*?\n {6}\},/, `run: async ({ scale, target }) => {
        const { members } = await scale.read(target)
        await scale.restart(target, members[0]!.id)
      },`))
  const trial = join(dir, 'runbooks/unstick-queue/1.test.ts')
  assert.equal((await cli('runbook', 'test', 'unstick-queue')).code, 1, 'a call that the trial does not expect')
  writeFileSync(trial, readFileSync(trial, 'utf8').replace('calls: []', "calls: ['scale.restart web web-1']"))
  await good('runbook', 'test', 'unstick-queue')
  await good('runbook', 'lock')
  await good('check')
  assert.match(await good('routes', 'test', 'alertname=QueueStuck', 'service=web'), /^unstick-queue@1, mode approve/)
  await good('reload', '--wait')

  const before = (await get(`${server.url}/v1/episodes`)).items.length
  await fires(new Date().toISOString())
  const asks = await eventually('it asks', async () => (await workflowsOf(server.url)).find(({ runbook, state }) => runbook.startsWith('unstick-queue') && state === 'asking'))
  assert.equal((await get(`${server.url}/v1/episodes`)).items.length, before + 1)
  await good('approve', asks.id, '--yes', '--why', 'as last time')
  const done = await eventually('its step is done', async () => (await workflowsOf(server.url)).find(({ id, state }) => id === asks.id && state === 'verifying'))
  assert.deepEqual(done.steps.map(({ name, state }: any) => [name, state]), [['fix', 'done']])
})
