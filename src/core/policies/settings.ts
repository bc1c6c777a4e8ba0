/** What the settings of several policy types are made of. */
import { z } from 'zod'
import { isZone } from '../calendar.ts'
import { durationProblem, formatDuration, parseDuration } from '../duration.ts'
import type { Plan } from '../plan.ts'
import type { Judged } from '../policy.ts'

/** Kept as it was written, so that settings read from the log pass the same schema again. */
export const duration = (about: string) =>
  z.string(durationProblem).refine((text) => parseDuration(text) !== undefined, durationProblem).describe(about)

export const count = (about: string) => z.int().min(1).max(1_000_000).describe(about)

export const amount = (about: string) => z.int().min(0).max(1_000_000).describe(about)

export const direction = (about: string) => z.enum(['up', 'down']).describe(about)

export const labelName = (about: string) => z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_.\/-]{0,252}$/, 'is not the name of a label').describe(about)

export const zone = (about: string) => z.string().refine(isZone, 'is not a time zone: such as Europe/Berlin or UTC').describe(about)

export const names = (about: string) =>
  z.array(z.string().min(1).max(512)).min(1, 'is empty: empty never means everything, so name at least one target').max(10_000)
    .refine((all) => new Set(all).size === all.length, 'names a target twice').describe(about)

const by = /^(?:all|runbook|target|label:[a-zA-Z_][a-zA-Z0-9_]*)$/
const byProblem = 'must be all, runbook, target or label:NAME'

export const countedBy = (standard: 'all' | 'runbook') =>
  z.string(byProblem).regex(by, byProblem).default(standard)
    .describe('what shares one count: `all` starts, each `runbook`, each `target`, or each value of a label (`label:NAME`)')

export interface Group {
  /** The end of a take's key; equal for what is counted together, in every version of this file. */
  readonly key: string
  /** The same for people: `runbook scale-service`. */
  readonly text: string
  /** How much of it is asked for: 1 unless given. */
  readonly amount?: number
}

/** The counts that a plan falls under. By target one for each, on the provider's own id. */
export function groups(counted: string, judged: Judged): Group[] {
  if (counted === 'all') return [{ key: 'all', text: 'all runbooks' }]
  const { name } = judged.runbook
  if (counted === 'runbook') return [{ key: `runbook=${name}`, text: `runbook ${name}` }]
  if (counted === 'target') return touched(judged.plan).map(({ id, name }) => ({ key: `target=${id}`, text: name }))
  if (!counted.startsWith('label:')) throw new Error(`by: ${counted} ${byProblem}`)
  const label = counted.slice('label:'.length)
  const value = judged.labels.get(label) ?? ''
  return [{ key: `${counted}=${value}`, text: `${label}=${JSON.stringify(value)}` }]
}

/** The counts of one runbook on each of its targets: what cooldowns and attempts are about. */
export const groupsByRunbookAndTarget = (judged: Judged): Group[] =>
  touched(judged.plan).map(({ id, name }) => ({
    key: `runbook=${judged.runbook.name}:target=${id}`,
    text: `${judged.runbook.name} on ${name}`,
  }))

/** Everything that a plan names, whether it says so as a target or only in a change. */
export function touched(plan: Plan): { name: string; id: string }[] {
  const [target] = plan.targets
  const [change] = plan.changes
  // As nearly every plan is.
  if (target && plan.targets.length === 1 && plan.changes.length === 1 && change!.target === target.name && change!.id === target.id) return [{ name: target.name, id: target.id }]
  const all = new Map<string, { name: string; id: string }>()
  for (const { name, id } of plan.targets) all.set(`${id}\0${name}`, { name, id })
  for (const { target, id } of plan.changes) all.set(`${id}\0${target}`, { name: target, id })
  return [...all.values()]
}

/** `3 of 5 in 1h`, which is what a person asks first. */
export const used = (amount: number, max: number, windowMs?: number): string =>
  `${amount} of ${max}${windowMs === undefined ? ' at once' : ` in ${formatDuration(windowMs)}`}`
