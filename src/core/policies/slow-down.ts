import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { counted } from './counting.ts'
import { noSize, resizes } from './facts.ts'
import { count, direction, duration } from './settings.ts'

const schema = z.strictObject({
  direction: direction('the dangerous one').default('down'),
  max: count('how many replicas of one target may go this way'),
  per: duration('the sliding window that they are counted in'),
}).describe('Slow in the dangerous direction only: removing capacity is slower than adding. Counted per target, over all runbooks that have a policy of this name.')

export const slowDown: PolicyType<z.infer<typeof schema>> = {
  type: 'slow-down',
  schema,
  needs: () => ['size'],
  judge(settings, judged, name) {
    const all = resizes(judged)
    if (all === undefined) return { policy: name, verdict: 'refuse', reason: 'slow-down', detail: noSize }
    const groups = all.map(({ name, id, from, to }) => ({ key: `target=${id}`, text: `${name} ${settings.direction}`, amount: settings.direction === 'down' ? from - to : to - from }))
      .filter(({ amount }) => amount > 0)
    if (groups.length === 0) return { policy: name, verdict: 'allow', detail: `nothing goes ${settings.direction}` }
    return counted({ type: 'slow-down', name, max: settings.max, window: { ms: durationMs(settings.per) }, groups, full: 'wait' }, judged)
  },
}
