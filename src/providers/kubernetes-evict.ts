/** The end of one pod. */
import { setTimeout as sleep } from 'node:timers/promises'
import { KubernetesStatus, type KubernetesClient } from './kubernetes-client.ts'
import type { Pod } from './kubernetes-size.ts'
import { ProviderError, type Call } from './provider.ts'

const evictEveryMs = 500

/** By way of the eviction, which asks disruption budgets. One that forbids it now is asked again while there is time. */
export const evictionBy = (client: KubernetesClient) =>
  async ({ metadata: { name, namespace, uid } }: Pod, call: Call): Promise<void> => {
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
