import { z } from 'zod'
import { observedForMs, type PolicyType } from '../policy.ts'
import { fact } from './facts.ts'
import { touched } from './settings.ts'

const schema = z.strictObject({
  autoscaled: z.enum(['refuse', 'allow']).default('refuse').describe('what becomes of a plan for a target whose size another controller sets: `allow` only where its bounds are what the runbook changes'),
}).describe('No fight with another controller: a target that is rolling out waits until it is through, one that is autoscaled is refused.')

export const handsOff: PolicyType<z.infer<typeof schema>> = {
  type: 'hands-off',
  schema,
  needs: () => ['controller'],
  judge({ autoscaled }, judged, name) {
    const all = touched(judged.plan).map((target) => ({ name: target.name, ...(fact(judged, 'controller', target.name) as { rollingOut?: unknown; autoscaled?: unknown }) }))
    const unknown = all.find((one) => typeof one.rollingOut !== 'boolean' || typeof one.autoscaled !== 'boolean')
    if (unknown) return { policy: name, verdict: 'refuse', reason: 'fact missing', detail: `the provider does not say who else controls ${unknown.name}` }
    const owned = all.filter((one) => one.autoscaled === true && autoscaled === 'refuse')
    if (owned.length > 0) return { policy: name, verdict: 'refuse', reason: 'hands-off', detail: `${owned.map((one) => one.name).join(', ')} is autoscaled: its size is not ours` }
    const rolling = all.filter((one) => one.rollingOut === true)
    if (rolling.length === 0) return { policy: name, verdict: 'allow', detail: 'nobody else is changing it' }
    // Then what was read is too old to be believed, and a new plan reads it again.
    return { policy: name, verdict: 'wait', reason: 'hands-off', detail: `${rolling.map((one) => one.name).join(', ')} is rolling out`, until: judged.at + observedForMs + 1 }
  },
}
