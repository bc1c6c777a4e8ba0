/**
 * The provider `kubernetes`: Deployments and StatefulSets that carry a label, by their scale. A target is
 * `namespace/name`, or `namespace/kind/name` where both kinds have that name. Its version is the generation of its spec;
 * what is written names the resourceVersion that was judged, so that whoever changes it between is never overwritten.
 */
import type { Edges } from '../edge/edges.ts'
import { KubernetesStatus, kubernetesClient, type KubernetesAccess } from './kubernetes-client.ts'
import { evictionBy } from './kubernetes-evict.ts'
import { historyOf, patchTo, restartedAt } from './kubernetes-history.ts'
import { kubernetesNodes } from './kubernetes-nodes.ts'
import { memberOf } from './kubernetes-size.ts'
import { createWorkloads, pathOf, type Found, type Which } from './kubernetes-workloads.ts'
import { mustRollBack, mustSet, ProviderError, withinDeadline, type Call, type Condition, type Provider, type Size } from './provider.ts'

export type KubernetesOptions = KubernetesAccess & Which

export function kubernetes({ selector, namespaces, ...access }: KubernetesOptions, edges: Edges): Provider {
  const client = kubernetesClient(access, edges)
  const { all, find, look } = createWorkloads(client, { selector, namespaces })
  const evict = evictionBy(client)

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

  const rollOver = async (found: Found, stamp: string, call: Call): Promise<Size> => {
    const annotations = { [restartedAt]: stamp }
    await client.request({ method: 'PATCH', path: pathOf(found), target: found.name, body: { spec: { template: { metadata: { annotations } } } } }, call)
    return (await look(found, call)).size
  }

  const rollBack = async (target: string, revision: string, version: string | undefined, call: Call): Promise<Size> => {
    const found = await find(target, call)
    for (;;) {
      const { workload, size } = await look(found, call)
      const past = mustRollBack(target, revision, await historyOf(client, found, workload, call), { given: version, now: size.version })
      if (past === undefined) return size
      try {
        await client.request(patchTo(found, past), call)
        return (await look(found, call)).size
      } catch (error) {
        if (!(error instanceof KubernetesStatus) || error.code !== 409) throw error
      }
    }
  }

  const rebalance = async (stamp: string, call: Call): Promise<string[]> => {
    const labelled = await all(call, `${selector},paramedic/rebalance=true`)
    for (const { found } of labelled) await rollOver(found, stamp, call)
    return labelled.map(({ name }) => name)
  }

  const within = <T>(what: string, call: Call, work: (call: Call) => Promise<T>): Promise<T> => withinDeadline(what, call, (signal) => work({ signal, deadlineMs: call.deadlineMs }))
  return {
    name: 'kubernetes',
    read: (target, call) => within(target, call, async (given) => (await look(await find(target, given), given)).size),
    list: (call) => within('the list of workloads', call, async (given) => (await all(given)).map(({ name, id }) => ({ name, id }))),
    set: (target, replicas, condition) => within(target, condition, (call) => set(target, replicas, condition, call)),
    restart: (target, member, call) => within(target, call, (given) => restart(target, member, given)),
    restartAll: (target, stamp, call) => within(target, call, async (given) => rollOver(await find(target, given), stamp, given)),
    history: (target, call) => within(target, call, async (given) => {
      const found = await find(target, given)
      return (await historyOf(client, found, (await look(found, given)).workload, given)).map(({ back: _, ...one }) => one)
    }),
    rollBack: (target, revision, condition) => within(target, condition, (call) => rollBack(target, revision, condition.version, call)),
    nodes: { ...kubernetesNodes(client, evict, within), rebalance: (stamp, call) => within('the workloads to rebalance', call, (given) => rebalance(stamp, given)) },
    close: () => client.close(),
  }
}
