/** Nodes: whether they are ready, kept free of new pods, and emptied with every disruption budget asked. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isName, KubernetesStatus, type KubernetesClient } from './kubernetes-client.ts'
import type { Meta, Pod } from './kubernetes-size.ts'
import { ProviderError, targetUnknown, type Call, type Node, type NodeWork } from './provider.ts'

interface KubernetesNode {
  readonly metadata: Meta
  readonly spec: { readonly unschedulable?: boolean; readonly providerID?: string }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

type Within = <T>(what: string, call: Call, work: (call: Call) => Promise<T>) => Promise<T>

const goneEveryMs = 500
const evictionsAtOnce = 8

export function kubernetesNodes(client: KubernetesClient, evict: (pod: Pod, call: Call) => Promise<void>, within: Within): NodeWork {
  const all = async (call: Call): Promise<Node[]> => (await client.request<{ items: KubernetesNode[] }>({ method: 'GET', path: ['api', 'v1', 'nodes'] }, call)).items.map(nodeOf)

  const read = async (node: string, call: Call): Promise<Node> => {
    if (isName(node)) {
      try {
        return nodeOf(await client.request<KubernetesNode>({ method: 'GET', path: ['api', 'v1', 'nodes', node], target: node }, call))
      } catch (error) {
        if (!(error instanceof KubernetesStatus) || error.code !== 404) throw error
      }
    }
    throw targetUnknown(node, (await all(call)).map(({ name }) => name))
  }

  const schedulable = async (node: string, is: boolean, call: Call): Promise<Node> => {
    const now = await read(node, call)
    if (now.cordoned !== is) return now
    return nodeOf(await client.request<KubernetesNode>({ method: 'PATCH', path: ['api', 'v1', 'nodes', node], target: node, body: { spec: { unschedulable: is ? null : true } } }, call))
  }

  /** Those of DaemonSets come again, mirrors are the node's own files, and what has ended holds nothing. */
  const podsOf = async (node: string, call: Call): Promise<Pod[]> =>
    (await client.request<{ items: Pod[] }>({ method: 'GET', path: ['api', 'v1', 'pods'], query: { fieldSelector: `spec.nodeName=${node}` }, target: node }, call)).items.filter(({ metadata, status }) =>
      !(metadata.ownerReferences ?? []).some(({ kind }) => kind === 'DaemonSet') && metadata.annotations?.['kubernetes.io/config.mirror'] === undefined && !['Succeeded', 'Failed'].includes(status?.phase ?? ''))

  const drain = async (node: string, call: Call): Promise<Node> => {
    const cordoned = await schedulable(node, false, call)
    for (;;) {
      const pods = await podsOf(node, call)
      if (pods.length === 0) return cordoned
      // A pod that nobody would start again elsewhere is somebody's own: it is not ended for them.
      const orphan = pods.find(({ metadata }) => !(metadata.ownerReferences ?? []).some(({ controller }) => controller === true))
      if (orphan) throw new ProviderError('Protected', `${orphan.metadata.namespace}/${orphan.metadata.name} on ${node} has no controller that would start it elsewhere`)
      const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      await Promise.all(staying.slice(0, evictionsAtOnce).map((pod) => evict(pod, call)))
      await sleep(goneEveryMs, undefined, { signal: call.signal })
    }
  }

  return {
    list: (call) => within('the list of nodes', call, all),
    read: (node, call) => within(node, call, (given) => read(node, given)),
    cordon: (node, call) => within(node, call, (given) => schedulable(node, false, given)),
    uncordon: (node, call) => within(node, call, (given) => schedulable(node, true, given)),
    drain: (node, call) => within(node, call, (given) => drain(node, given)),
  }
}

/** `aws:///eu-central-1a/i-0123456789abcdef0` */
const nodeOf = ({ metadata: { name }, spec: { unschedulable, providerID }, status }: KubernetesNode): Node => {
  const instance = providerID?.split('/').at(-1)
  return {
    name, cordoned: unschedulable === true, ready: (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    ...(instance === undefined || instance === '' ? {} : { instance }),
  }
}
