import { z } from 'zod'
import type { PolicyType } from '../policy.ts'
import { counted } from './counting.ts'
import { count, countedBy, groups } from './settings.ts'

const schema = z.strictObject({
  max: count('how many workflows may be between their first step and their end'),
  by: countedBy('runbook'),
}).describe('At most so many workflows at once. What does not fit waits for one to end.')

export const concurrency: PolicyType<z.infer<typeof schema>> = {
  type: 'concurrency',
  schema,
  judge: ({ max, by }, judged, name) =>
    counted({ type: 'concurrency', name, max, groups: groups(by, judged), full: 'wait' }, judged),
}
