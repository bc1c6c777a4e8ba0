/**
 * More replicas of a service, or fewer, and then wait until they are ready.
 *
 * What: `by` 1 to 3 replicas `up` (unless `direction: down` is given), to a size that is planned before anything is
 * touched (4 → 5), within the bounds of the service. Up never lowers and down never raises: at a bound nothing is
 * changed and a person is called.
 *
 * When: latency or queue length over its objective, and load is the reason: more replicas are the cure.
 *
 * When not: the service fails for another reason (a bad release, a dependency that is down): more of the same does not
 * help, and a struggling database is hurt by more clients. Nor where an autoscaler owns the size: change its bounds.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'service',
  params: {
    by: { type: 'integer', default: 1, min: 1, max: 3 },
    direction: { type: 'string', default: 'up', oneOf: ['up', 'down'] },
  },
  plan: async ({ scale, target, params }) => {
    const { replicas, min, max, version } = await scale.read(target)
    const up = params.direction === 'up'
    const to = up ? Math.min(replicas + params.by, max) : Math.max(replicas - params.by, min)
    const isChange = up ? to > replicas : to < replicas && to <= max
    if (!isChange) return { changes: [], notes: `at its bound: ${target} has ${replicas} replicas and may have ${min} to ${max}, so it cannot go ${params.direction}` }
    return { changes: [{ target, from: replicas, to }], notes: { version } }
  },
  steps: [
    {
      name: 'set the size', effect: 'repeatable', timeout: minutes(1),
      run: async ({ scale, plan, params }) => {
        const { target, to } = plan.changes[0]!
        const now = await scale.read(target)
        const isThere = params.direction === 'up' ? now.replicas >= to : now.replicas <= to
        if (isThere) return { replicas: now.replicas, changed: false }
        // Whoever changed the service since the plan was made knew something: then the version is another, and a person looks.
        const after = await scale.set(target, to, { version: plan.notes.version })
        return { replicas: after.replicas, changed: true }
      },
    },
    {
      name: 'replicas ready', effect: 'read', timeout: minutes(5),
      run: ({ scale, plan, params, outputs, poll }) => poll(async () => {
        const { replicas } = outputs['set the size']
        const { ready, members } = await scale.read(plan.changes[0]!.target)
        return ready >= replicas && (params.direction === 'up' || members.length <= replicas)
      }),
    },
  ],
  verify: async ({ scale, plan, outputs }) => (await scale.read(plan.changes[0]!.target)).ready >= outputs['set the size'].replicas,
  healedWithin: minutes(10),
})
