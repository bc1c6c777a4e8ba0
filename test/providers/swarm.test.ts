/** The provider `swarm` on the real engine, and the labels of Docker Flow as they stand in people's stacks. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { isTarget, readMapping, whatLabelsSay } from '../../src/providers/swarm-labels.ts'
import { swarm } from '../../src/providers/swarm.ts'
import { call, providerContract, refusedAs, untilSize } from '../contract/provider.ts'
import { startSwarm, swarmMissing, type Swarm } from '../servers/swarm.ts'

const mapping = join(import.meta.dirname, '../../deploy/swarm/com-df.yaml')
const comDf = readMapping(mapping)
const labels = (more: Record<string, string>) => ({ 'com.df.notify': 'true', ...more })

describe('the labels of Docker Flow', () => {
  const rows: [given: Record<string, string>, min: number, max: number, up: string, down: string, because: string][] = [
    [{ 'com.df.scaleMin': '2', 'com.df.scaleMax': '4', 'com.df.scaleDownBy': '1', 'com.df.scaleUpBy': '2' }, 2, 4, '2', '1', 'as they are written'],
    [{}, 1, 5, '1', '1', 'the defaults that their users know'],
    [{ 'com.df.scaleMin': '0' }, 0, 5, '1', '1', 'nothing is a size too'],
  ]
  for (const [given, min, max, up, down, because] of rows) {
    test(because, () => {
      const said = whatLabelsSay(comDf, 'web', labels(given))
      assert.deepEqual([said.min, said.max, said.labels['scaleUpBy'], said.labels['scaleDownBy']], [min, max, up, down])
    })
  }
  const refused: [given: Record<string, string>, says: RegExp, because: string][] = [
    [{ 'com.df.scaleMax': 'abc' }, /com\.df\.scaleMax must be a whole number, not "abc"/, 'what cannot be read is no bound'],
    [{ 'com.df.scaleMin': '-1' }, /scaleMin must be/, 'below nothing'],
    [{ 'com.df.scaleUpBy': '1.5' }, /scaleUpBy must be/, 'half a replica'],
    [{ 'com.df.scaleMin': '6' }, /at least 6 and at most 5/, 'bounds that hold nothing'],
  ]
  for (const [given, says, because] of refused) test(because, () => assert.throws(() => whatLabelsSay(comDf, 'web', labels(given)), refusedAs('BadCall', says)))
  test('only who is to be noticed is a target', () => {
    assert.deepEqual([labels({}), {}, { 'com.df.notify': 'false' }, { notify: 'true' }].map((one) => isTarget(comDf, one as Record<string, string>)), [true, false, false, false])
  })
})

const skip = swarmMissing
let engine: Swarm
before(async () => {
  if (skip === false) engine = await startSwarm()
}, { timeout: 300_000 })
after(async () => {
  if (skip === false) await engine.stop()
})
const providerOf = (hosts: readonly string[] = [engine.host]): Provider => swarm({ hosts, mapping }, createEdges({ settings: usualSettings }))
const service = (name: string, ...more: string[]): void => void engine.docker('service', 'create', '--name', name, '--network', 'host', '--no-resolve-image', '--update-delay', '0s', '--update-monitor', '100ms',
  '--stop-grace-period', '1s', '--detach', '--label', 'com.df.notify=true', '--label', 'com.df.scaleMax=4', ...more, 'local/bb:1')

let count = 0
if (skip !== false) test("the provider's contract: swarm", { skip }, () => undefined)
else providerContract('swarm', async () => {
  const target = `web-${++count}`
  service(target, '--replicas', '2')
  const provider = providerOf()
  await untilSize({ provider, target }, ({ ready, rollingOut }) => ready === 2 && rollingOut === false, 'two running tasks')
  return {
    provider, target, destroy: async () => {
      await provider.close()
      engine.docker('service', 'rm', target)
    },
  }
}, [{ test: 'a restart replaces one member and leaves the others; said again it does nothing', reason: 'the API of a Swarm cannot end one task of a service' }])

describe('the provider swarm', { skip }, () => {
  const start = async (t: TestContext, name: string, ...more: string[]): Promise<Provider> => {
    service(name, ...more)
    const provider = providerOf()
    t.after(async () => {
      await provider.close()
      engine.docker('service', 'rm', name)
    })
    return provider
  }

  test('a global service has no size', async (t) => {
    const provider = await start(t, 'everywhere', '--mode', 'global')
    await assert.rejects(provider.read('everywhere', call()), refusedAs('BadCall', /it is global/))
    await assert.rejects(provider.set('everywhere', 2, call()), refusedAs('BadCall', /it is global/))
  })

  test('only the count changes: what else its owner wrote stays', async (t) => {
    const provider = await start(t, 'whole', '--replicas', '2', '--env', 'SECRET=hunter2', '--limit-memory', '64M')
    const specOf = () => JSON.parse(engine.docker('service', 'inspect', 'whole'))[0].Spec
    const { Mode: _mode, ...before } = specOf()
    await provider.set('whole', 3, call())
    const { Mode, ...now } = specOf()
    assert.deepEqual([now, Mode.Replicated.Replicas], [before, 3])
  })

  test('all tasks are rolled over once', async (t) => {
    const provider = await start(t, 'rolling', '--replicas', '2')
    const before = await untilSize({ provider, target: 'rolling' }, ({ ready }) => ready === 2, 'two tasks')
    await provider.restartAll!('rolling', 'now', call())
    const now = await untilSize({ provider, target: 'rolling' }, ({ rollingOut, members }) => rollingOut === false && !members.some(({ id }) => before.members.some((old) => old.id === id)), 'fresh tasks')
    assert.equal((await provider.restartAll!('rolling', 'now', call())).version, now.version)
  })

  test('it runs again what it ran before, in the size that it has now; that it was rolled over is no release', async (t) => {
    const provider = await start(t, 'released', '--replicas', '2', '--env', 'RELEASE=1')
    const settled = () => untilSize({ provider, target: 'released' }, ({ ready, rollingOut }) => ready >= 2 && rollingOut === false, 'settled')
    await settled()
    await provider.restartAll!('released', 'before', call())
    await settled()
    assert.equal((await provider.history!('released', call())).length, 1)
    engine.docker('service', 'update', '--detach', '--env-add', 'RELEASE=2', 'released')
    const before = await settled()
    const [now, past] = await provider.history!('released', call())
    assert.deepEqual([now!.current, past!.current], [true, false])
    await assert.rejects(provider.rollBack!('released', past!.revision, { ...call(), version: 'long ago' }), refusedAs('VersionConflict', /read it again/))
    await provider.rollBack!('released', past!.revision, { ...call(), version: before.version })
    const { version } = await settled()
    assert.deepEqual(JSON.parse(engine.docker('service', 'inspect', 'released'))[0].Spec.TaskTemplate.ContainerSpec.Env, ['RELEASE=1'])
    assert.equal((await provider.rollBack!('released', past!.revision, call())).version, version, 'it runs already')
  })

  test('what is labelled for it is rolled over when nodes are new', async (t) => {
    const provider = await start(t, 'spread', '--replicas', '1', '--label', 'com.df.reschedule=true')
    assert.deepEqual(await provider.nodes!.rebalance!('now', call()), ['spread'])
    const { version } = await provider.read('spread', call())
    await provider.nodes!.rebalance!('now', call())
    assert.equal((await provider.read('spread', call())).version, version)
  })

  test('a service that gets the label is a target at once; another manager is asked when one is not there', async (t) => {
    const provider = await start(t, 'late', '--replicas', '1', '--label', 'com.df.notify=false')
    await assert.rejects(provider.read('late', call()), refusedAs('TargetUnknown', /there is no "late"/))
    engine.docker('service', 'update', '--detach', '--label-add', 'com.df.notify=true', 'late')
    assert.equal((await provider.read('late', call())).replicas, 1)
    const two = providerOf(['unix:///nowhere/docker.sock', engine.host])
    t.after(() => two.close())
    for (let i = 0; i < 4; i++) assert.equal((await two.read('late', call())).replicas, 1)
  })

  test('a node is paused, drained and given back', async (t) => {
    const provider = await start(t, 'moving', '--replicas', '1')
    await untilSize({ provider, target: 'moving' }, ({ ready }) => ready === 1, 'a task')
    const nodes = provider.nodes!
    const { name } = (await nodes.list(call()))[0]!
    assert.deepEqual(await nodes.cordon(name, call()), { name, ready: true, cordoned: true })
    assert.equal((await nodes.drain(name, call())).cordoned, true)
    assert.equal((await provider.read('moving', call())).ready, 0)
    assert.equal((await nodes.uncordon(name, call())).cordoned, false)
    await untilSize({ provider, target: 'moving' }, ({ ready }) => ready === 1, 'its task again')
    await assert.rejects(nodes.read('../services', call()), refusedAs('TargetUnknown', /known: /))
  })
})
