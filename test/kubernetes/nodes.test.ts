/**
 * Machines of a cloud that are nodes of a cluster: scale-nodes and replace-node by the real server, on the real API server
 * and on our own Auto Scaling, which takes its time as AWS does. This test stands for the machines: what is in service
 * becomes a node, and a node whose machine is gone goes too.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { liftAll } from '../flow/flow.ts'
import { folder, startServer, type Running } from '../flow/server.ts'
import { startAsg } from '../servers/asg.ts'
import { kubernetesMissing, startKubernetes, type Kubernetes } from '../servers/kubernetes.ts'
import { create, eventually, heals, node, workload } from './objects.ts'

const root = resolve(import.meta.dirname, '../..')
const nameOf = (instance: string): string => `node-${instance}`

describe('runbooks of nodes', { skip: kubernetesMissing, timeout: 300_000 }, () => {
  let cluster: Kubernetes
  let server: Running
  let aws: Awaited<ReturnType<typeof startAsg>>
  let machines: NodeJS.Timeout
  const nodes = async (): Promise<any[]> => (await cluster.ask('GET', '/api/v1/nodes')).json.items
  const ready = async (): Promise<string[]> => (await nodes()).filter(({ status }) => status?.conditions?.some(({ type, status: is }: any) => type === 'Ready' && is === 'True')).map(({ metadata: { name } }) => name)

  before(async () => {
    ;[cluster, aws] = await Promise.all([startKubernetes(), startAsg({ pendingMs: 500, endingMs: 300 })])
    const group = aws.group('workers', { max: 3 })
    let busy = false
    machines = setInterval(() => void (async () => {
      if (busy) return
      busy = true
      const there = (await nodes()).map(({ metadata: { name } }) => name as string)
      const serving = group.instances.filter(({ state }) => state === 'InService').map(({ id }) => id)
      for (const id of serving.filter((one) => !there.includes(nameOf(one)))) await create(cluster, '/api/v1/nodes', node(nameOf(id), { providerID: `aws:///eu-central-1a/${id}` }))
      for (const name of there.filter((one) => !group.instances.some(({ id }) => nameOf(id) === one))) await cluster.ask('DELETE', `/api/v1/nodes/${name}`)
    })().catch(() => undefined).finally(() => (busy = false)), 200)
    await eventually('two ready nodes', async () => (await ready()).length === 2)
    await create(cluster, '/apis/apps/v1/namespaces/default/deployments', workload('Deployment', 'web', { node: (await ready())[0]!, labels: { 'paramedic': 'true', 'paramedic/rebalance': 'true' } }))
    const dir = folder()
    for (const name of ['runbooks', 'policies']) cpSync(join(root, name), join(dir, name), { recursive: true })
    writeFileSync(join(dir, 'runbooks/routes.yaml'), `routes:
  - { matchers: [alertname="KubeCPUOvercommit"], runbook: scale-nodes@1, target: cluster, mode: auto, trust: granted }
  - { matchers: [alertname="KubeNodeReadinessFlapping"], runbook: replace-node@1, mode: auto, trust: granted }
`)
    mkdirSync(join(dir, 'state'))
    server = await startServer(join(dir, 'state'), '', '', {
      catalogue: dir, env: {
        PARAMEDIC_PROVIDERS_KUBERNETES_ENABLED: 'true', PARAMEDIC_PROVIDERS_KUBERNETES_KUBECONFIG: cluster.kubeconfig('admin'), PARAMEDIC_PROVIDERS_AWS_ASG_REGION: 'eu-central-1',
        PARAMEDIC_PROVIDERS_AWS_ASG_ENDPOINT: aws.url, PARAMEDIC_PROVIDERS_AWS_ASG_JOINS: 'kubernetes', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-secret',
      },
    })
    await liftAll(server.url)
  }, { timeout: 300_000 })
  after(async () => {
    clearInterval(machines)
    await server?.end('SIGKILL')
    await Promise.all([cluster?.stop(), aws?.close()])
  })

  test('no room: another machine joins, and then the services are spread anew', async () => {
    const { plan, steps } = await heals(server.url, { alertname: 'KubeCPUOvercommit', cluster: 'workers', severity: 'warning' })
    assert.deepEqual(plan.changes.map(({ target, from, to }: any) => [target, from, to]), [['workers', 2, 3]])
    assert.equal((await ready()).length, 3, 'it was waited for until it had joined')
    assert.deepEqual(steps.map(({ name, state }: any) => [name, state]), [['set the size', 'done'], ['nodes joined', 'done'], ['rebalance', 'done']])
    const { metadata } = (await cluster.ask('GET', '/apis/apps/v1/namespaces/default/deployments/web')).json.spec.template
    assert.equal(metadata.annotations['kubectl.kubernetes.io/restartedAt'], plan.digest)
  })

  test('a node that comes and goes is emptied, given back, and another one has joined', async () => {
    const sick = (await ready()).at(-1)!
    const { plan } = await heals(server.url, { alertname: 'KubeNodeReadinessFlapping', node: sick, severity: 'warning' })
    assert.deepEqual(plan.changes.map(({ target, from }: any) => [target, nameOf(from)]), [['workers', sick]])
    const now = await ready()
    assert.deepEqual([now.length, now.includes(sick)], [3, false])
    assert.equal(aws.calls.filter(({ action }) => action === 'TerminateInstanceInAutoScalingGroup').length, 1)
  })
})
