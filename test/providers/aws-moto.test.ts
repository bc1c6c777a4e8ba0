/** The wire to AWS, by moto: that what the provider sends is understood, and what comes back is read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AutoScalingClient, CreateAutoScalingGroupCommand, CreateLaunchConfigurationCommand } from '@aws-sdk/client-auto-scaling'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import { awsAsg } from '../../src/providers/aws-asg.ts'
import { call, refusedAs } from '../contract/provider.ts'
import { motoMissing, startMoto } from '../servers/moto.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

test('groups are listed, read, scaled, and an instance of them ended, over the wire', { skip: motoMissing, timeout: 180_000 }, async (t) => {
  const moto = await startMoto()
  t.after(moto.stop)
  const client = new AutoScalingClient({ region: 'eu-central-1', endpoint: moto.url })
  t.after(() => client.destroy())
  await client.send(new CreateLaunchConfigurationCommand({ LaunchConfigurationName: 'one', ImageId: 'ami-12c6146b', InstanceType: 't2.micro' }))
  for (const [name, Tags] of [['workers', [{ Key: 'paramedic', Value: 'true' }]], ['private', []]] as const) {
    await client.send(new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: name, LaunchConfigurationName: 'one', MinSize: 1, MaxSize: 4, DesiredCapacity: 2, AvailabilityZones: ['eu-central-1a'], Tags: [...Tags],
    }))
  }
  const provider = awsAsg({ region: 'eu-central-1', tag: 'paramedic=true', endpoint: moto.url }, createEdges({ settings: usualSettings }))
  t.after(() => provider.close())

  assert.deepEqual((await provider.list(call())).map(({ name }) => name), ['workers'])
  const before = await provider.read('workers', call())
  assert.deepEqual([before.replicas, before.ready, before.min, before.max, before.members.length], [2, 2, 1, 4, 2])
  await assert.rejects(provider.read('private', call()), refusedAs('TargetUnknown', /known: workers/))
  const raised = await provider.set('workers', 3, { ...call(), version: before.version, toward: 'up' })
  assert.deepEqual([raised.replicas, raised.ready], [3, 3])
  await assert.rejects(provider.set('workers', 5, call()), refusedAs('OutOfBounds', /1 to 4/))
  const gone = before.members[0]!.id
  const replaced = await provider.restart('workers', gone, call())
  assert.ok(!replaced.members.some(({ id }) => id === gone))
  const fewer = await provider.remove!('workers', before.members[1]!.id, call())
  assert.equal(fewer.replicas, 2)
  await provider.markUnhealthy!('workers', fewer.members[0]!.id, call())
  assert.equal((await provider.read('workers', call())).ready, 1)
})
