import { z } from 'zod'
import { durationMs } from '../duration.ts'
import { personOf } from '../person.ts'
import type { Judged, PolicyType } from '../policy.ts'
import { duration, names } from './settings.ts'

const schema = z.strictObject({
  by: names('who may: by the names of their tokens, which `people` joins to their accounts in Slack, or by an account itself, TEAM/USER. Without it anybody whose role lets them approve').optional(),
  count: z.int().min(1).max(10).default(1).describe('how many different persons'),
  within: duration('how long an approval counts, and how long the question stands').default('1h'),
  fourEyes: z.boolean().default(true).describe('whoever asked for the workflow does not count'),
}).refine(({ by, count }) => by === undefined || by.length >= count, { path: ['count'], message: 'is more than `by` names' })
  .describe('Persons who may say yes to this very plan. A changed plan asks again, and a yes sets aside nothing but this question: no freeze, no stop, no limit.')

type Settings = z.infer<typeof schema>
type Approvals = Judged['approvals']

export const approval: PolicyType<Settings> = {
  type: 'approval',
  schema,
  judge(settings, judged, name) {
    const { by, count, within } = settings
    const valid = judged.approvals.filter(({ who, at }) => unlisted(settings, who, judged.requester) === undefined && judged.at - at <= durationMs(within))
    const persons = [...new Map(valid.map(({ who }) => [personOf(who), who])).values()]
    const detail = `${persons.length} of ${count} approved${persons.length > 0 ? `: ${persons.join(', ')}` : ''}`
    if (persons.length >= count) return { policy: name, verdict: 'allow', detail }
    const who = by === undefined ? '' : `; may: ${by.join(', ')}`
    return { policy: name, verdict: 'ask', reason: 'approval', detail: `${detail}${who}`, until: judged.at + durationMs(within) }
  },
}

const unlisted = ({ by, fourEyes }: Settings, who: string, requester: string | undefined): string | undefined => {
  const person = personOf(who)
  if (by !== undefined && !by.includes(person) && !by.includes(who)) return `Only ${by.join(', ')} may approve it, and ${who} is not among them.`
  return fourEyes && requester !== undefined && person === personOf(requester) ? `${who} asked for it, and may not be the one who approves it: another person has to.` : undefined
}

/** Why the yes of this person would count for nothing here; undefined where it would. */
export const mayNotApprove = (settings: Settings, { who, at }: Approvals[number], { requester, approvals }: { requester: string | undefined; approvals: Approvals }): string | undefined => {
  const before = approvals.find((one) => personOf(one.who) === personOf(who) && at - one.at <= durationMs(settings.within))
  return unlisted(settings, who, requester) ?? (before ? `${before.who} has approved it already: another person has to.` : undefined)
}
