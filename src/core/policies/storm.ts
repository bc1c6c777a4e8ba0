import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { Mark } from '../plan.ts'
import type { PolicyType } from '../policy.ts'
import { asked, takeFor } from './counting.ts'
import { duration } from './settings.ts'

const schema = z.strictObject({
  for: duration('how long after the last refusal by a healthy floor or a mass failure nothing starts'),
}).describe('After a storm, wait. It begins with a refusal by `healthy-floor` or `mass-failure` of any runbook, and each new one restarts the wait.')

/** What those policies leave behind. Only the last one matters, so it is one value; kept for longer than any wait. */
export const floorReached: Mark = { key: 'storm', value: 'storm', keepMs: 366 * 86_400_000 }

export const storm: PolicyType<z.infer<typeof schema>> = {
  type: 'storm',
  schema,
  judge(settings, judged, name) {
    const asking = { type: 'storm', name, full: 'wait' } as const
    const take = takeFor(asking, { key: floorReached.key, max: 0, window: { ms: durationMs(settings.for) }, values: [] })
    return asked(asking, [{ take, text: ({ fits }) => (fits ? `no storm for ${settings.for}` : `a storm less than ${settings.for} ago`) }], judged)
  },
}
