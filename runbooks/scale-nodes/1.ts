/**
 * More machines for a cluster; and when they have joined it, its services get a share of them.
 *
 * What: `by` 1 to 3 machines more, to a size that is planned before anything is touched, within the group's own bounds.
 * It waits until each is a ready node, then rolls over the services that are labelled for it (`paramedic/rebalance`).
 *
 * When: the nodes together have no room for what should run.
 *
 * When not: an autoscaler owns the group; one service asks for far more than it needs; or what is full is a quota or a
 * disk. Taking machines away is no work of this runbook.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'group',
  provider: 'aws-asg',
  params: { by: { type: 'integer', default: 1, min: 1, max: 3 } },
  plan: async ({ scale, target, params }) => {
    const { replicas, min, max, version } = await scale.read(target)
    const to = Math.min(replicas + params.by, max)
    if (to <= replicas) return { changes: [], notes: `at its bound: ${target} has ${replicas} machines and may have ${min} to ${max}` }
    return { changes: [{ target, from: replicas, to }], notes: { version } }
  },
  steps: [
    {
      name: 'set the size', effect: 'repeatable', timeout: minutes(5),
      run: async ({ scale, plan }) => {
        const { target, to } = plan.changes[0]!
        return { machines: (await scale.set(target, to, { toward: 'up', version: plan.notes.version })).replicas }
      },
    },
    {
      name: 'nodes joined', effect: 'read', timeout: minutes(20),
      run: ({ scale, plan, poll }) => poll(async () => (await scale.read(plan.changes[0]!.target)).ready >= plan.changes[0]!.to, { everyMs: 5000 }),
    },
    {
      // The plan is its stamp: said again after a crash nothing is rolled over twice.
      name: 'rebalance', effect: 'repeatable', timeout: minutes(10),
      run: async ({ nodes, plan }) => ({ rolledOver: await nodes.rebalance(plan.digest) }),
    },
  ],
  verify: async ({ scale, plan }) => {
    const { ready, replicas } = await scale.read(plan.changes[0]!.target)
    return ready >= replicas
  },
  healedWithin: minutes(30),
})
