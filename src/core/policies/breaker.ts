import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { asked, takeFor } from './counting.ts'
import { count, direction, duration, touched } from './settings.ts'
import { resizes } from './facts.ts'

const schema = z.strictObject({
  max: count('how many different targets may be started on'),
  in: duration('the sliding window that they are counted in'),
  exempt: direction('a plan that only goes this way, the safe reversal, is neither counted nor held').optional(),
}).describe('A breaker over different targets: one more within the window and it trips, for everything under its name, until a person closes it.')

export const breaker: PolicyType<z.infer<typeof schema>> = {
  type: 'breaker',
  schema,
  needs: ({ exempt }) => (exempt === undefined ? [] : ['size']),
  judge({ max, in: window, exempt }, judged, name) {
    const sizes = exempt === undefined ? undefined : resizes(judged)
    const isSafe = sizes !== undefined && sizes.length > 0 && sizes.every(({ from, to }) => (exempt === 'up' ? to > from : to < from))
    if (isSafe) return { policy: name, verdict: 'allow', detail: `only ${exempt}, which is exempt` }
    const values = touched(judged.plan).map(({ id }) => id)
    if (values.length === 0) return { policy: name, verdict: 'refuse', reason: 'breaker', detail: 'the plan names no target, so nothing can be counted' }
    const asking = { type: 'breaker', name, full: 'refuse' } as const
    const key = `breaker:${name}`
    const close = `until a person closes it: paramedic breaker close ${JSON.stringify(name)}`
    const shut = takeFor(asking, { key, max: 0, window: 'until cleared', amount: 0 })
    if (!judged.room(shut).fits) return { policy: name, verdict: 'refuse', reason: 'breaker', detail: `${name} tripped, ${close}` }
    const take = takeFor(asking, { key, max, window: { ms: durationMs(window) }, values })
    const verdict = asked(asking, [{ take, text: ({ used }) => `${used} of ${max} targets in ${window}` }], judged)
    if (verdict.verdict === 'allow') return { ...verdict, takes: [shut, take] }
    // No time is said: time does not close it.
    return { policy: name, verdict: 'refuse', reason: 'breaker', detail: `${verdict.detail}; ${name} trips, ${close}`, marks: [{ key }] }
  },
}
