import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { duration, names } from './settings.ts'

const schema = z.strictObject({
  by: names('who may: the names of persons. Without it anybody whose role lets them approve').optional(),
  count: z.int().min(1).max(10).default(1).describe('how many different persons'),
  within: duration('how long an approval counts, and how long the question stands').default('1h'),
  fourEyes: z.boolean().default(true).describe('whoever asked for the workflow does not count'),
}).refine(({ by, count }) => by === undefined || by.length >= count, { path: ['count'], message: 'is more than `by` names' })
  .describe('Persons who may say yes to this very plan. A changed plan asks again, and a yes sets aside nothing but this question: no freeze, no stop, no limit.')

export const approval: PolicyType<z.infer<typeof schema>> = {
  type: 'approval',
  schema,
  judge({ by, count, within, fourEyes }, judged, name) {
    const valid = judged.approvals.filter(({ who, at }) =>
      (by === undefined || by.includes(who)) && judged.at - at <= durationMs(within) && !(fourEyes && who === judged.requester))
    const persons = [...new Set(valid.map(({ who }) => who))]
    const detail = `${persons.length} of ${count} approved${persons.length > 0 ? `: ${persons.join(', ')}` : ''}`
    if (persons.length >= count) return { policy: name, verdict: 'allow', detail }
    const who = by === undefined ? '' : `; may: ${by.join(', ')}`
    return { policy: name, verdict: 'ask', reason: 'approval', detail: `${detail}${who}`, until: judged.at + durationMs(within) }
  },
}
