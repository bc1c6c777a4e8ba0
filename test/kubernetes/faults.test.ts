/** The provider with a proxy between it and the real API server that is slow, cuts, lies and forgets: each fault has its row in docs/edges.md. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import { kubernetes } from '../../src/providers/kubernetes.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { call, untilSize } from '../contract/provider.ts'
import { faultProxy, type Fault, type FaultProxy } from '../servers/fault-proxy.ts'
import { kubernetesMissing, startKubernetes, type Kubernetes } from '../servers/kubernetes.ts'
import { create, node, workload } from './objects.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/edges.md'), 'utf8')

/** What befalls `set` from 2 to 3: its first change only, and then every request for good. */
const faults: readonly Fault[] = ['slow', 'cut', '5xx', '429', 'garbage', 'half a body', 'stale version', 'late answer']

test('every fault has its row in docs/edges.md, and every row its fault', () => {
  const table = page.slice(page.indexOf('| fault |')).split('\n').slice(2).map((line) => /^\| ([\w ]+) \|/.exec(line)?.[1])
  assert.deepEqual(table.filter((name) => name !== undefined), faults)
})

describe('faults between the provider and the API server', { skip: kubernetesMissing, timeout: 300_000 }, () => {
  let cluster: Kubernetes
  let proxy: FaultProxy
  let kubeconfig: string
  before(async () => {
    cluster = await startKubernetes()
    await create(cluster, '/api/v1/nodes', node('node-1'))
    const own = cluster.kubeconfig('admin')
    const { clusters, ...rest } = JSON.parse(readFileSync(own, 'utf8'))
    proxy = await faultProxy({ url: clusters[0].cluster.server, ca: Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64') })
    kubeconfig = join(dirname(own), 'proxied.kubeconfig')
    writeFileSync(kubeconfig, JSON.stringify({ ...rest, clusters: [{ name: 'test', cluster: { server: proxy.url, 'insecure-skip-tls-verify': true } }] }))
  }, { timeout: 300_000 })
  after(async () => {
    await proxy?.close()
    await cluster?.stop()
  })

  /** Tried again soon, and without the patience that operators want. */
  const settings = { ...usualSettings, retry: { ...usualSettings.retry, firstMs: 20, mostMs: 100, tryMs: 700, tries: 4, saved: 100 } }
  const provider = (): Provider => kubernetes({ kubeconfig, selector: 'paramedic=true', namespaces: [] }, createEdges({ settings }))

  for (const fault of faults) {
    test(`${fault}: once it is got over, and nothing is done twice; for good it is said in time, and nothing was changed`, async (t) => {
      const name = `web-${fault.replaceAll(' ', '-')}`
      await create(cluster, '/apis/apps/v1/namespaces/default/deployments', workload('Deployment', name))
      const [target, hands] = [`default/${name}`, provider()]
      t.after(() => hands.close())
      await untilSize({ provider: hands, target }, ({ rollingOut }) => rollingOut === false, 'settled')
      const generation = async (): Promise<number> => (await cluster.ask('GET', `/apis/apps/v1/namespaces/default/deployments/${name}`)).json.metadata.generation
      const before = await generation()
      proxy.fault(fault, { times: 1, changesOnly: true })
      assert.equal((await hands.set(target, 3, { ...call(), toward: 'up' })).replicas, 3)
      assert.equal(await generation(), before + 1, 'one change')
      proxy.fault(fault)
      const began = performance.now()
      await assert.rejects(hands.set(target, 4, { ...call(4000), toward: 'up' }), (error: Error) => (assert.equal(error.name, 'TargetUnreachable', error.message), true))
      assert.ok(performance.now() - began < 60_000, 'it ends by its deadline')
      proxy.fault('none')
      assert.equal(await generation(), before + 1)
      await cluster.ask('DELETE', `/apis/apps/v1/namespaces/default/deployments/${name}`)
    })
  }
})
