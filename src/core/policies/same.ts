import { z } from 'zod'
import type { PolicyType } from '../policy.ts'
import { labelOf } from './facts.ts'
import { labelName, touched } from './settings.ts'

const schema = z.strictObject({
  labels: z.array(labelName('the name of a label')).min(1, 'is empty: name at least one label').max(100).describe('labels of the targets'),
}).describe('One value across the plan: every target has each of these labels, and the same value in it. A target without one is refused.')

export const same: PolicyType<z.infer<typeof schema>> = {
  type: 'same',
  schema,
  needs: () => ['labels'],
  judge({ labels }, judged, name) {
    const all = touched(judged.plan)
    const refuse = (detail: string) => ({ policy: name, verdict: 'refuse', reason: 'same', detail }) as const
    if (all.length === 0) return refuse('the plan names no target')
    for (const label of labels) {
      const values = all.map((target) => labelOf(judged, target.name, label))
      const without = values.indexOf('')
      if (without >= 0) return refuse(`${all[without]!.name} has no label ${label}`)
      if (new Set(values).size > 1) return refuse(`${new Set(values).size} values of ${label}: ${[...new Set(values)].join(', ')}`)
    }
    return { policy: name, verdict: 'allow', detail: `one value of ${labels.join(', ')}` }
  },
}
