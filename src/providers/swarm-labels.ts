/**
 * How labels of services say what may be done with them. Which labels is data: people have stacks with labels already.
 * A file of this form may be named in `providers.swarm.mapping`; deploy/swarm/com-df.yaml is one.
 */
import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { z } from 'zod'
import { ProviderError } from './provider.ts'

const flag = z.strictObject({ label: z.string().min(1), value: z.string() })
const bound = z.strictObject({ label: z.string().min(1), default: z.int().min(0) })
const form = z.strictObject({
  /** A service is a target if it has this label with this value. */
  target: flag,
  /** And is rolled over once new nodes have joined, if it has this one. */
  rebalance: flag.optional(),
  min: bound,
  max: bound,
  /** By how much a runbook should go up and down where nothing else is said: handed on as labels `scaleUpBy` and `scaleDownBy`. */
  scaleUpBy: bound.optional(),
  scaleDownBy: bound.optional(),
})
export type Mapping = z.output<typeof form>

export const ownMapping: Mapping = {
  target: { label: 'paramedic', value: 'true' },
  rebalance: { label: 'paramedic.rebalance', value: 'true' },
  min: { label: 'paramedic.min', default: 1 },
  max: { label: 'paramedic.max', default: 5 },
}

/** Throws with what is wrong in the file. */
export function readMapping(file: string): Mapping {
  const parsed = form.safeParse(load(readFileSync(file, 'utf8')))
  if (parsed.success) return parsed.data
  throw new Error(parsed.error.issues.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`).join('\n'))
}

export type Labels = Readonly<Record<string, string>>

export const isTarget = ({ target }: Mapping, labels: Labels): boolean => valueOf(labels, target.label) === target.value

export const isRebalanced = ({ rebalance }: Mapping, labels: Labels): boolean => rebalance !== undefined && valueOf(labels, rebalance.label) === rebalance.value

export interface Said {
  readonly min: number
  readonly max: number
  readonly labels: Labels
}

/** A number that cannot be read is no default: nothing is changed then, and a person is told. */
export function whatLabelsSay(mapping: Mapping, name: string, labels: Labels): Said {
  const number = (of: { label: string; default: number }): number => {
    const text = valueOf(labels, of.label)
    if (text === undefined) return of.default
    if (!/^\d{1,6}$/.test(text.trim())) throw new ProviderError('BadCall', `${name}: its label ${of.label} must be a whole number, not ${JSON.stringify(text.slice(0, 60))}`)
    return Number(text)
  }
  const [min, max] = [number(mapping.min), number(mapping.max)]
  if (min > max) throw new ProviderError('BadCall', `${name}: its labels say at least ${min} and at most ${max} replicas`)
  const steps = (['scaleUpBy', 'scaleDownBy'] as const).flatMap((step) => (mapping[step] === undefined ? [] : [[step, String(number(mapping[step]))] as const]))
  return { min, max, labels: { ...labels, ...Object.fromEntries(steps) } }
}

const valueOf = (labels: Labels, name: string): string | undefined => (Object.hasOwn(labels, name) ? labels[name] : undefined)
