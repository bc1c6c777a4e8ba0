import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { End } from '../reason.ts'
import type { PolicyType } from '../policy.ts'
import { counted } from './counting.ts'
import { count, countedBy, duration, groups } from './settings.ts'

const schema = z.strictObject({
  max: count('how many may fail'),
  in: duration('the sliding window that failures are counted in'),
  by: countedBy('runbook'),
}).describe('At the last failure of the budget, stop: a person is called until failures leave the window. What still runs may yet fail and counts until its end is known, so the budget holds whatever runs at once.')

/** A cure that could not be proved is none. */
export const bad: readonly End[] = ['failed', 'unproven']

export const errorBudget: PolicyType<z.infer<typeof schema>> = {
  type: 'error-budget',
  schema,
  judge({ max, in: window, by }, judged, name) {
    const asking = { type: 'error-budget', name, max, window: { ms: durationMs(window), from: 'end' }, groups: groups(by, judged), more: { ends: bad } } as const
    // While some of it may still come back it waits; once all of it failed, a person is called.
    const spent = counted({ ...asking, window: { ms: durationMs(window) }, full: 'refuse' }, judged)
    return spent.verdict === 'refuse' ? spent : counted({ ...asking, full: 'wait' }, judged)
  },
}
