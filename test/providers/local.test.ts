import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAlive, marked, markName } from '../../src/providers/local-process.ts'
import { targetsFile } from '../../src/providers/local-targets.ts'
import type { Replica } from '../../src/providers/local-words.ts'
import type { Size } from '../../src/providers/provider.ts'
import { call, providerContract, refusedAs, untilSize } from '../contract/provider.ts'
import { declared, startServices, type Services } from './services.ts'

const target = 'web'
const options = { timeout: 120_000 }

providerContract('local', async () => {
  const services = await startServices()
  await untilSize({ provider: services.provider, target }, ({ ready }) => ready === 2, 'two ready replicas')
  return { provider: services.provider, target, destroy: services.destroy }
})

const ready = (count: number) => (size: Size): boolean => size.ready === count && size.members.length === count
const members = ({ kept }: Services): readonly Replica[] => kept().services[target]!.members
const pids = (services: Services): number[] => members(services).map((one) => one.process!.pid)

async function until(is: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 30_000; !is(); await new Promise((go) => setTimeout(go, 20))) assert.ok(Date.now() < end, `${what} did not come true`)
}

async function withServices(work: (services: Services) => Promise<void>, ...how: Parameters<typeof startServices>): Promise<void> {
  const services = await startServices(...how)
  try {
    await work(services)
  } finally {
    await services.destroy()
  }
}

test('a replica that is killed is replaced, and the version stays: nobody changed the service', options, () =>
  withServices(async (services) => {
    const before = await untilSize({ ...services, target }, ready(2), 'two replicas')
    process.kill(pids(services)[0]!, 'SIGKILL')
    const dead = before.members[0]!.id
    const now = await untilSize({ ...services, target }, (size) => ready(2)(size) && !size.members.some(({ id }) => id === dead), 'a new replica')
    assert.equal(now.version, before.version)
  }))

test('a keeper that is killed leaves the replicas running, and the next one adopts them', options, () =>
  withServices(async (services) => {
    const before = await untilSize({ ...services, target }, ready(2), 'two replicas')
    const [first, second] = pids(services)
    const { process: keeper } = services.keeper()
    process.kill(keeper.pid, 'SIGKILL')
    await until(() => !isAlive(keeper), 'the end of the keeper')
    process.kill(second!, 'SIGKILL')
    const now = await untilSize({ ...services, target }, ready(2), 'two replicas under the next keeper')
    assert.deepEqual([now.id, now.version, now.replicas], [before.id, before.version, before.replicas])
    assert.equal(pids(services)[0], first, 'the same process as before')
    assert.notEqual(services.keeper().process.pid, keeper.pid)
    await services.provider.restart(target, now.members[0]!.id, call())
    await until(() => !services.processes().includes(first!), 'the end of an adopted replica')
    await untilSize({ ...services, target }, ready(2), 'two replicas')
  }))

test('what a keeper started and did not come to write down is ended by the next one', options, () =>
  withServices(async (services) => {
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    const { keeper } = services.kept()
    process.kill(services.keeper().process.pid, 'SIGKILL')
    const stray = spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: { ...process.env, [markName]: `${keeper}/web-99` } })
    const exit = once(stray, 'exit')
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    await exit
    assert.equal(stray.signalCode, 'SIGKILL')
  }))

test('the services outlive the server that started them, killed at any moment', options, () =>
  withServices(async (services) => {
    const before = await untilSize({ ...services, target }, ready(2), 'two replicas')
    const local = fileURLToPath(new URL('../../src/providers/local.ts', import.meta.url))
    const script = `import(${JSON.stringify(local)}).then(async ({ startLocalServices }) => {
      const provider = await startLocalServices(${JSON.stringify(services.file)}, ${JSON.stringify(services.state)})
      await provider.set('web', 3, { signal: new AbortController().signal, deadlineMs: 30000 })
      process.kill(process.pid, 'SIGKILL')
    })`
    const server = spawn(process.execPath, ['-e', script], { stdio: 'inherit' })
    await once(server, 'exit')
    assert.equal(server.signalCode, 'SIGKILL')
    const now = await untilSize({ ...services, target }, ready(3), 'what the dead server asked for')
    assert.deepEqual(now.members.slice(0, 2), before.members)
  }))

test('services that were started for a while end with the process that started them, killed as it may be', options, () =>
  withServices(async (services) => {
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    const { process: keeper } = services.keeper()
    const local = fileURLToPath(new URL('../../src/providers/local.ts', import.meta.url))
    const script = `import(${JSON.stringify(local)}).then(async ({ startLocalServices }) => {
      await startLocalServices(${JSON.stringify(services.file)}, ${JSON.stringify(services.state)}, { endWithMe: true })
      process.kill(process.pid, 'SIGKILL')
    })`
    await once(spawn(process.execPath, ['-e', script], { stdio: 'inherit' }), 'exit')
    await until(() => !isAlive(keeper), 'the end of the keeper')
    assert.deepEqual(services.processes(), [])
  }))

test('two servers that start at once have one keeper, and one count of replicas', options, () =>
  withServices(async (services) => {
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    process.kill(services.keeper().process.pid, 'SIGKILL')
    const others = await Promise.all([services.again(), services.again(), services.again()])
    const sizes = await Promise.all(others.map((provider) => provider.read(target, call())))
    assert.equal(new Set(sizes.map(({ id }) => id)).size, 1)
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    assert.equal(services.processes().length, 2)
  }))

