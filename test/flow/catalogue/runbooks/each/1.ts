/** Touches each of many targets by a job of its own, eight at a time; fails at the one that a label names, and goes on. */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'service',
  plan: ({ targets }) => ({ changes: targets.map((target) => ({ target, from: 'untouched', to: 'touched' })) }),
  steps: [
    {
      name: 'touch', effect: 'repeatable', timeout: minutes(1), each: true, concurrency: 8, onError: 'continue',
      run: async ({ $, target, labels }) => {
        const { stdout } = await $`sleep 0.02; printf %s ${target}`
        if (target === labels['fails']) throw new Error(`${target} fails as it was asked to`)
        return { target, stdout }
      },
    },
    { name: 'count', effect: 'read', timeout: minutes(1), run: ({ outputs }) => Object.values(outputs['touch']).filter(Boolean).length },
  ],
})
