/** A trial as its file declares it, checked. */
import { z } from 'zod'
import { checkShape } from '../catalog/shape.ts'
import type { Trial } from '../runbook.ts'

const texts = z.record(z.string(), z.string())
const count = z.int().min(0)
const shape = z.strictObject({
  alert: z.strictObject({ labels: texts, annotations: texts.optional() }),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  target: z.string().optional(),
  targets: z.record(z.string(), z.strictObject({
    replicas: count, min: count.optional(), max: count.optional(), sick: count.optional(), labels: texts.optional(), members: z.array(z.string()).optional(),
    history: z.array(z.strictObject({ revision: z.string(), bad: z.boolean().optional() })).min(1).optional(),
  })).optional(),
  nodes: z.record(z.string(), z.strictObject({ ready: z.boolean(), cordoned: z.boolean().optional(), instance: z.string().optional() })).optional(),
  plan: z.array(z.strictObject({ target: z.string(), from: z.json(), to: z.json() })),
  calls: z.array(z.union([z.string(), z.strictObject({ call: z.string(), gives: z.string().optional(), fails: z.int().optional() })])),
  after: z.strictObject({
    targets: z.record(z.string(), z.strictObject({ replicas: count.optional(), ready: count.optional() })).optional(),
    nodes: z.record(z.string(), z.union([z.null(), z.strictObject({ ready: z.boolean().optional(), cordoned: z.boolean().optional() })])).optional(),
  }).optional(),
})

export function readTrialForm(definition: unknown, path: string): Trial | { problems: string[] } {
  if (typeof definition !== 'object' || definition === null) return { problems: [`${path}: has no trial as its default export: export default trial({ … })`] }
  const { value, problems } = checkShape(shape, definition, { path, lineOf: () => 1 })
  return value === undefined || problems.length > 0 ? { problems: problems.map(({ message }) => `${path}: ${message}`) } : (value as Trial)
}