test('a replica that ignores TERM is killed when its time is over', options, () =>
  withServices(async (services) => {
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    const before = pids(services)
    await services.provider.set(target, 1, call())
    await until(() => services.processes().length === 1, 'one process')
    assert.ok(before.includes(services.processes()[0]!))
  }, 'ignoresTerm'))

test('what a replica started, and moved to a session of its own, ends with the replica', options, () =>
  withServices(async (services) => {
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    await until(() => services.processes().length === 4, 'two replicas with a child each')
    await services.provider.set(target, 1, call())
    await until(() => services.processes().length === 2, 'one replica and its child')
  }, 'leavesAChild'))

test('replicas that die at once are started again slower and slower', options, () =>
  withServices(async (services) => {
    await new Promise((go) => setTimeout(go, 2500))
    const size = await services.provider.read(target, call())
    assert.deepEqual([size.replicas, size.ready], [2, 0])
    const started = services.kept().nextReplica - 1
    assert.ok(started >= 2 && started <= 20, `${started} starts in two and a half seconds`)
  }, 'diesAtOnce'))

test('a replica that answers 503 runs and is not ready', options, () =>
  withServices(async (services) => {
    await untilSize({ ...services, target }, ({ members: all }) => all.length === 2, 'two members')
    await new Promise((go) => setTimeout(go, 500))
    const size = await services.provider.read(target, call())
    assert.deepEqual([size.ready, size.members.length], [0, 2])
  }, 'neverReady'))

test('a keeper that hangs makes its targets unreachable by the deadline, and is not doubled', options, () =>
  withServices(async (services) => {
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    const { process: keeper } = services.keeper()
    process.kill(keeper.pid, 'SIGSTOP')
    try {
      await assert.rejects(services.provider.read(target, call(300)), refusedAs('TargetUnreachable', /web: no answer within 300 ms/))
      assert.deepEqual(services.keeper().process, keeper)
    } finally {
      process.kill(keeper.pid, 'SIGCONT')
    }
    await untilSize({ ...services, target }, ready(2), 'two replicas')
  }))

test('a keeper whose folder is removed ends its replicas and itself', options, async () => {
  const services = await startServices()
  await untilSize({ ...services, target }, ready(2), 'two replicas')
  const { process: keeper } = services.keeper()
  rmSync(services.folder, { recursive: true })
  await until(() => !isAlive(keeper), 'the end of the keeper')
  assert.deepEqual(services.processes(), [])
  await assert.rejects(services.provider.read(target, call()), refusedAs('TargetUnreachable', /folder .* is gone/))
})

test('an edited file moves bounds and commands, and never ends a replica by itself; a service taken out of it ends', options, () =>
  withServices(async (services) => {
    const before = await untilSize({ ...services, target }, ready(2), 'two replicas')
    writeFileSync(services.file, declared().replace('max: 4', 'max: 1').replace('replicas: 2', 'replicas: 1'))
    await services.again()
    const now = await services.provider.read(target, call())
    assert.deepEqual([now.max, now.replicas, now.members], [1, 2, before.members])
    assert.notEqual(now.version, before.version)
    await assert.rejects(services.provider.set(target, 3, call()), refusedAs('OutOfBounds', /1 to 1 replicas, it has 2/))
    writeFileSync(services.file, declared().replace('web:', 'api:'))
    const other = await services.again()
    await assert.rejects(other.read(target, call()), refusedAs('TargetUnknown', /known: api/))
    await untilSize({ provider: other, target: 'api' }, ready(2), 'the replicas of the new service')
    await until(() => services.processes().length === 2 && !('web' in services.kept().services), 'the end of the old ones')
  }))

test('ended and started again, a service has the size that was last set', options, () =>
  withServices(async (services) => {
    await services.provider.set(target, 3, call())
    await untilSize({ ...services, target }, ready(3), 'three replicas')
    await services.provider.end(call())
    assert.deepEqual(services.processes(), [])
    const now = await untilSize({ provider: await services.again(), target }, ready(3), 'three replicas again')
    assert.equal(now.replicas, 3)
  }))

test('the ready replicas are told to others as Prometheus reads them', options, () =>
  withServices(async (services) => {
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    const groups = JSON.parse(readFileSync(targetsFile(services.state, target), 'utf8')) as { targets: string[]; labels: object }[]
    assert.deepEqual(groups[0]!.labels, { tier: 'front', service: 'web' })
    assert.deepEqual(groups[0]!.targets, members(services).map(({ port }) => `127.0.0.1:${port}`))
    for (const address of groups[0]!.targets) assert.equal(await (await fetch(`http://${address}/`)).text(), 'well')
  }))

test('a replica has a clean environment, and the keeper answers nobody without its token', options, async () => {
  process.env['SLACK_BOT_TOKEN_OF_A_TEST'] = 'secret'
  await withServices(async (services) => {
    await untilSize({ ...services, target }, ready(2), 'two replicas')
    for (const pid of [...services.processes(), services.keeper().process.pid]) {
      assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /SLACK_BOT_TOKEN/)
    }
    const { port } = services.keeper()
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"verb":"end"}' })
    assert.equal(answer.status, 401)
    assert.ok(isAlive(services.keeper().process))
  })
  delete process.env['SLACK_BOT_TOKEN_OF_A_TEST']
})

test('nothing is marked as a replica of a keeper that never was', () => {
  assert.deepEqual(marked('no-such-keeper'), [])
  assert.ok(existsSync('/proc') || process.platform !== 'linux')
})
