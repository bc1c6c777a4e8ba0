import { z } from 'zod'
import type { PolicyType } from '../policy.ts'
import { names } from './settings.ts'

const schema = z.strictObject({
  names: names('exact names of steps'),
}).describe('Only these steps. A version of the runbook with any other is refused.')

export const steps: PolicyType<z.infer<typeof schema>> = {
  type: 'steps',
  schema,
  judge(settings, judged, name) {
    const refuse = (detail: string) => ({ policy: name, verdict: 'refuse', reason: 'steps', detail }) as const
    if (judged.steps.length === 0) return refuse('it has no steps')
    const strange = judged.steps.flatMap((step, index) => (settings.names.includes(step.name) ? [] : [`steps[${index}] ${step.name}`]))
    return strange.length > 0 ? refuse(`${strange.join(', ')} not among the ${settings.names.length} allowed`) : { policy: name, verdict: 'allow', detail: `all ${judged.steps.length} steps are allowed` }
  },
}
