import { z } from 'zod'
import type { PolicyType } from '../policy.ts'
import { names, touched } from './settings.ts'

const schema = z.strictObject({
  names: names('exact names or provider ids; no patterns'),
}).describe('What must never be touched, whatever else allows it.')

export const excluded: PolicyType<z.infer<typeof schema>> = {
  type: 'excluded',
  schema,
  judge(settings, judged, name) {
    const hit = touched(judged.plan).filter((one) => settings.names.includes(one.name) || settings.names.includes(one.id))
    if (hit.length === 0) return { policy: name, verdict: 'allow', detail: `none of the ${settings.names.length} excluded` }
    return { policy: name, verdict: 'refuse', reason: 'excluded', detail: `${hit.map((one) => one.name).join(', ')} excluded` }
  },
}
