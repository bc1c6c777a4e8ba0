import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { counted } from './counting.ts'
import { count, countedBy, duration, groups } from './settings.ts'

const schema = z.strictObject({
  count: count('so many jobs that change something, each on one target'),
  for: duration('the pause. It begins when the last of them has ended'),
  by: countedBy('runbook'),
}).describe('So many, and then a forced pause, also between the targets of one workflow: 5, a minute in which nothing is touched, the next 5. The count begins anew when nothing ran for as long as the pause.')

export const pauseAfter: PolicyType<z.infer<typeof schema>> = {
  type: 'pause-after',
  schema,
  judge: (settings, judged, name) =>
    counted({
      type: 'pause-after', name, max: settings.count, window: { ms: durationMs(settings.for), from: 'last end' },
      groups: groups(settings.by, judged), full: 'wait', more: { each: 'job' },
    }, judged),
}
