import { z } from 'zod'
import type { PolicyType } from '../policy.ts'
import { names, touched } from './settings.ts'

const schema = z.strictObject({
  names: names('exact names, as the alert or the request says them; no patterns'),
}).describe('What may be touched. A plan with any target that is not listed is refused, and so is one without a target.')

export const targets: PolicyType<z.infer<typeof schema>> = {
  type: 'targets',
  schema,
  judge(settings, judged, name) {
    const all = touched(judged.plan)
    const strange = all.filter((target) => !settings.names.includes(target.name))
    if (all.length === 0) return { policy: name, verdict: 'refuse', reason: 'targets', detail: 'the plan names no target' }
    if (strange.length === 0) return { policy: name, verdict: 'allow', detail: `${all.map((one) => one.name).join(', ')} may be touched` }
    const detail = `${strange.map((one) => one.name).join(', ')} not among the ${settings.names.length} allowed`
    return { policy: name, verdict: 'refuse', reason: 'targets', detail }
  },
}
