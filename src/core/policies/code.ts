import { z } from 'zod'
import { observedForMs, verdicts, type PolicyType, type Verdict } from '../policy.ts'

const schema = z.strictObject({
  module: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}\.ts$/, 'must be a file of this folder, such as quiet-hours.ts').describe('the file in `policies/`'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the 64 hex digits that `sha256sum` prints of it').describe('of the file as it was reviewed: another one is refused'),
  with: z.record(z.string(), z.json()).default({}).describe('what it is handed as `with`'),
  code: z.string().max(20_000).optional().describe('never written: its JavaScript, put here when the catalogue is read'),
}).describe('A reviewed module of your own, for what no other type can say. It is run when the plan is made, in a thread of its own that has 30 s, and is handed what must not be changed. What it says is recorded with the plan, and holds as long as what else was read for it. A throw, a hang, or anything that is no verdict is a refusal.')

/** What the one who ran it wrote down; `core` never runs it. */
export interface CodeVerdict {
  readonly sha256: string
  readonly verdict: Verdict['verdict']
  readonly detail: string
  readonly reason?: 'policy failed' | 'security violation'
  /** Log time. */
  readonly until?: number
}

/** Under which name the plan holds it. */
export const codeFact = (policy: string): string => `code:${policy}`

export const code: PolicyType<z.infer<typeof schema>> = {
  type: 'code',
  schema,
  judge({ sha256 }, { plan, at }, name) {
    const found = plan.observed.find((fact) => fact.name === codeFact(name))
    if (found === undefined) return { policy: name, verdict: 'refuse', reason: 'fact missing', detail: 'nobody has run it for this plan' }
    const said = found.value as unknown as Partial<CodeVerdict> | null
    // A refusal holds however old it is: one that hung for half a minute would be asked again for ever.
    if (said?.sha256 !== sha256 || (said.verdict !== 'refuse' && at - found.readAt > observedForMs)) {
      return { policy: name, verdict: 'wait', reason: 'fact missing', detail: said?.sha256 === sha256 ? `it was run ${Math.round((at - found.readAt) / 1000)} s ago` : 'it is another module by now', until: at, again: true }
    }
    const { verdict, detail = '', reason, until } = said
    if (verdict === undefined || !verdicts.includes(verdict)) return { policy: name, verdict: 'refuse', reason: 'policy failed', detail: 'what is recorded of it is no verdict' }
    if (verdict === 'allow') return { policy: name, verdict, detail }
    return { policy: name, verdict, reason: reason ?? 'code', detail, ...(until === undefined ? {} : { until }) }
  },
}
