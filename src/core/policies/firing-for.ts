import { z } from 'zod'
import { durationMs, formatDuration } from '../duration.ts'
import { parseInstant, unset } from '../instant.ts'
import type { Judged, PolicyType } from '../policy.ts'
import { duration } from './settings.ts'

const schema = z.strictObject({
  atLeast: duration('younger alerts wait until they are this old: they may go away by themselves').optional(),
  atMost: duration('older ones are for a person: what fired this long was not healed by anybody').optional(),
}).refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, 'needs atLeast, atMost or both')
  .refine(({ atLeast, atMost }) => atLeast === undefined || atMost === undefined || durationMs(atLeast) < durationMs(atMost), { path: ['atLeast'], message: 'is not below atMost' })
  .describe('How long the alert must have been firing, and for how long at most. By its own start; one that lies in the future counts from when we were told.')

export const firingFor: PolicyType<z.infer<typeof schema>> = {
  type: 'firing-for',
  schema,
  judge({ atLeast, atMost }, judged, name) {
    const since = sinceOf(judged)
    if (since === undefined) return { policy: name, verdict: 'allow', detail: 'asked for by a person, not by an alert' }
    const age = formatDuration(Math.floor((judged.at - since) / 1000) * 1000)
    if (atLeast !== undefined && judged.at - since < durationMs(atLeast)) {
      return { policy: name, verdict: 'wait', reason: 'firing-for', detail: `firing for ${age}, at least ${atLeast}`, until: since + durationMs(atLeast) }
    }
    if (atMost !== undefined && judged.at - since > durationMs(atMost)) {
      return { policy: name, verdict: 'refuse', reason: 'firing-for', detail: `firing for ${age}, at most ${atMost}` }
    }
    return { policy: name, verdict: 'allow', detail: `firing for ${age}` }
  },
}

function sinceOf({ episode, at }: Judged): number | undefined {
  if (episode === undefined) return undefined
  const started = parseInstant(episode.startsAt)
  return started === undefined || started === unset || started.ms > at ? episode.firstAt : started.ms
}
