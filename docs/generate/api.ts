/** `docs/api.md`: every call, from the table that the server and /openapi.json are made of. */
import { z } from 'zod'
import { errors } from '../../src/http/errors.ts'
import { schemas, type SchemaName } from '../../src/http/schemas.ts'
import { operations, refusalsOf, type Operation } from '../../src/http/table.ts'
import { rolesWith } from '../../src/http/tokens.ts'
import { generated, table } from './markdown.ts'

const introduction = `# HTTP

${generated}

JSON in, JSON out; times are RFC 3339 in UTC, ids are UUIDs of version 7. The same description for programs is \`/openapi.json\`.

- **Who may.** A token goes into \`Authorization: Bearer …\`, or is the password of Basic whatever the user's name. Without any
  \`tokens\` in the configuration everybody may do everything, which is allowed on loopback only, or with \`insecure\`.
  /healthz and /metrics are open to callers on the same machine.
- **Ids** may be shortened to their last six characters or more, where no other ends so.
- **Lists** are newest first: \`{ items, next }\`. \`?limit=\` says how many, \`?after=\` goes on behind an id: give it what \`next\` said.
- **Errors** are \`application/problem+json\` with a stable \`code\`: [errors](errors.md).
- Nothing is ever answered with a redirect, and a trailing slash is the same address.
- Stops, health, metrics and the page keep their own admission: they are answered while everything else is saturated.
- A browser may call what changes something from Paramedic's own page only: a foreign \`Origin\` is refused.
- \`/slack/commands\` and \`/slack/interactivity\` ask for Slack's signature instead of a token.
`

export function apiPage(): string {
  const all = Object.entries(operations as Readonly<Record<string, Operation>>)
  const rows = all.map(([, { method, path, right, success: [status], about }]) =>
    [`[\`${method.toUpperCase()} ${path}\`](#${anchor(method, path)})`, whoMay(right), String(status), about])
  return [introduction, table(['call', 'who may', 'answer', 'does'], rows), '', ...all.map(([, operation]) => section(operation)), forms()].join('\n')
}

/** As GitHub makes it of the heading. */
const anchor = (method: string, path: string): string => `${method}-${path}`.toLowerCase().replace(/[^\w -]/g, '')

const whoMay = (right: Operation['right']): string =>
  right === 'open' ? 'everybody' : `${rolesWith(right).join(', ')}${right === 'local' ? '; everybody on this machine' : ''}`

function section(operation: Operation): string {
  const { method, path, query, body, success: [status, answer], about } = operation
  const refused = [...Map.groupBy(refusalsOf(operation), (code) => errors[code][0])].sort(([a], [b]) => a - b)
  return [
    `## ${method.toUpperCase()} ${path}`, '', about, '',
    `- who may: ${whoMay(operation.right)}`,
    ...Object.entries(query ?? {}).map(([name, means]) => `- \`?${name}=\`: ${means}`),
    ...(body === undefined ? [] : [`- takes ${form(body)}`]),
    `- answers ${status} with ${form(answer)}`,
    `- refuses with ${refused.map(([code, codes]) => `${code} ${codes.map((one) => `[\`${one}\`](errors.md#${one.toLowerCase()})`).join(', ')}`).join(' · ')}`,
    '',
  ].join('\n')
}

const words = { text: 'text for Prometheus', html: 'the page', events: 'an event stream', openapi: 'this description as OpenAPI 3.1' } as const
const form = (name: SchemaName | keyof typeof words): string => (name in words ? words[name as keyof typeof words] : `[\`${name}\`](#${name.toLowerCase()})`)

interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly string[]
  readonly format?: string
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
}

function forms(): string {
  const sections = Object.entries(schemas).map(([name, schema]) => {
    const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'output' }) as Schema
    const rows = Object.entries(properties).map(([key, one]) => [`\`${key}\``, kind(one), required.includes(key) ? 'always' : '', one.description ?? ''])
    return [`### ${name}`, '', table(['field', 'is', 'there', 'means'], rows), ''].join('\n')
  })
  return ['## Forms', '', ...sections].join('\n')
}

/** One line of what a value is; what it is made of stands in braces. */
function kind({ type, enum: list, format, items, anyOf, properties, required = [], additionalProperties }: Schema): string {
  if (list !== undefined) return list.length > 12 ? `one of ${list.length} words` : list.map((word) => `\`${word}\``).join(', ')
  if (anyOf !== undefined) return anyOf.map(kind).join(' or ')
  if (type === 'array') return `list of ${items === undefined ? 'values' : kind(items)}`
  if (properties !== undefined) return `{ ${Object.entries(properties).map(([key, one]) => `${key}${required.includes(key) ? '' : '?'}: ${kind(one)}`).join('; ')} }`
  if (type === 'object') return `map of ${typeof additionalProperties === 'object' ? kind(additionalProperties) : 'values'}`
  if (type === 'string') return format === 'date-time' ? 'time' : format === 'uuid' ? 'id' : 'text'
  return type === 'integer' ? 'whole number' : type === 'null' ? 'null' : type === undefined ? 'anything' : [type].flat().join(' or ')
}
