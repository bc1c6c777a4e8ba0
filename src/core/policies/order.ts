import { z } from 'zod'
import type { PolicyType } from '../policy.ts'

const schema = z.strictObject({
  start: z.string().min(1).max(512).describe('the step that must come first, alone').optional(),
  end: z.string().min(1).max(512).describe('the step that must come last, alone').optional(),
}).refine(({ start, end }) => (start === undefined) !== (end === undefined), 'needs start or end, one of them')
  .describe('A step that must come first (take a token), or last (verify): once, in its place, and one job at a time.')

export const order: PolicyType<z.infer<typeof schema>> = {
  type: 'order',
  schema,
  judge({ start, end }, judged, name) {
    const wanted = start ?? end!
    const place = start === undefined ? judged.steps.length - 1 : 0
    const where = start === undefined ? 'last' : 'first'
    const found = judged.steps.flatMap((step, index) => (step.name === wanted ? [index] : []))
    const refuse = (detail: string) => ({ policy: name, verdict: 'refuse', reason: 'order', detail }) as const
    if (found.length === 0) return refuse(`there is no step ${wanted}, which must come ${where}`)
    if (found.length > 1 || found[0] !== place) return refuse(`${wanted} is steps[${found.join(', ')}], and must come ${where}`)
    if (judged.steps[place]!.concurrency > 1) return refuse(`${wanted} runs ${judged.steps[place]!.concurrency} at a time, and must be alone`)
    return { policy: name, verdict: 'allow', detail: `${wanted} comes ${where}` }
  },
}
