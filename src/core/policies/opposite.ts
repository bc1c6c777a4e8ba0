import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { asked, takeFor, type Ask } from './counting.ts'
import { noSize, resizes } from './facts.ts'
import { duration } from './settings.ts'

const schema = z.strictObject({
  for: duration('how long after a change ended nothing changes the same target the other way'),
}).describe('Up and down must not saw: a pause per target between a change and its opposite, over all runbooks that have a policy of this name. It runs from the end of the change.')

export const opposite: PolicyType<z.infer<typeof schema>> = {
  type: 'opposite',
  schema,
  needs: () => ['size'],
  judge(settings, judged, name) {
    const all = resizes(judged)
    if (all === undefined) return { policy: name, verdict: 'refuse', reason: 'opposite', detail: noSize }
    const asking = { type: 'opposite', name, full: 'wait' } as const
    const window = { ms: durationMs(settings.for), from: 'end' } as const
    const asks = all.filter(({ from, to }) => from !== to).flatMap((one): Ask[] => {
      const [way, other] = one.to > one.from ? ['up', 'down'] : ['down', 'up']
      const key = (direction: string) => `opposite:${name}:target=${one.id}:${direction}`
      return [
        { take: takeFor(asking, { key: key(other!), max: 0, window, amount: 0 }), text: ({ used }) => `${used} ${other} of ${one.name} in ${settings.for}` },
        { take: takeFor(asking, { key: key(way!), max: 1_000_000, window }), text: ({ used }) => `${used} ${way} of ${one.name} in ${settings.for}` },
      ]
    })
    return asks.length === 0 ? { policy: name, verdict: 'allow', detail: 'no size changes' } : asked(asking, asks, judged)
  },
}
