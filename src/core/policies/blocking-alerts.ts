import { z } from 'zod'
import type { PolicyType } from '../policy.ts'
import { asked, takeFor, type Ask } from './counting.ts'
import { fact } from './facts.ts'
import { names } from './settings.ts'

const schema = z.strictObject({
  alerts: names('exact alert names; while one of them fires, nothing starts'),
  from: z.enum(['log', 'alertmanager']).default('log')
    .describe('`log`: what we were told of and have not heard the end of. `alertmanager`: asked there as well; if it does not answer, that blocks'),
}).describe('Any of these alerts blocks while it fires: an upgrade, maintenance, a network that is down.')

export const blockingAlerts: PolicyType<z.infer<typeof schema>> = {
  type: 'blocking-alerts',
  schema,
  needs: ({ from }) => (from === 'alertmanager' ? ['alerts'] : []),
  judge({ alerts, from }, judged, name) {
    const there = from === 'alertmanager' ? active(fact(judged, 'alerts')) : []
    const firing = alerts.filter((alert) => there.includes(alert))
    if (firing.length > 0) return { policy: name, verdict: 'wait', reason: 'blocking-alerts', detail: `${firing.join(', ')} fires`, until: judged.at + askAgainMs }
    const asking = { type: 'blocking-alerts', name, full: 'wait' } as const
    const asks = alerts.map((alert): Ask => ({
      take: takeFor(asking, { key: `firing:${alert}`, max: 0, window: 'until end', amount: 0 }), text: ({ used }) => (used > 0 ? `${alert} fires` : `none of ${alerts.length} fires`),
    }))
    return asked(asking, asks, judged)
  },
}

const askAgainMs = 30_000

const active = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new Error('the active alerts are not a list')
  return value
}
