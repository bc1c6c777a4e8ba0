import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { counted } from './counting.ts'
import { count, duration, groupsByRunbookAndTarget } from './settings.ts'

const schema = z.strictObject({
  max: count('how many tries'),
  in: duration('the window that they are counted in'),
}).describe('So many tries of one runbook on one target, then a person. A cure that does not last is not repeated for ever.')

export const attempts: PolicyType<z.infer<typeof schema>> = {
  type: 'attempts',
  schema,
  judge: (settings, judged, name) =>
    counted({
      type: 'attempts', name, max: settings.max, window: { ms: durationMs(settings.in) },
      groups: groupsByRunbookAndTarget(judged), full: 'refuse',
    }, judged),
}
