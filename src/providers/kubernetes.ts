/**
 * The provider `kubernetes`: Deployments and StatefulSets that carry a label, by their scale. A target is
 * `namespace/name`, or `namespace/kind/name` where both kinds have that name. Its version is the generation of its spec;
 * what is written names the resourceVersion that was judged, so that whoever changes it between is never overwritten.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Edges } from '../edge/edges.ts'
import { KubernetesStatus, kubernetesClient, type KubernetesAccess } from './kubernetes-client.ts'
import { kubernetesNodes } from './kubernetes-nodes.ts'
import { memberOf, selectorText, sizeOfWorkload, type Autoscaler, type Pod, type Workload } from './kubernetes-size.ts'
import { mustSet, ProviderError, targetUnknown, withinDeadline, type Call, type Condition, type Provider, type Size } from './provider.ts'

export interface KubernetesOptions extends KubernetesAccess {
  /** Which workloads are targets: a label selector. */
  readonly selector: string
  /** Where they are looked for; nowhere else is asked. None: in all namespaces. */
  readonly namespaces: readonly string[]
}

const kinds = ['deployment', 'statefulset'] as const
type Kind = (typeof kinds)[number]
interface Found {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
}

const evictEveryMs = 500

export function kubernetes({ selector, namespaces, ...access }: KubernetesOptions, edges: Edges): Provider {
  const client = kubernetesClient(access, edges)
  const pathOf = ({ kind, namespace, name }: Found): string[] => ['apis', 'apps', 'v1', 'namespaces', namespace, `${kind}s`, name]
  const listOf = async <T>(path: readonly string[], query: Record<string, string>, call: Call): Promise<readonly T[]> =>
    (await client.request<{ items: T[] }>({ method: 'GET', path, query }, call)).items

  /** Asked anew each time: a workload that gets the label is a target at once, and one that loses it is none. */
  const all = async (call: Call): Promise<{ name: string; id: string; found: Found }[]> => {
    const places = namespaces.length === 0 ? [[]] : namespaces.map((namespace) => ['namespaces', namespace])
    const lists = await Promise.all(places.flatMap((place) => kinds.map(async (kind) =>
      (await listOf<Workload>(['apis', 'apps', 'v1', ...place, `${kind}s`], { labelSelector: selector }, call)).map(({ metadata: { namespace, name, uid } }) => ({ kind, namespace, name, uid })))))
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

  const set = async (target: string, replicas: number, condition: Condition, call: Call): Promise<Size> => {
    const found = await find(target, call)
    for (;;) {
      const { workload: { metadata: { name, namespace, resourceVersion } }, size } = await look(found, call)
      if (!mustSet(target, replicas, size, condition)) return size
      // It would be overwritten at the autoscaler's next look, and 0 would switch the autoscaler off.
      if (size.autoscaled) throw new ProviderError('Autoscaled', `${target} is scaled by a HorizontalPodAutoscaler: change its bounds instead`)
      try {
        await client.request({
          method: 'PUT', path: [...pathOf(found), 'scale'], target: found.name,
          body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name, namespace, resourceVersion }, spec: { replicas } },
        }, call)
        return (await look(found, call)).size
      } catch (error) {
        // Something of it changed since, be it its status only: what it is now is read and judged again.
        if (!(error instanceof KubernetesStatus) || error.code !== 409) throw error
      }
    }
  }

  const restart = async (target: string, member: string, call: Call): Promise<Size> => {
    const found = await find(target, call)
    const { pods, size } = await look(found, call)
    const pod = pods.find((one) => memberOf(one) === member)
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return size
    await evict(pod, call)
    return (await look(found, call)).size
  }

  /** By way of the eviction, which asks disruption budgets. One that forbids it now is asked again while there is time. */
  const evict = async ({ metadata: { name, namespace, uid } }: Pod, call: Call): Promise<void> => {
    const until = performance.now() + 0.75 * call.deadlineMs
    for (;;) {
      try {
        await client.request({
          method: 'POST', path: ['api', 'v1', 'namespaces', namespace, 'pods', name, 'eviction'],
          body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions: { preconditions: { uid } } },
        }, call)
        return
      } catch (error) {
        // Gone, or another pod of this name by now: what was to end has ended.
        if (error instanceof KubernetesStatus && (error.code === 404 || error.code === 409)) return
        if (!(error instanceof KubernetesStatus) || !error.causes.includes('DisruptionBudget')) throw error
        if (performance.now() > until) throw new ProviderError('Protected', `a disruption budget keeps ${namespace}/${name}: ${error.message}`, { cause: error })
        await sleep(evictEveryMs, undefined, { signal: call.signal })
      }
    }
  }

  const restartAll = async (target: string, stamp: string, call: Call): Promise<Size> => {
    const found = await find(target, call)
    const annotations = { 'kubectl.kubernetes.io/restartedAt': stamp }
    await client.request({ method: 'PATCH', path: pathOf(found), target: found.name, body: { spec: { template: { metadata: { annotations } } } } }, call)
    return (await look(found, call)).size
  }

  const within = <T>(what: string, call: Call, work: (call: Call) => Promise<T>): Promise<T> => withinDeadline(what, call, (signal) => work({ signal, deadlineMs: call.deadlineMs }))
  return {
    name: 'kubernetes',
    read: (target, call) => within(target, call, async (given) => (await look(await find(target, given), given)).size),
    list: (call) => within('the list of workloads', call, async (given) => (await all(given)).map(({ name, id }) => ({ name, id }))),
    set: (target, replicas, condition) => within(target, condition, (call) => set(target, replicas, condition, call)),
    restart: (target, member, call) => within(target, call, (given) => restart(target, member, given)),
    restartAll: (target, stamp, call) => within(target, call, (given) => restartAll(target, stamp, given)),
    nodes: kubernetesNodes(client, evict, within),
    close: () => client.close(),
  }
}
