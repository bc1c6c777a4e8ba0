import { z } from 'zod'
import { modes, type Mode, type PolicyEntry } from '../catalogue.ts'
import type { PolicyType } from '../policy.ts'

const schema = z.strictObject({
  most: z.enum(modes).describe('`off` and `dry-run` run nothing, `approve` asks a person each time'),
}).describe('How far the runbook may go by itself, whatever its routes say: the most careful of route, runbook and policies wins. A person\'s request is held to it too.')

/** The gate of modes asks it, before and beside all policies; here it only says so. */
export const mode: PolicyType<z.infer<typeof schema>> = {
  type: 'mode',
  schema,
  judge: ({ most }, _, name) => ({ policy: name, verdict: 'allow', detail: `at most ${most}` }),
}

/** One that cannot be read lets nothing run. */
export const modePolicies = (entries: readonly PolicyEntry[]): { mode: Mode; by: string }[] =>
  entries.filter(({ type }) => type === 'mode').map(({ name, settings }) => ({ mode: schema.safeParse(settings).data?.most ?? 'off', by: `the policy ${name}` }))
