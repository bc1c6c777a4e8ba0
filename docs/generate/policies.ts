/** Writes `docs/policies.md` from the schemas of the policy types: `node docs/generate/policies.ts > docs/policies.md`. */
import { z } from 'zod'
import { policyTypes } from '../../src/core/policies/index.ts'

interface Property {
  readonly description?: string
  readonly type?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: { readonly type?: string }
}

const examples: Readonly<Record<string, string>> = {
  targets: '{ type: targets, names: [web, api] }',
  excluded: '{ type: excluded, names: [database] }',
  rate: '{ type: rate, max: 3, per: 1h, by: target }',
  concurrency: '{ type: concurrency, max: 2, by: all }',
  cooldown: '{ type: cooldown, for: 10m }',
  attempts: '{ type: attempts, max: 3, in: 6h }',
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
  return [`## ${name}`, '', description ?? '', '', '```yaml', `- ${example}`, '```', '', ...table, ''].join('\n')
}

function kind({ type, items, minimum, maximum }: Property): string {
  if (type === 'array') return `list of ${items?.type === 'string' ? 'text' : 'values'}`
  return type === 'integer' ? `whole number, ${minimum} to ${maximum}` : 'text'
}

const standard = (property: Property, isRequired: boolean): string => (isRequired ? 'must be given' : `\`${String(property.default)}\``)

if (import.meta.main) process.stdout.write(policiesPage())
