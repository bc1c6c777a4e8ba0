/**
 * Restarts every replica of a service, one at a time, each only when the one before is ready again.
 *
 * What: replicas that are not ready go first, since they serve nobody; then the oldest. A replica that started after the
 * plan was made is fresh already and is left alone, so going on after an interruption restarts nothing twice. When a
 * fresh replica does not become ready, the round ends there and the others keep serving.
 *
 * When: memory that leaks, connections that hang, a configuration or certificate that is read at the start only.
 *
 * When not: the new replicas would start into the same trouble (a bad release, a dependency that is down), or the
 * service has one replica and must not be away for the moment that its restart takes.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'service',
  plan: async ({ scale, target }) => {
    const { members } = await scale.read(target)
    if (members.length === 0) return { changes: [], notes: `${target} has no replica to restart` }
    const order = [...members.filter(({ ready }) => !ready), ...members.filter(({ ready }) => ready)]
    return {
      changes: [{ target, from: order.map(({ id }) => id), to: `${members.length} restarted, one at a time` }],
      notes: { stale: order.map(({ id, startedAt }) => ({ id, startedAt })) },
    }
  },
  steps: [
    {
      name: 'restart one by one', effect: 'repeatable', timeout: minutes(30),
      run: async ({ scale, plan, poll, log }) => {
        const { target } = plan.changes[0]!
        const stale: { id: string; startedAt: string }[] = plan.notes.stale
        const isFresh = (one: { id: string; startedAt: string }) => !stale.some(({ id, startedAt }) => id === one.id && startedAt === one.startedAt)
        const settled = () => poll(async () => {
          const { members, replicas } = await scale.read(target)
          return members.length >= replicas && members.filter(isFresh).every(({ ready }) => ready)
        })
        let restarted = 0
        for (const { id } of stale) {
          // Of an interrupted try, the replica that was just restarted may still be on its way.
          await settled()
          const { members } = await scale.read(target)
          const member = members.find((one) => one.id === id)
          if (member === undefined || isFresh(member)) continue
          log(`${id} of ${target} is restarted`)
          await scale.restart(target, id)
          restarted++
        }
        await settled()
        return { restarted, replicas: stale.length }
      },
    },
  ],
  verify: async ({ scale, plan }) => {
    const { ready, replicas } = await scale.read(plan.changes[0]!.target)
    return ready >= replicas
  },
  healedWithin: minutes(10),
})
