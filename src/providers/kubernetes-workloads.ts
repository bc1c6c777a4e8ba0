/** Which Deployments and StatefulSets are targets, and what they are now. */
import type { KubernetesClient } from './kubernetes-client.ts'
import { selectorText, sizeOfWorkload, type Autoscaler, type Pod, type Workload } from './kubernetes-size.ts'
import { targetUnknown, type Call, type Size } from './provider.ts'

export interface Which {
  /** A label selector. */
  readonly selector: string
  /** Where they are looked for; nowhere else is asked. None: in all namespaces. */
  readonly namespaces: readonly string[]
}

const kinds = ['deployment', 'statefulset'] as const
type Kind = (typeof kinds)[number]
export interface Found {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
}

export const pathOf = ({ kind, namespace, name }: Found): string[] => ['apis', 'apps', 'v1', 'namespaces', namespace, `${kind}s`, name]

export function createWorkloads(client: KubernetesClient, { selector, namespaces }: Which) {
  const listOf = async <T>(path: readonly string[], query: Record<string, string>, call: Call): Promise<readonly T[]> =>
    (await client.request<{ items: T[] }>({ method: 'GET', path, query }, call)).items

  /** Asked anew each time: a workload that gets the label is a target at once, and one that loses it is none. */
  const all = async (call: Call, labelSelector = selector): Promise<{ name: string; id: string; found: Found }[]> => {
    const places = namespaces.length === 0 ? [[]] : namespaces.map((namespace) => ['namespaces', namespace])
    const lists = await Promise.all(places.flatMap((place) => kinds.map(async (kind) =>
      (await listOf<Workload>(['apis', 'apps', 'v1', ...place, `${kind}s`], { labelSelector }, call)).map(({ metadata: { namespace, name, uid } }) => ({ kind, namespace, name, uid })))))
    const every = lists.flat()
    return every.map(({ uid, ...found }) => {
      const isDouble = every.some((other) => other.kind !== found.kind && other.name === found.name && other.namespace === found.namespace)
      return { name: [found.namespace, ...(isDouble ? [found.kind] : []), found.name].join('/'), id: uid, found }
    })
  }

  const find = async (target: string, call: Call): Promise<Found> => {
    const listed = await all(call)
    const one = listed.find(({ name, found: { kind, namespace, name: last } }) => name === target || `${namespace}/${kind}/${last}` === target)
    if (one === undefined) throw targetUnknown(target, listed.map(({ name }) => name))
    return one.found
  }

  const look = async (found: Found, call: Call): Promise<{ workload: Workload; pods: readonly Pod[]; size: Size }> => {
    const workload = await client.request<Workload>({ method: 'GET', path: pathOf(found), target: found.name }, call)
    const [pods, autoscalers] = await Promise.all([
      listOf<Pod>(['api', 'v1', 'namespaces', found.namespace, 'pods'], { labelSelector: selectorText(workload) }, call),
      listOf<Autoscaler>(['apis', 'autoscaling', 'v2', 'namespaces', found.namespace, 'horizontalpodautoscalers'], {}, call),
    ])
    const isAutoscaled = autoscalers.some(({ spec: { scaleTargetRef } }) => scaleTargetRef.kind.toLowerCase() === found.kind && scaleTargetRef.name === found.name)
    return { workload, pods, size: sizeOfWorkload(workload, pods, isAutoscaled) }
  }

  return { all, find, look }
}
