/**
 * Gives a sick machine back and waits until another one has taken its place.
 *
 * What: nothing new is placed on the node; what runs there is moved at the pace that disruption budgets allow; its
 * instance is ended, without making its group smaller; then it waits until the new one is a ready node. A node that does
 * not answer at all is not waited for: what is said to run there cannot be ended in order.
 *
 * When: a node that is not ready, or is so on and off, while the others are well.
 *
 * When not: several nodes at once, which is the network, the control plane or a release, and new machines do not help;
 * or a node whose disk holds what is nowhere else. If it ends half way, the node stays cordoned: `kubectl uncordon NODE`.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'node',
  provider: 'aws-asg',
  plan: async ({ scale, nodes, target: node }) => {
    const { instance } = await nodes.read(node)
    if (instance === undefined) return { changes: [], notes: `the cluster does not say which instance ${node} is` }
    for (const { name: group } of await scale.list()) {
      const { members } = await scale.read(group)
      if (members.some(({ id }) => id === instance)) return { changes: [{ target: group, from: instance, to: 'another instance' }], notes: { node, instance } }
    }
    return { changes: [], notes: `${node} is ${instance}, which is in none of the groups` }
  },
  steps: [
    { name: 'cordon', effect: 'repeatable', timeout: minutes(1), run: ({ nodes, plan }) => nodes.cordon(plan.notes.node) },
    {
      name: 'drain', effect: 'repeatable', timeout: minutes(30),
      run: async ({ nodes, plan, log }) => {
        const { node } = plan.notes
        const { ready } = await nodes.read(node)
        if (ready) await nodes.drain(node)
        else log(`${node} is not ready: nothing there ends in order, so it is not waited for`)
        return { drained: ready }
      },
    },
    {
      name: 'terminate', effect: 'repeatable', timeout: minutes(5),
      run: async ({ scale, plan }) => ({ machines: (await scale.restart(plan.changes[0]!.target, plan.notes.instance)).replicas }),
    },
    {
      name: 'joined again', effect: 'read', timeout: minutes(20),
      run: ({ scale, plan, poll }) => poll(async () => isWhole(await scale.read(plan.changes[0]!.target), plan.notes.instance), { everyMs: 5000 }),
    },
  ],
  verify: async ({ scale, plan }) => isWhole(await scale.read(plan.changes[0]!.target), plan.notes.instance),
  healedWithin: minutes(20),
})

const isWhole = ({ ready, replicas, members }: { ready: number; replicas: number; members: readonly { id: string }[] }, old: string): boolean =>
  ready >= replicas && !members.some(({ id }) => id === old)
