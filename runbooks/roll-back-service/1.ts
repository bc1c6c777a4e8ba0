/**
 * Runs again what the service ran before its last release, in the size that it has now.
 *
 * What: the youngest release before the one that runs, as the cluster itself remembers it; then it waits until all of it
 * serves. Whoever releases meanwhile wins: then nothing is changed and a person is called.
 *
 * When: a release that does not become ready, or that fails since the moment it went out.
 *
 * When not: the data or a queue was changed by the new release so that the old one cannot read it; or what fails is
 * something else, and the release only happened to be near.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'namespace/deployment',
  provider: 'kubernetes',
  plan: async ({ scale, target }) => {
    const [{ version }, history] = [await scale.read(target), await scale.history(target)]
    const now = history.find(({ current }) => current)
    const past = history.find(({ current }) => !current)
    if (now === undefined || past === undefined) return { changes: [], notes: `nothing is remembered that ${target} ran before` }
    return { changes: [{ target, from: now.revision, to: past.revision }], notes: { version } }
  },
  steps: [
    {
      name: 'roll back', effect: 'repeatable', timeout: minutes(1),
      run: async ({ scale, plan }) => {
        const { target, to } = plan.changes[0]!
        return { version: (await scale.rollBack(target, to, { version: plan.notes.version })).version }
      },
    },
    {
      name: 'rolled out', effect: 'read', timeout: minutes(15),
      run: ({ scale, plan, poll }) => poll(async () => {
        const { ready, replicas, rollingOut } = await scale.read(plan.changes[0]!.target)
        return rollingOut !== true && ready >= replicas
      }),
    },
  ],
  verify: async ({ scale, plan }) => {
    const { target, to } = plan.changes[0]!
    const { ready, replicas } = await scale.read(target)
    return ready >= replicas && (await scale.history(target)).some(({ current, revision }) => current && revision === to)
  },
  healedWithin: minutes(20),
})
