import { z } from 'zod'
import type { PolicyType } from '../policy.ts'
import { asked, takeFor } from './counting.ts'
import { labelOf } from './facts.ts'
import { labelName, touched } from './settings.ts'

const schema = z.strictObject({
  label: labelName('the label of a target that names its failure domain: zone, region, cluster'),
}).describe('One failure domain at a time: while anything is worked on in one, nothing starts in another. A target without the label is refused.')

export const oneDomain: PolicyType<z.infer<typeof schema>> = {
  type: 'one-domain',
  schema,
  needs: () => ['labels'],
  judge({ label }, judged, name) {
    const all = touched(judged.plan).map((target) => ({ ...target, domain: labelOf(judged, target.name, label) }))
    const refuse = (detail: string) => ({ policy: name, verdict: 'refuse', reason: 'one-domain', detail }) as const
    const homeless = all.filter(({ domain }) => domain === '')
    if (all.length === 0) return refuse('the plan names no target')
    if (homeless.length > 0) return refuse(`${homeless.map((one) => one.name).join(', ')} has no label ${label}`)
    const domains = [...new Set(all.map(({ domain }) => domain))]
    if (domains.length > 1) return refuse(`the plan touches ${domains.length} of them: ${label}=${domains.join(', ')}`)
    const asking = { type: 'one-domain', name, full: 'wait' } as const
    const take = takeFor(asking, { key: `one-domain:${name}:${label}`, max: 1, window: 'until end', values: domains })
    return asked(asking, [{ take, text: ({ fits }) => (fits ? `only ${label}=${domains[0]} is worked on` : `another ${label} than ${domains[0]} is worked on`) }], judged)
  },
}
