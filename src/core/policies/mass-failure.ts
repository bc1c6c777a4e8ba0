import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { PolicyType } from '../policy.ts'
import { asked, takeFor } from './counting.ts'
import { count, duration } from './settings.ts'
import { floorReached } from './storm.ts'

const schema = z.strictObject({
  max: count('how many different targets may ask for help'),
  in: duration('the window that they are counted in, at most 1d').refine((text) => durationMs(text) <= 86_400_000, 'at most 1d'),
  by: z.enum(['all', 'runbook']).default('all').describe('`all` that asks is counted together, or each `runbook` apart'),
}).describe('When this many targets fail at once, suspect the observer: nothing starts, and a person is called. Everything that asks counts, whether it was helped or not.')

export const massFailure: PolicyType<z.infer<typeof schema>> = {
  type: 'mass-failure',
  schema,
  judge(settings, judged, name) {
    const asking = { type: 'mass-failure', name, full: 'refuse' } as const
    const key = settings.by === 'all' ? 'asked:all' : `asked:runbook=${judged.runbook.name}`
    const take = takeFor(asking, { key, max: settings.max, window: { ms: durationMs(settings.in) }, values: [] })
    const verdict = asked(asking, [{ take, text: ({ used }) => `${used} targets asked for help in ${settings.in}, at most ${settings.max}` }], judged)
    return verdict.verdict === 'allow' ? verdict : { ...verdict, marks: [floorReached] }
  },
}
