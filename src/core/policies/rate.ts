import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { counted } from './counting.ts'
import { count, countedBy, duration, groups } from './settings.ts'

const schema = z.strictObject({
  max: count('how many starts'),
  per: duration('the window, which slides: `max: 1, per: 1h` means that any hour has at most one start'),
  by: countedBy('runbook'),
}).describe('At most so many starts within a sliding window. What does not fit waits until it does.')

export const rate: PolicyType<z.infer<typeof schema>> = {
  type: 'rate',
  schema,
  judge: ({ max, per, by }, judged, name) =>
    counted({ type: 'rate', name, max, window: { ms: durationMs(per) }, groups: groups(by, judged), full: 'wait' }, judged),
}
