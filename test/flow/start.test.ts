/** What keeps a server from starting is told in one line that says what to do, and never by a stack. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { paramedic } from '../cli/cli.ts'
import { eventually, get, liftAll, notification, post, workflowsOf } from './flow.ts'
import { folder, ownCatalogue, servicesIn, startServer, targetsIn } from './server.ts'

/** Root may read everything, and make control groups. */
const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {}

const occupied = createServer().listen(0, '127.0.0.1').unref()
await once(occupied, 'listening')
const port = (): number => (occupied.address() as AddressInfo).port

/** What is in the way, made in an empty folder; the arguments; how it ends; what it says. */
const obstacles: readonly [name: string, make: (dir: string) => readonly string[], code: number, says: RegExp][] = [
  ['the state folder is a file', (dir) => {
    writeFileSync(join(dir, 'file'), '')
    return ['--state', join(dir, 'file')]
  }, 1, /^The state folder \S+ cannot be made .*--state/],
  ['the port is in use', () => ['--listen', `127.0.0.1:${port()}`], 1, /^It cannot listen on 127\.0\.0\.1:\d+ .*--listen/],
  ['the address is not of this machine', () => ['--listen', '192.0.2.1:9095', '--insecure'], 1, /^It cannot listen on 192\.0\.2\.1:9095 .*--listen/],
  ['the configuration may not be read', (dir) => {
    writeFileSync(join(dir, 'secret.yaml'), '')
    chmodSync(join(dir, 'secret.yaml'), 0)
    return ['--config', 'secret.yaml']
  }, 2, /^secret\.yaml:1: cannot be read .*name another file/],
  ['the configuration is not there', () => ['--config', 'none.yaml'], 2, /^none\.yaml:1: is not there/],
  ['the services cannot be read', (dir) => {
    writeFileSync(join(dir, 'bad.yaml'), 'services: [')
    return ['--providers-local-services', 'bad.yaml']
  }, 1, /^\S*bad\.yaml:\d+: is not YAML/],
  ['the log is of a newer version', (dir) => {
    const file = new DatabaseSync(join(dir, 'new.db'))
    file.exec('PRAGMA application_id = 0x50617261; PRAGMA user_version = 99')
    file.close()
    return ['--log', `sqlite:${join(dir, 'new.db')}`]
  }, 1, /^\S+new\.db has format 99, .*newer Paramedic: run that one, or .*--log/],
]

for (const [name, make, code, says] of obstacles) {
  test(`serve where ${name}: ${code}, and what to do`, { timeout: 60_000 }, async () => {
    const dir = folder()
    const ran = await paramedic(['serve', '--state', join(dir, 'state'), '--listen', '127.0.0.1:0', '--providers-local-services', servicesIn(dir), ...make(dir)], { cwd: dir, ...owned(dir) })
    const lines = ran.err.split('\n').filter(Boolean).map((line) => (line.startsWith('{') ? JSON.parse(line) as { level: string; msg: string; err?: unknown } : { level: 'error', msg: line, err: undefined }))
    const problems = lines.filter(({ level }) => level === 'error')
    assert.deepEqual([ran.code, problems.length, problems[0]?.err], [code, 1, undefined], ran.err)
    assert.match(problems[0]!.msg, says)
    assert.ok(!existsSync(join(dir, 'state', 'local')), 'no service was started')
  })
}

const owned = (dir: string) => {
  if (nobody.uid !== undefined) chownSync(dir, nobody.uid, nobody.uid)
  return nobody
}

test('where nothing kills without survivors it starts, says so, and asks before it runs anything', { timeout: 60_000 }, async () => {
  const dir = folder()
  const programs = join(dir, 'bin')
  mkdirSync(programs)
  for (const name of ['sh', 'sleep', 'setsid', 'bash']) symlinkSync(`/usr/bin/${name}`, join(programs, name))
  const server = await startServer(dir, targetsIn(dir), '', { catalogue: ownCatalogue, env: { PATH: programs }, ...owned(dir) })
  try {
    await eventually('it says so', async () => server.said.some((line) => /killing by none: .*mode auto is not allowed/.test(line)))
    assert.equal((await get(`${server.url}/healthz`)).kill, 'none')
    await liftAll(server.url)
    await post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Notes', service: 's0', file: join(dir, 'notes') } }]))
    const workflow = await eventually('it asks', async () => (await workflowsOf(server.url)).find(({ state }) => state === 'asking'))
    assert.equal(workflow.reason, 'no kill')
  } finally {
    await server.end()
  }
})

test('whoever reads what it says goes away: it goes on, and a stop is still a stop', { timeout: 60_000 }, async () => {
  const server = await startServer(folder())
  try {
    server.process.stderr!.destroy()
    for (let n = 0; n < 3; n++) {
      const { body } = await post(`${server.url}/v1/stops?wait=10s`, {})
      assert.deepEqual([body.acknowledgements.length, body.missing], [1, []])
    }
    assert.equal((await fetch(`${server.url}/livez`)).status, 200)
  } finally {
    await server.end()
  }
})
