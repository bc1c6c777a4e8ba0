/** What a step prints, from a real child to whoever looks on: while it runs, in its record, and in the words of the commands. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bin, paramedic } from '../cli/cli.ts'
import { alive, eventually, get, liftAll, post } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn, type Running } from './server.ts'

const dir = folder()
const secretFile = join(dir, 'secret')
let server: Running

before(async () => {
  writeFileSync(secretFile, 'the-first-secret\n')
  server = await startServer(dir, targetsIn(dir, ['s0', 's1', 's2']), '', { catalogue: ownCatalogue, env: { PARAMEDIC_GRAFANA_SECRET_FILE: secretFile } })
  await liftAll(server.url)
  await inForce()
})
after(async () => {
  await server.end('SIGKILL')
  // The keeper of its services ends when its folder is gone.
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
})

/** Alerts are taken before the catalogue is read; a request is not. */
const inForce = () => eventually('a catalogue is in force', async () => (await get(`${server.url}/healthz`)).catalogue !== null)

const submit = async (target: string, labels: Record<string, string>): Promise<string> => {
  const response = await fetch(`${server.url}/v1/workflows`, { method: 'POST', headers: { 'idempotency-key': randomUUID() }, body: JSON.stringify({ runbook: 'talks', targets: [target], labels, why: 'a test' }) })
  const body = (await response.json()) as { id: string; state: string }
  assert.equal(body.state, 'ready', JSON.stringify(body))
  return body.id
}
const reaches = (id: string, state: string) => eventually(`${id} is ${state}`, async () => {
  const one = await get(`${server.url}/v1/workflows/${id}`)
  return one.state === state && one
})

test('watched while it runs: shown as it comes, each line once, and the rest with the end', { timeout: 60_000 }, async () => {
  const gate = join(dir, 'gate')
  const id = await submit('s0', { gate })
  const watch = spawn(process.execPath, [bin, '--url', server.url, 'watch', id], { stdio: ['ignore', 'pipe', 'inherit'] })
  let shown = ''
  watch.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const over = new Promise<number | null>((resolve) => watch.once('close', resolve))
  try {
    await eventually('it watches', async () => shown.includes('ready'))
    await post(`${server.url}/v1/workflows/${id}/exec`, {})
    await eventually('what it printed is seen while it runs', async () => shown.includes('  | before the gate\n'))
    const seen = await get(`${server.url}/v1/workflows/${id}`)
    assert.equal(seen.state, 'running', seen.detail)
    writeFileSync(gate, '')
    assert.equal(await over, 0)
    assert.deepEqual(shown.split('\n').filter((line) => line.startsWith('  |') && !line.startsWith('  | $')), ['  | before the gate', '  | behind the gate'])
  } finally {
    watch.kill('SIGKILL')
  }
})

test('of a step that failed it is in the record, in its status, and nowhere in a list', { timeout: 60_000 }, async () => {
  const id = await submit('s1', { fails: 'yes' })
  await post(`${server.url}/v1/workflows/${id}/exec`, {})
  const { steps } = await reaches(id, 'failed')
  assert.deepEqual(steps[0].jobs[0].printed, { tail: 'before the gate\nbehind the gate\n', bytes: 32 })
  const { items } = await get(`${server.url}/v1/workflows`)
  assert.ok(items.length > 1 && items.every((one: any) => one.steps.every((step: any) => step.jobs.every((job: any) => !('printed' in job)))))
  const { out } = await paramedic(['--url', server.url, 'status', id])
  assert.match(out, /s1 printed 32 bytes:\n {2}\| before the gate\n {2}\| behind the gate\n/)
})

test('a secret is masked wherever what was printed goes: its file, the log, the card, the API; and the one that replaces it', { timeout: 60_000 }, async () => {
  const places = async (id: string): Promise<string> => {
    const files = readdirSync(join(dir, 'output', id)).map((name) => readFileSync(join(dir, 'output', id, name), 'utf8')).join('')
    const card = await eventually('people are told', async () => {
      const from = server.said.findIndex((line) => line.includes(`failed: talks@1`) && line.includes(id.slice(-6)))
      return from >= 0 && server.said.slice(from, from + 30).join('\n')
    })
    const log = (await paramedic(['--url', server.url, 'log'])).out.split('\n').filter((line) => line.includes(id)).join('\n')
    const all = { files, card, log, api: JSON.stringify(await get(`${server.url}/v1/workflows/${id}`)) }
    for (const [place, text] of Object.entries(all)) assert.match(text, /behind the gate/, `${place} has what was printed`)
    return Object.values(all).join('\n')
  }
  for (const secret of ['the-first-secret', 'another-secret']) {
    // As whoever rotates secrets does it: another file under the same name.
    writeFileSync(`${secretFile}.new`, `${secret}\n`)
    renameSync(`${secretFile}.new`, secretFile)
    const id = await submit('s1', { fails: 'yes', reads: secretFile })
    await post(`${server.url}/v1/workflows/${id}/exec`, {})
    await reaches(id, 'failed')
    const seen = await places(id)
    assert.ok(seen.includes('***'))
    assert.deepEqual(seen.split('\n').filter((line) => line.includes(secret)), [])
  }
})

test('what was killed had printed something too, and it outlives the server', { timeout: 60_000 }, async () => {
  const never = join(dir, 'never')
  const id = await submit('s2', { gate: never })
  await post(`${server.url}/v1/workflows/${id}/exec`, {})
  await eventually('it waits at the gate', async () => alive(never).length > 0)
  await post(`${server.url}/v1/workflows/${id}/cancel`, { why: 'enough' })
  const printed = (await reaches(id, 'cancelled')).steps[0].jobs[0].printed
  assert.match(printed.tail, /^before the gate\n/)
  await server.end('SIGKILL')
  server = await startServer(dir, targetsIn(dir, ['s0', 's1', 's2']), '', { catalogue: ownCatalogue })
  const again = await reaches(id, 'cancelled')
  assert.deepEqual(again.steps[0].jobs[0].printed, printed)
})
