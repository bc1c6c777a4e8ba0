import { z } from 'zod'
import { minuteOf, wallAt, whenShown, type Wall } from '../calendar.ts'
import type { PolicyType } from '../policy.ts'
import { zone } from './settings.ts'

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const timeOfDay = (about: string) => z.string().refine((text) => minuteOf(text) !== undefined, 'must be a time of the day, such as 09:30 (24:00 is its end)').describe(about)

const schema = z.strictObject({
  days: z.array(z.enum(weekdays)).min(1, 'is empty: name at least one day').default([...weekdays]).describe('the days on which it opens: mon, tue, wed, thu, fri, sat, sun'),
  from: timeOfDay('when it opens, as the clock of the zone shows it'),
  to: timeOfDay('when it closes; before `from`, it closes on the next day'),
  zone: zone('the clock on whose wall: Europe/Berlin, UTC'),
  otherwise: z.enum(['wait', 'refuse']).default('wait').describe('outside of it: `wait` until it opens, or `refuse`, which calls a person'),
}).refine(({ from, to }) => from !== to, { path: ['to'], message: 'is the same as from: write 00:00 and 24:00 for a whole day' })
  .describe('When something may start. By the clock of a zone, so that nine is nine in summer and in winter; an hour that the clock skips is not there, one that it shows twice is there twice.')

type Settings = z.infer<typeof schema>

export const window: PolicyType<Settings> = {
  type: 'window',
  schema,
  judge(settings, judged, name) {
    const { from, to, zone, otherwise } = settings
    const text = `${settings.days.length === 7 ? '' : `${settings.days.join(' ')} `}${from} to ${to} ${zone}`
    if (isOpen(settings, judged.at)) return { policy: name, verdict: 'allow', detail: `within ${text}` }
    const opens = nextOpening(settings, judged.at)
    return { policy: name, verdict: opens === undefined ? 'refuse' : otherwise, reason: 'window', detail: `outside of ${text}`, ...(opens === undefined ? {} : { until: opens }) }
  },
}

const opensOn = ({ days }: Settings, weekday: number): boolean => days.includes(weekdays[(weekday + 7) % 7]!)

function isOpen(settings: Settings, at: number): boolean {
  const { minute, weekday } = wallAt(at, settings.zone)
  const [from, to] = [minuteOf(settings.from)!, minuteOf(settings.to)!]
  if (from < to) return opensOn(settings, weekday) && minute >= from && minute < to
  return (opensOn(settings, weekday) && minute >= from) || (opensOn(settings, weekday - 1) && minute < to)
}

/** Within a fortnight, or never: then there is no such time on any of its days. */
function nextOpening(settings: Settings, at: number): number | undefined {
  const today: Wall = wallAt(at, settings.zone)
  for (let ahead = 0; ahead <= 14; ahead++) {
    if (!opensOn(settings, today.weekday + ahead % 7)) continue
    const opens = whenShown({ ...today, day: today.day + ahead, minute: minuteOf(settings.from)! }, settings.zone, 'first')
    if (opens > at && isOpen(settings, opens)) return opens
  }
  return undefined
}
