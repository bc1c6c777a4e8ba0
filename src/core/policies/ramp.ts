import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { End } from '../reason.ts'
import type { PolicyType } from '../policy.ts'
import { asked, takeFor } from './counting.ts'
import { bad } from './error-budget.ts'
import { count, duration, touched } from './settings.ts'

const schema = z.strictObject({
  max: count('never more than so many targets at once').default(4),
  in: duration('how long a proof counts; after a quiet time as long as this it begins with one again').default('1h'),
}).describe('One target, verify, then two, then four: how many at once grows with what was proved healed. One that fails or is not proved ends the ramp, and a person is called.')

const good: readonly End[] = ['healed', 'completed']

export const ramp: PolicyType<z.infer<typeof schema>> = {
  type: 'ramp',
  schema,
  judge(settings, judged, name) {
    const values = touched(judged.plan).map(({ id }) => id)
    if (values.length === 0) return { policy: name, verdict: 'refuse', reason: 'ramp', detail: 'the plan names no target, so nothing can be counted' }
    const ms = durationMs(settings.in)
    const group = `${name}:runbook=${judged.runbook.name}@${judged.runbook.version}`
    const asking = { type: 'ramp', name, full: 'wait' } as const
    const begun = { max: 1_000_000, window: { ms, from: 'end' } } as const
    const proofs = takeFor(asking, { key: `ramp:proofs:${group}`, ...begun, ends: good, amount: values.length })
    const faults = takeFor(asking, { key: `ramp:faults:${group}`, ...begun, ends: bad })
    const noFault = takeFor({ ...asking, full: 'refuse' }, { key: faults.key, max: 0, window: { ms }, amount: 0 })
    const failed = judged.room(noFault)
    if (!failed.fits) return { policy: name, verdict: 'refuse', reason: 'ramp', detail: `${failed.used} not proved in ${settings.in}: a person looks first` }
    const proved = judged.room({ ...proofs, window: { ms }, amount: 0 }).used
    const limit = Math.min(settings.max, 2 ** Math.floor(Math.log2(proved + 1)))
    const atOnce = takeFor(asking, { key: `ramp:at-once:${group}`, max: limit, window: 'until end', values })
    const verdict = asked(asking, [{ take: atOnce, text: ({ used }) => `${used} of ${limit} at once, ${proved} proved in ${settings.in}` }], judged)
    return verdict.verdict === 'allow' ? { ...verdict, takes: [noFault, atOnce, proofs, faults] } : verdict
  },
}
