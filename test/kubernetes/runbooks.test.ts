/** The runbooks that come with Paramedic, on the real API server by the real server: an alert as kube-prometheus sends it, and what became of the workload. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { liftAll } from '../flow/flow.ts'
import { folder, startServer, type Running } from '../flow/server.ts'
import { kubernetesMissing, startKubernetes, type Kubernetes } from '../servers/kubernetes.ts'
import { create, eventually, heals, node, workload } from './objects.ts'

const skip = kubernetesMissing
const place = '/apis/apps/v1/namespaces/shop'
const root = resolve(import.meta.dirname, '../..')

describe('runbooks on a real API server', { skip, timeout: 300_000 }, () => {
  let cluster: Kubernetes
  let server: Running
  before(async () => {
    cluster = await startKubernetes()
    await create(cluster, '/api/v1/namespaces', { metadata: { name: 'shop' } })
    await create(cluster, '/api/v1/nodes', node('node-1'))
    for (const kind of ['Deployment', 'StatefulSet'] as const) {
      await create(cluster, `${place}/${kind.toLowerCase()}s`, workload(kind, kind === 'Deployment' ? 'web' : 'db'))
    }
    await ready('deployments/web')
    await ready('statefulsets/db')
    const dir = folder()
    for (const name of ['runbooks', 'policies']) cpSync(join(root, name), join(dir, name), { recursive: true })
    writeFileSync(join(dir, 'runbooks/routes.yaml'), `routes:
  - { matchers: [alertname="KubeDeploymentRolloutStuck"], runbook: roll-back-service@1, mode: auto, trust: granted }
  - { matchers: [alertname="KubeStatefulSetReplicasMismatch"], runbook: restart-service@1, provider: kubernetes, target: namespace/statefulset, mode: auto, trust: granted }
  - { matchers: [alertname="Slow"], runbook: scale-service@1, provider: kubernetes, target: namespace/deployment, mode: auto, trust: granted }
`)
    for (const name of ['roll-back-service', 'restart-service', 'scale-service']) writeFileSync(join(dir, 'policies', `${name}.yaml`), `runbook: ${name}\npolicies:\n  - { type: targets, names: [shop/web, shop/db] }\n  - { type: concurrency, max: 1 }\n`)
    mkdirSync(join(dir, 'state'))
    server = await startServer(join(dir, 'state'), '', '', {
      catalogue: dir, env: { PARAMEDIC_PROVIDERS_KUBERNETES_ENABLED: 'true', PARAMEDIC_PROVIDERS_KUBERNETES_KUBECONFIG: cluster.kubeconfig('admin') },
    })
    await liftAll(server.url)
  }, { timeout: 300_000 })
  after(async () => {
    await server?.end('SIGKILL')
    await cluster?.stop()
  })

  const get = async (path: string): Promise<any> => (await cluster.ask('GET', `${place}/${path}`)).json
  const ready = (path: string) => eventually(path, async () => (await get(path)).status?.readyReplicas === 2)
  const pods = async (app: string): Promise<string[]> =>
    (await cluster.ask('GET', `/api/v1/namespaces/shop/pods?labelSelector=app%3D${app}`)).json.items.map(({ metadata: { uid } }: any) => uid)

  test('a release that is stuck: what ran before runs again', async () => {
    await cluster.ask('PATCH', `${place}/deployments/web`, { spec: { template: { spec: { containers: [{ name: 'main', image: 'bad' }] } } } })
    await ready('deployments/web')
    await heals(server.url, { alertname: 'KubeDeploymentRolloutStuck', namespace: 'shop', deployment: 'web', severity: 'warning' })
    assert.equal((await get('deployments/web')).spec.template.spec.containers[0].image, 'x')
  })

  test('a StatefulSet whose replicas hang: each pod is another one', async () => {
    const before = await pods('db')
    await heals(server.url, { alertname: 'KubeStatefulSetReplicasMismatch', namespace: 'shop', statefulset: 'db', severity: 'warning' })
    assert.deepEqual((await pods('db')).filter((uid) => before.includes(uid)), [])
  })

  test('more replicas, by the same runbook that scales processes of one machine', async () => {
    const { plan } = await heals(server.url, { alertname: 'Slow', namespace: 'shop', deployment: 'web' })
    assert.deepEqual(plan.changes.map(({ target, from, to }: any) => [target, from, to]), [['shop/web', 2, 3]])
    assert.equal((await get('deployments/web')).status.readyReplicas, 3)
  })
})
