import { z } from 'zod'
import { dateOf, whenShown } from '../calendar.ts'
import type { PolicyType } from '../policy.ts'
import { zone } from './settings.ts'

const day = (about: string) => z.string().refine((text) => dateOf(text) !== undefined, 'must be a day, 2026-12-24, or a time of a day, 2026-12-24T18:00').describe(about)

const schema = z.strictObject({
  from: day('the first day, or the time at which it begins'),
  to: day('the last day, to its end, or the time at which it ends'),
  zone: zone('the clock on whose wall: Europe/Berlin, UTC'),
  why: z.string().min(1).max(200).describe('for whoever is told of it'),
  otherwise: z.enum(['refuse', 'wait']).default('refuse').describe('meanwhile: `refuse`, which calls a person, or `wait` until it is over'),
}).refine((settings) => startOf(settings) < endOf(settings), { path: ['to'], message: 'is not after from' })
  .describe('Nothing starts from one day to another. An approval does not set it aside.')

interface Times {
  readonly from: string
  readonly to: string
  readonly zone: string
}

/** Where the clock shows its begin or its end twice, the longer freeze is meant. */
const startOf = ({ from, zone }: Times): number => whenShown(dateOf(from)!, zone, 'first')

const endOf = ({ to, zone }: Times): number => {
  const { wholeDay, ...date } = dateOf(to)!
  return whenShown(wholeDay ? { ...date, day: date.day + 1 } : date, zone, 'last')
}

export const freeze: PolicyType<z.infer<typeof schema>> = {
  type: 'freeze',
  schema,
  judge(settings, judged, name) {
    const [start, end] = [startOf(settings), endOf(settings)]
    if (judged.at < start || judged.at >= end) return { policy: name, verdict: 'allow', detail: `not from ${settings.from} to ${settings.to}` }
    return { policy: name, verdict: settings.otherwise, reason: 'freeze', detail: `${settings.why}: from ${settings.from} to ${settings.to} ${settings.zone}`, until: end }
  },
}
