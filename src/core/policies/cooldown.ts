import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { counted } from './counting.ts'
import { duration, groupsByRunbookAndTarget } from './settings.ts'

const schema = z.strictObject({
  for: duration('how long after a start, whatever came of it, the same runbook leaves the same target alone'),
}).describe('A pause per runbook and target, counted from the last start. What comes sooner waits.')

export const cooldown: PolicyType<z.infer<typeof schema>> = {
  type: 'cooldown',
  schema,
  judge: (settings, judged, name) =>
    counted({
      type: 'cooldown', name, max: 1, window: { ms: durationMs(settings.for) },
      groups: groupsByRunbookAndTarget(judged), full: 'wait',
    }, judged),
}
