import { z } from 'zod'
import type { PolicyType } from '../policy.ts'
import { noSize, resizes } from './facts.ts'
import { amount } from './settings.ts'

const schema = z.strictObject({
  min: amount('no target may become smaller than this'),
  max: amount('no target may become larger than this'),
  step: amount('by how much one workflow may change one target').min(1),
}).refine(({ min, max }) => min <= max, { path: ['min'], message: 'is above max' })
  .describe('How small and how large a target may become, and how far in one step. Counted from the size that was observed, whatever the plan says was there.')

export const bounds: PolicyType<z.infer<typeof schema>> = {
  type: 'bounds',
  schema,
  needs: () => ['size'],
  judge({ min, max, step }, judged, name) {
    const all = resizes(judged)
    if (all === undefined) return { policy: name, verdict: 'refuse', reason: 'bounds', detail: noSize }
    const wrong = all.find(({ from, to }) => to < min || to > max || Math.abs(to - from) > step)
    if (wrong === undefined) {
      return { policy: name, verdict: 'allow', detail: `${all.map(({ name, from, to }) => `${name} ${from} → ${to}`).join(', ')} within ${min} to ${max}` }
    }
    const why = wrong.to < min ? `below ${min}` : wrong.to > max ? `above ${max}` : `${Math.abs(wrong.to - wrong.from)} at once, at most ${step}`
    return { policy: name, verdict: 'refuse', reason: 'bounds', detail: `${wrong.name} ${wrong.from} → ${wrong.to} is ${why}` }
  },
}
