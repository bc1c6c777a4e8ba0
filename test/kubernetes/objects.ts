/** What the tests put into the cluster. There is no scheduler: pods name their node. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually as soon, notification, post, workflowsOf } from '../flow/flow.ts'
import type { Kubernetes } from '../servers/kubernetes.ts'

export const workload = (kind: 'Deployment' | 'StatefulSet', name: string, { node = 'node-1', replicas = 2, labels = { paramedic: 'true' } as Record<string, string>, annotations = { 'paramedic/max-replicas': '4' } as Record<string, string> } = {}) => ({
  apiVersion: 'apps/v1', kind, metadata: { name, labels, annotations },
  spec: {
    replicas, selector: { matchLabels: { app: name } },
    ...(kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
    template: { metadata: { labels: { app: name } }, spec: { nodeName: node, terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'x' }] } },
  },
})

export const node = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: more })

export const budget = (app: string, minAvailable: number) =>
  ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: app }, spec: { minAvailable, selector: { matchLabels: { app } } } })

export async function create(kubernetes: Kubernetes, path: string, body: object): Promise<void> {
  const { status, json } = await kubernetes.ask('POST', path, body)
  if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`)
}

export async function eventually(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await is()); await sleep(100)) if (Date.now() > end) throw new Error(`${what} did not come true`)
}

/** An alert is told, answered, and over once its steps are done: then it ends too. Its workflow, healed. */
export async function heals(url: string, labels: Record<string, string>): Promise<any> {
  const of = async () => (await workflowsOf(url)).find((one) => one.labels?.alertname === labels['alertname'])
  const tell = (status: string) => post(`${url}/webhooks/alertmanager`, notification([{ labels, status }]))
  await tell('firing')
  const over = await soon('its steps', async () => {
    const workflow = await of()
    if (['verifying', 'failed', 'refused'].includes(workflow?.state)) return workflow
    throw new Error(JSON.stringify(workflow))
  }, 60_000)
  assert.equal(over.state, 'verifying', `${over.reason}: ${over.detail}`)
  await tell('resolved')
  return soon('healed', async () => ((await of()).state === 'healed' ? of() : undefined))
}
