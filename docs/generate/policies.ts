/** Writes `docs/policies.md` from the schemas of the policy types: `node docs/generate/policies.ts > docs/policies.md`. */
import { z } from 'zod'
import { policyTypes } from '../../src/core/policies/index.ts'

interface Property {
  readonly description?: string
  readonly type?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: { readonly type?: string; readonly enum?: readonly string[] }
  readonly enum?: readonly string[]
}

const examples: Readonly<Record<string, string>> = {
  targets: '{ type: targets, names: [web, api] }',
  excluded: '{ type: excluded, names: [database] }',
  bounds: '{ type: bounds, min: 2, max: 10, step: 2 }',
  'one-domain': '{ type: one-domain, label: zone }',
  same: '{ type: same, labels: [region] }',
  steps: '{ type: steps, names: [set the size, replicas ready] }',
  order: '{ type: order, end: replicas ready }',
  caps: '{ type: caps, name: two per zone, max: 2, by: label:zone }',
  'healthy-floor': '{ type: healthy-floor, min: 2, percent: 50 }',
  'mass-failure': '{ type: mass-failure, max: 5, in: 10m }',
  storm: '{ type: storm, for: 15m }',
  breaker: '{ type: breaker, max: 10, in: 1h, exempt: up }',
  'slow-down': '{ type: slow-down, max: 1, per: 10m }',
  ramp: '{ type: ramp, max: 4, in: 1h }',
  'error-budget': '{ type: error-budget, max: 2, in: 6h }',
  opposite: '{ type: opposite, for: 30m }',
  'pause-after': '{ type: pause-after, count: 5, for: 1m }',
  window: "{ type: window, days: [mon, tue, wed, thu, fri], from: '09:00', to: '17:00', zone: Europe/Berlin }",
  freeze: "{ type: freeze, from: '2026-12-20', to: '2027-01-05', zone: Europe/Berlin, why: holidays }",
  'blocking-alerts': '{ type: blocking-alerts, alerts: [ClusterUpgrading] }',
  'firing-for': '{ type: firing-for, atLeast: 2m, atMost: 6h }',
  'hands-off': '{ type: hands-off }',
  approval: '{ type: approval, by: [ann, bob], count: 1 }',
  rate: '{ type: rate, max: 3, per: 1h, by: target }',
  concurrency: '{ type: concurrency, max: 2, by: all }',
  cooldown: '{ type: cooldown, for: 10m }',
  attempts: '{ type: attempts, max: 3, in: 6h }',
  mode: '{ type: mode, most: approve }',
  code: "{ type: code, name: quiet, module: quiet.ts, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }",
}

const introduction = `# Policies

<!-- Written by docs/generate/policies.ts from the schemas; a test fails where the two differ. -->

A policy judges a plan before anything is touched. \`policies/*.yaml\` says which ones judge which runbook:

\`\`\`yaml
# policies/scale-service.yaml
runbook: scale-service        # or runbooks: [scale-service, restart-service]
policies:
  - { type: targets, names: [web, api] }
  - { type: rate, max: 6, per: 1h }
  - { type: rate, name: per target, max: 2, per: 1h, by: target }
\`\`\`

- Every policy of the list is asked, and the worst verdict counts: refuse, then ask, then wait, then allow.
- A runbook without a list, or with an empty one, is refused. So is everything that a policy cannot judge.
- \`name\` is what verdicts say and what a policy counts under: the type's name unless given. Two policies of one type in a
  list need names of their own; policies of the same name count together where \`by\` is \`all\`, a target or a label, also across runbooks.
- What counts, counts recorded starts: the same limit holds over all servers, after a restart, and when history is judged again.
- What a policy must know of the outside (sizes, health, labels, who else controls a target) is read for the plan. What
  could not be read is a refusal; what was read more than 30 s ago is read again before anything starts.
- Sizes are those that were observed, not those that the script says were there.
- For what no type can say there is [\`code\`](#code): a module beside the YAML, reviewed with it and named by its digest.

\`\`\`ts
// policies/quiet.ts
import type { PolicyInput, PolicyVerdict } from 'paramedic'

/** Nothing of the shop's is touched while its stock is counted. */
export default ({ labels, at }: PolicyInput): PolicyVerdict =>
  labels['team'] === 'shop' && at.slice(11, 13) === '03'
    ? { verdict: 'wait', detail: 'the stock is being counted', until: \`\${at.slice(0, 11)}04:00:00Z\` }
    : { verdict: 'allow', detail: 'no count is under way' }
\`\`\`

- A duration has its unit: \`90s\`, \`5m\`, \`1h30m\`, \`2d\`.
`

export function policiesPage(): string {
  return [introduction, ...[...policyTypes].map(([name, { schema }]) => section(name, schema))].join('\n')
}

function section(name: string, schema: z.ZodType): string {
  const { description, properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as
    { description?: string; properties?: Record<string, Property>; required?: string[] }
  const rows = Object.entries(properties).map(([key, property]) =>
    `| ${[`\`${key}\``, kind(property), standard(property, required.includes(key)), property.description].join(' | ')} |`)
  const example = examples[name]
  if (example === undefined) throw new Error(`write an example of ${name} into docs/generate/policies.ts`)
  const table = ['| setting | is | default | means |', '|---|---|---|---|', ...rows]
  return [`## ${name}`, '', description ?? '', '', '```yaml', `- ${example}`, '```', '', ...(rows.length > 0 ? [...table, ''] : [])].join('\n')
}

function kind({ type, items, minimum, maximum, enum: words }: Property): string {
  if (words) return words.map((word) => `\`${word}\``).join(', ')
  if (type === 'array') return items?.enum ? `list of ${items.enum.map((word) => `\`${word}\``).join(', ')}` : `list of ${items?.type === 'string' ? 'text' : 'values'}`
  if (type === 'boolean') return '`true` or `false`'
  return type === 'integer' ? `whole number, ${minimum} to ${maximum}` : 'text'
}

const standard = (property: Property, isRequired: boolean): string =>
  isRequired ? 'must be given' : property.default === undefined ? 'none' : `\`${Array.isArray(property.default) ? property.default.join(', ') : String(property.default)}\``

if (import.meta.main) process.stdout.write(policiesPage())
