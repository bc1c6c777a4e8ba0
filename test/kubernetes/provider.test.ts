/** The provider `kubernetes` on the real API server, with the account and the rights that deploy/kubernetes gives it. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { loadAll } from 'js-yaml'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import { kubernetes } from '../../src/providers/kubernetes.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { call, providerContract, refusedAs, untilSize } from '../contract/provider.ts'
import { kubernetesMissing, startKubernetes, type Kubernetes } from '../servers/kubernetes.ts'
import { startProxy } from '../servers/start-proxy.ts'
import { budget, create, eventually, node, workload } from './objects.ts'

const rights = loadAll(readFileSync(join(import.meta.dirname, '../../deploy/kubernetes/rbac.yaml'), 'utf8')) as { kind: string; metadata: { name: string; namespace?: string }; rules?: Rule[] }[]
interface Rule {
  readonly apiGroups: string[]
  readonly resources: string[]
  readonly verbs: string[]
}

const skip = kubernetesMissing
let cluster: Kubernetes
const place = '/apis/apps/v1/namespaces/default'

const grant = async (): Promise<void> => {
  for (const one of rights) await create(cluster, `/apis/rbac.authorization.k8s.io/v1/${one.kind.toLowerCase()}s`, one)
}
const providerOf = (more: Partial<Parameters<typeof kubernetes>[0]> = {}): Provider =>
  kubernetes({ kubeconfig: cluster.kubeconfig('paramedic'), selector: 'paramedic=true', namespaces: [], ...more }, createEdges({ settings: usualSettings }))

before(async () => {
  if (skip !== false) return
  cluster = await startKubernetes()
  await create(cluster, '/api/v1/namespaces', { metadata: { name: 'paramedic' } })
  await grant()
  for (const name of ['node-1', 'node-2']) await create(cluster, '/api/v1/nodes', node(name, name === 'node-1' ? { providerID: 'aws:///eu-central-1a/i-0123' } : {}))
}, { timeout: 300_000 })
after(async () => {
  if (skip === false) await cluster.stop()
})

let count = 0
for (const kind of ['Deployment', 'StatefulSet'] as const) {
  if (skip !== false) test(`the provider's contract: kubernetes, ${kind}`, { skip }, () => undefined)
  else providerContract(`kubernetes, ${kind}`, async () => {
    const name = `web-${++count}`
    await create(cluster, `${place}/${kind.toLowerCase()}s`, workload(kind, name))
    const provider = providerOf()
    const target = `default/${name}`
    await untilSize({ provider, target }, ({ ready, rollingOut }) => ready === 2 && rollingOut === false, 'two ready pods')
    return {
      provider, target, destroy: async () => {
        await cluster.ask('DELETE', `${place}/${kind.toLowerCase()}s/${name}`)
        await provider.close()
      },
    }
  })
}

describe('the provider kubernetes', { skip }, () => {
  const made: string[] = []
  const make = async (name: string, ...how: Parameters<typeof workload> extends [any, any, ...infer R] ? R : never): Promise<string> => {
    await create(cluster, `${place}/deployments`, workload('Deployment', name, ...how))
    made.push(name)
    const provider = providerOf()
    await untilSize({ provider, target: `default/${name}` }, ({ rollingOut }) => rollingOut === false, 'a settled deployment')
    await provider.close()
    return `default/${name}`
  }
  after(async () => {
    for (const name of made) await cluster.ask('DELETE', `${place}/deployments/${name}`)
  })

  test('a kubeconfig that is not there yet is found by the next call; its proxy is the way; who closes breaks off what is under way, and nothing else', async (t) => {
    const own = JSON.parse(readFileSync(cluster.kubeconfig('paramedic'), 'utf8'))
    const { port } = new URL(own.clusters[0].cluster.server)
    const proxy = await startProxy(t, { '127.0.0.1': Number(port) })
    const place = join(mkdtempSync(join(tmpdir(), 'paramedic-kubeconfig-')), 'config')
    const provider = providerOf({ kubeconfig: place })
    t.after(() => rmSync(dirname(place), { recursive: true }))
    await assert.rejects(provider.nodes!.list(call(2000)), refusedAs('TargetUnreachable', /no such file/))
    own.clusters[0].cluster['proxy-url'] = proxy.url
    writeFileSync(place, JSON.stringify(own))
    assert.equal((await provider.nodes!.list(call())).length, 2)
    assert.deepEqual(proxy.passed, [`CONNECT 127.0.0.1:${port}`])
    const asked = Array.from({ length: 8 }, () => provider.nodes!.list(call(2000)).then(() => 'answered', () => 'broken off'))
    await provider.close()
    for (const one of await Promise.all(asked)) assert.match(one, /answered|broken off/)
    own.clusters[0].cluster['proxy-url'] = 'socks5://127.0.0.1:1'
    writeFileSync(place, JSON.stringify(own))
    await assert.rejects(providerOf({ kubeconfig: place }).nodes!.list(call(2000)), refusedAs('TargetUnreachable', /must begin with http/))
  })

  test('what an autoscaler owns is not set, and said to be its own', async (t) => {
    const provider = providerOf()
    t.after(() => provider.close())
    const target = await make('owned')
    await create(cluster, '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
      apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'owned' }, spec: { minReplicas: 2, maxReplicas: 4, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'owned' } },
    })
    assert.equal((await provider.read(target, call())).autoscaled, true)
    await assert.rejects(provider.set(target, 3, call()), refusedAs('Autoscaled', /change its bounds/))
    assert.equal((await provider.read(target, call())).replicas, 2)
  })

  test('a bound that cannot be read is no bound at all', async (t) => {
    const provider = providerOf()
    t.after(() => provider.close())
    const target = await make('bounds')
    await cluster.ask('PATCH', `${place}/deployments/bounds`, { metadata: { annotations: { 'paramedic/max-replicas': 'abc' } } })
    await assert.rejects(provider.set(target, 3, call()), refusedAs('BadCall', /paramedic\/max-replicas must be a whole number, not "abc"/))
  })

  test('a workload that gets the label is a target at once, and one that loses it is none; other namespaces are not asked', async (t) => {
    const [provider, narrow] = [providerOf(), providerOf({ namespaces: ['paramedic'] })]
    t.after(() => Promise.all([provider.close(), narrow.close()]))
    const target = await make('late')
    const label = (value: string | null) => cluster.ask('PATCH', `${place}/deployments/late`, { metadata: { labels: { paramedic: value } } })
    await label(null)
    await assert.rejects(provider.set(target, 3, call()), refusedAs('TargetUnknown', /there is no/))
    await label('true')
    assert.equal((await provider.read(target, call())).replicas, 2)
    await assert.rejects(narrow.read(target, call()), refusedAs('TargetUnknown', /known: nothing/))
  })

  test('all pods are rolled over once, and it is seen to be on its way', async (t) => {
    const provider = providerOf()
    t.after(() => provider.close())
    const target = await make('rolling')
    const before = await provider.read(target, call())
    const told = await provider.restartAll!(target, '2026-11-26T00:00:00Z', call())
    assert.equal(told.rollingOut, true)
    const now = await untilSize({ provider, target }, ({ rollingOut, members }) => rollingOut === false && !members.some(({ id }) => before.members.some((old) => old.id === id)), 'fresh pods')
    assert.equal((await provider.restartAll!(target, '2026-11-26T00:00:00Z', call())).version, now.version, 'the same stamp again changes nothing')
  })

  for (const kind of ['Deployment', 'StatefulSet'] as const) {
    test(`a ${kind} runs again what it ran before, in the size that it has now; said again nothing happens`, async (t) => {
      const provider = providerOf()
      const name = `release-${kind.toLowerCase()}`
      const [path, target] = [`${place}/${kind.toLowerCase()}s`, `default/${name}`]
      await create(cluster, path, workload(kind, name))
      t.after(async () => {
        await cluster.ask('DELETE', `${path}/${name}`)
        await provider.close()
      })
      const settled = () => untilSize({ provider, target }, ({ rollingOut }) => rollingOut === false, 'a settled workload')
      const images = async (): Promise<string[]> => (await cluster.ask('GET', `${path}/${name}`)).json.spec.template.spec.containers.map(({ image }: { image: string }) => image)
      await settled()
      const [first] = await provider.history!(target, call())
      await provider.restartAll!(target, '2026-11-26T02:00:00Z', call())
      await settled()
      const [restarted, ...none] = await provider.history!(target, call())
      assert.deepEqual([restarted!.revision === first!.revision, none], [false, []], 'that it was rolled over is no release')
      // Of this kind a merge patch replaces the whole list, as a release does.
      await cluster.ask('PATCH', `${path}/${name}`, { spec: { template: { metadata: { labels: { more: 'yes' } }, spec: { containers: [{ name: 'main', image: 'bad' }, { name: 'second', image: 'y' }] } } } })
      await eventually('the release', async () => (await provider.history!(target, call()))[0]!.revision !== restarted!.revision)
      await provider.set(target, 3, call())
      const before = await settled()
      const history = await provider.history!(target, call())
      assert.deepEqual(history.slice(0, 2).map(({ revision, current }) => [revision === restarted!.revision, current]), [[false, true], [true, false]])
      await assert.rejects(provider.rollBack!(target, restarted!.revision, { ...call(), version: '1' }), refusedAs('VersionConflict', /read it again/))
      await assert.rejects(provider.rollBack!(target, 'nobody', call()), refusedAs('BadCall', /has no revision "nobody"; it has release/))
      await provider.rollBack!(target, restarted!.revision, { ...call(), version: before.version })
      const now = await settled()
      const { template } = (await cluster.ask('GET', `${path}/${name}`)).json.spec
      assert.deepEqual([await images(), Object.keys(template.metadata.labels), now.replicas], [['x'], ['app'], 3])
      assert.equal((await provider.rollBack!(target, restarted!.revision, { ...call(), version: before.version })).version, now.version, 'it runs already')
      assert.equal((await provider.history!(target, call()))[0]!.revision, restarted!.revision)
    })
  }

  test('what is labelled for it is rolled over when nodes are new, and nothing else is', async (t) => {
    const provider = providerOf()
    t.after(() => provider.close())
    const spread = await make('spread', { labels: { 'paramedic': 'true', 'paramedic/rebalance': 'true' } })
    const stays = await make('stays')
    const before = await Promise.all([spread, stays].map((target) => provider.read(target, call())))
    assert.deepEqual(await provider.nodes!.rebalance!('2026-11-26T01:00:00Z', call()), [spread])
    const after = await Promise.all([spread, stays].map((target) => provider.read(target, call())))
    assert.deepEqual(after.map(({ version }, at) => version === before[at]!.version), [false, true])
    await provider.nodes!.rebalance!('2026-11-26T01:00:00Z', call())
    assert.equal((await provider.read(spread, call())).version, after[0]!.version, 'the same stamp again')
  })

  test('a pod that a disruption budget keeps is not ended', async (t) => {
    const provider = providerOf()
    t.after(() => provider.close())
    const target = await make('kept')
    await create(cluster, '/apis/policy/v1/namespaces/default/poddisruptionbudgets', budget('kept', 2))
    await eventually('the budget', async () => (await cluster.ask('GET', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/kept')).json.status?.currentHealthy === 2)
    const { members } = await provider.read(target, call())
    await assert.rejects(provider.restart(target, members[0]!.id, call(2500)), refusedAs('Protected', /a disruption budget keeps default\/kept/))
    assert.deepEqual((await provider.read(target, call())).members, members)
    await cluster.ask('DELETE', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/kept')
  })

  test('a node is cordoned, emptied within its budgets, and given back; what nobody would start again stays', async (t) => {
    const provider = providerOf()
    t.after(() => provider.close())
    const nodes = provider.nodes!
    await eventually('ready nodes', async () => (await nodes.list(call())).every(({ ready }) => ready))
    assert.deepEqual(await nodes.read('node-1', call()), { name: 'node-1', ready: true, cordoned: false, instance: 'i-0123' })
    for (const strange of ['..', '../pods', 'node-3', '']) await assert.rejects(nodes.read(strange, call()), refusedAs('TargetUnknown', /known: node-1, node-2/))
    await make('moving', { node: 'node-2' })
    // Where nothing schedules, its pods come back to the node that they name: the deployment is taken away while the node is drained.
    await create(cluster, '/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'alone' }, spec: { nodeName: 'node-2', containers: [{ name: 'main', image: 'x' }] } })
    await assert.rejects(nodes.drain('node-2', call()), refusedAs('Protected', /default\/alone on node-2 has no controller/))
    assert.equal((await nodes.read('node-2', call())).cordoned, true)
    await cluster.ask('DELETE', '/api/v1/namespaces/default/pods/alone')
    await create(cluster, '/apis/policy/v1/namespaces/default/poddisruptionbudgets', budget('moving', 2))
    await eventually('the budget', async () => (await cluster.ask('GET', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/moving')).json.status?.currentHealthy === 2)
    await assert.rejects(nodes.drain('node-2', call(2500)), refusedAs('Protected', /a disruption budget keeps default\/moving/))
    await cluster.ask('DELETE', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/moving')
    const drained = nodes.drain('node-2', call())
    await cluster.ask('PATCH', `${place}/deployments/moving/scale`, { spec: { replicas: 0 } })
    assert.deepEqual(await drained, { name: 'node-2', ready: true, cordoned: true })
    assert.equal((await nodes.uncordon('node-2', call())).cordoned, false)
  })

  test('each right is needed: without any one of them something is refused; and there is nothing that may be done beyond them', async (t) => {
    const may = async (verb: string, group: string, resource: string, subresource = ''): Promise<boolean> =>
      (await cluster.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { verb, group, resource, subresource, namespace: 'default' } } }, 'paramedic')).json.status.allowed
    for (const [verb, group, resource, subresource] of [
      ['get', '', 'secrets', ''], ['delete', '', 'pods', ''], ['create', '', 'pods', 'exec'], ['update', 'apps', 'deployments', ''], ['delete', 'apps', 'deployments', ''], ['create', 'apps', 'deployments', ''],
      ['delete', '', 'nodes', ''], ['update', 'autoscaling', 'horizontalpodautoscalers', ''], ['create', 'rbac.authorization.k8s.io', 'clusterrolebindings', ''],
    ] as const) assert.equal(await may(verb, group, resource, subresource), false, `${verb} ${resource}/${subresource}`)

    const target = await make('rights')
    await create(cluster, `${place}/statefulsets`, workload('StatefulSet', 'rights-set'))
    const uses = async (): Promise<void> => {
      const provider = providerOf()
      try {
        const { members, replicas } = await provider.read(target, call(5000))
        await provider.set(target, replicas === 2 ? 3 : 2, call(5000))
        await provider.restart(target, members[0]!.id, call(5000))
        await provider.restartAll!(target, new Date().toISOString(), call(5000))
        for (const one of [target, 'default/rights-set']) await provider.history!(one, call(5000))
        await provider.rollBack!(target, (await provider.history!(target, call(5000))).at(-1)!.revision, call(5000))
        await provider.nodes!.rebalance!(new Date().toISOString(), call(5000))
        await provider.nodes!.list(call(5000))
        await provider.nodes!.cordon('node-2', call(5000))
        await provider.nodes!.uncordon('node-2', call(5000))
      } finally {
        await provider.close()
      }
    }
    await uses()
    let taken = 0
    for (const { kind, metadata: { name }, rules = [] } of rights.filter((one) => one.kind === 'ClusterRole')) {
      const path = `/apis/rbac.authorization.k8s.io/v1/${kind.toLowerCase()}s/${name}`
      for (const [at, rule] of rules.entries()) {
        for (const verb of rule.verbs) {
          const fewer = rules.map((one, index) => (index === at ? { ...one, verbs: one.verbs.filter((other) => other !== verb) } : one)).filter(({ verbs }) => verbs.length > 0)
          await cluster.ask('PATCH', path, { rules: fewer })
          await eventually('one right fewer', async () => !(await may(verb, rule.apiGroups[0]!, rule.resources[0]!.split('/')[0]!, rule.resources[0]!.split('/')[1])))
          // Again, where it was not needed for once: a member that is ending anyway is evicted by nobody.
          await eventually(`${name} without ${verb} ${rule.resources.join()} is refused`, () => uses().then(() => false, (problem: Error) => /403/.test(problem.message)))
          taken += 1
        }
      }
      await cluster.ask('PATCH', path, { rules })
    }
    assert.equal(taken, 12)
    t.diagnostic(`${taken} rights, each needed`)
  })
})
