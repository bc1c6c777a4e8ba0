/** deploy/kubernetes as it lies there, taken by a real API server: its schemas, its admission, and the controllers that make pods of it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { load, loadAll } from 'js-yaml'
import { kubernetesMissing, startKubernetes, type Kubernetes } from '../servers/kubernetes.ts'
import { create, eventually } from './objects.ts'

const skip = kubernetesMissing
const folder = join(import.meta.dirname, '../../deploy/kubernetes')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const { namespace, resources } = load(read('kustomization.yaml')) as { namespace: string; resources: string[] }

interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** `apps/v1 Deployment` → /apis/apps/v1/namespaces/paramedic/deployments */
const pathOf = ({ apiVersion, kind }: Resource): string => {
  const root = `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`
  return kind === 'Namespace' || kind.startsWith('Cluster') ? `${root}/${kind.toLowerCase()}s` : `${root}/namespaces/${namespace}/${kind === 'NetworkPolicy' ? 'networkpolicies' : `${kind.toLowerCase()}s`}`
}

describe('deploy/kubernetes on a real API server', { skip, timeout: 300_000 }, () => {
  let cluster: Kubernetes
  before(async () => void (cluster = await startKubernetes()))
  after(() => cluster?.stop())

  test('every manifest is taken as it is, and its pods pass the admission that its namespace asks for', async () => {
    const all = [...resources, 'rbac.yaml'].flatMap((name) => loadAll(read(name)) as Resource[])
    assert.ok(all.length >= 10, `${all.length} manifests`)
    await create(cluster, '/api/v1/namespaces', all.find(({ kind }) => kind === 'Namespace')!)
    await create(cluster, `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'paramedic' }, data: { 'paramedic.yaml': read('paramedic.yaml') } })
    for (const one of all) if (one.kind !== 'Namespace') await create(cluster, `${pathOf(one)}?fieldValidation=Strict`, one)
    // Who is not as restricted as the namespace demands never becomes a pod.
    await eventually('three pods', async () => (await cluster.ask('GET', `/apis/apps/v1/namespaces/${namespace}/deployments/paramedic`)).json.status?.replicas === 3)
    const { status } = (await cluster.ask('GET', `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/paramedic`)).json
    assert.equal(typeof status, 'object')
  })
})
