/** Groups of instances: the contract, and what AWS documents, by a fake that enforces it; the wire by moto in aws-moto.test.ts. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import { awsAsg, type AwsAsgOptions } from '../../src/providers/aws-asg.ts'
import type { Provider, ProviderErrorName } from '../../src/providers/provider.ts'
import { call, providerContract, refusedAs, untilSize } from '../contract/provider.ts'
import { startAsg } from '../servers/asg.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const settings = { ...usualSettings, retry: { ...usualSettings.retry, firstMs: 10, mostMs: 20 } }
const providerOf = (endpoint: string, more: Partial<AwsAsgOptions> = {}): Provider =>
  awsAsg({ region: 'eu-central-1', tag: 'paramedic=true', endpoint, busyMs: 20, ...more }, createEdges({ settings }))

providerContract('aws-asg', async () => {
  const asg = await startAsg()
  asg.group('workers')
  const provider = providerOf(asg.url)
  await untilSize({ provider, target: 'workers' }, ({ ready }) => ready === 2, 'two instances in service')
  return { provider, target: 'workers', destroy: async () => (await provider.close(), asg.close()) }
})

async function start(t: TestContext, more: Partial<AwsAsgOptions> = {}, slow: Parameters<typeof startAsg>[0] = {}) {
  const asg = await startAsg(slow)
  const group = asg.group('workers')
  const provider = providerOf(asg.url, more)
  t.after(async () => (await provider.close(), asg.close()))
  const of = (action: string) => asg.calls.filter((one) => one.action === action).map(({ params }) => params)
  return { asg, group, provider, of, target: 'workers' }
}

describe('the provider aws-asg', () => {
  test('sets the desired capacity only, as an absolute number, and honours the cooldown', async (t) => {
    const { asg, provider, of } = await start(t)
    await provider.set('workers', 3, call())
    const { Action, Version, ...params } = of('SetDesiredCapacity')[0]!
    assert.deepEqual({ ...params }, { AutoScalingGroupName: 'workers', DesiredCapacity: '3', HonorCooldown: 'true' })
    assert.deepEqual(asg.calls.filter(({ action }) => !/^Describe|^SetDesiredCapacity$/.test(action)), [], 'no minimum, no maximum')
  })

  test('a group without the tag is no target, and one that gets it is, with no restart', async (t) => {
    const { asg, provider } = await start(t)
    const other = asg.group('private', { tags: { team: 'x' } })
    await assert.rejects(provider.read('private', call()), refusedAs('TargetUnknown', /known: workers/))
    await assert.rejects(provider.set('private', 3, call()), refusedAs('TargetUnknown', /known: workers/))
    other.tags = { paramedic: 'true', team: 'x' }
    assert.deepEqual((await provider.list(call())).map(({ name }) => name), ['workers', 'private'])
    assert.equal((await provider.read('private', call())).labels['team'], 'x')
  })

  test('instances that are pending are not ready, and the group is on its way until all are in service', async (t) => {
    const { provider } = await start(t, {}, { pendingMs: 150 })
    const before = await untilSize({ provider, target: 'workers' }, ({ ready }) => ready === 2, 'two instances')
    assert.equal(before.rollingOut, false)
    const now = await provider.set('workers', 4, call())
    assert.deepEqual([now.replicas, now.ready, now.rollingOut], [4, 2, true])
    await untilSize({ provider, target: 'workers' }, (size) => size.ready === 4 && size.rollingOut === false, 'four instances')
  })

  test('an instance in service that never joined the cluster is not ready', async (t) => {
    const joined = new Set<string>()
    const { group, provider } = await start(t, { joined: async () => joined })
    await untilSize({ provider, target: 'workers' }, ({ rollingOut }) => rollingOut === false, 'all in service')
    assert.equal((await provider.read('workers', call())).ready, 0)
    joined.add(group.instances[0]!.id)
    const { ready, members } = await provider.read('workers', call())
    assert.deepEqual([ready, members.filter((one) => one.ready).map(({ id }) => id)], [1, [group.instances[0]!.id]])
  })

  test('while it cools down it is waited for, and judged again after that; beyond the deadline it is busy', async (t) => {
    const { group, provider, of } = await start(t)
    group.cooldownUntil = Date.now() + 300
    assert.equal((await provider.set('workers', 3, call())).replicas, 3)
    assert.ok(of('SetDesiredCapacity').length > 1)
    group.cooldownUntil = Date.now() + 60_000
    await assert.rejects(provider.set('workers', 4, call(2000)), refusedAs('Busy', /blocked by Cooldown/))
    group.cooldownUntil = Date.now() + 400
    const raised = provider.set('workers', 4, { ...call(), version: (await provider.read('workers', call())).version })
    setTimeout(() => (group.desired = 2), 150)
    await assert.rejects(raised, refusedAs('VersionConflict', /read it again/))
  })

  test('protected instances are neither scaled in nor ended', async (t) => {
    const { group, provider, of } = await start(t)
    for (const one of group.instances) one.isProtected = true
    const { id } = group.instances[0]!
    await assert.rejects(provider.set('workers', 1, call()), refusedAs('Protected', /2 of its instances are protected/))
    await assert.rejects(provider.restart('workers', id, call()), refusedAs('Protected', /wants to keep it/))
    await assert.rejects(provider.remove!('workers', id, call()), refusedAs('Protected', /wants to keep it/))
    assert.deepEqual([of('SetDesiredCapacity'), of('TerminateInstanceInAutoScalingGroup')], [[], []])
  })

  test('one instance is ended with the group one smaller, down to its minimum; an ill one is replaced', async (t) => {
    const { group, provider, of } = await start(t)
    const [first, second] = group.instances.map(({ id }) => id) as [string, string]
    const { replicas } = await provider.remove!('workers', first, call())
    assert.deepEqual([replicas, of('TerminateInstanceInAutoScalingGroup')[0]!['ShouldDecrementDesiredCapacity']], [1, 'true'])
    await provider.remove!('workers', first, call())
    await assert.rejects(provider.remove!('workers', second, call()), refusedAs('OutOfBounds', /1 to 4/))
    assert.equal(of('TerminateInstanceInAutoScalingGroup').length, 1)
    await provider.markUnhealthy!('workers', second, call())
    const now = await untilSize({ provider, target: 'workers' }, ({ ready, members }) => ready === 1 && members[0]!.id !== second, 'another instance')
    assert.equal(now.replicas, 1)
    assert.equal(of('SetInstanceHealth')[0]!['ShouldRespectGracePeriod'], 'true')
  })

  const faults: [what: string, faults: Parameters<Awaited<ReturnType<typeof startAsg>>['fail']>, reads: number, ends: ProviderErrorName | 'well'][] = [
    ['a 500 is tried again', [['ResourceContention', 500]], 2, 'well'],
    ['a 503 is tried again', [['ServiceUnavailable', 503]], 2, 'well'],
    ['throttling is tried again', [['Throttling', 400]], 2, 'well'],
    ['a cut connection is tried again', ['cut'], 2, 'well'],
    ['garbage is tried again', ['garbage'], 2, 'well'],
    ['who may not is told at once', [['AccessDenied', 403]], 1, 'TargetUnreachable'],
    ['a wrong call is told at once', [['ValidationError', 400]], 1, 'TargetUnreachable'],
    ['what hangs ends by the deadline', ['hang'], 1, 'TargetUnreachable'],
  ]
  for (const [what, told, reads, ends] of faults) {
    test(`${what}, by us alone`, async (t) => {
      const { asg, provider, of } = await start(t)
      asg.fail(...told)
      const reading = provider.read('workers', call(ends === 'well' ? 30_000 : 3000))
      if (ends === 'well') assert.equal((await reading).replicas, 2)
      else await assert.rejects(reading, refusedAs(ends, /./))
      assert.equal(of('DescribeAutoScalingGroups').length, reads)
    })
  }
})
