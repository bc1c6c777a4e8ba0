/** /openapi.json, made of the table of calls and the forms: nothing is written twice. Loaded when it is asked for. */
import { z } from 'zod'
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { errors } from './errors.ts'
import { schemas, type SchemaName } from './schemas.ts'
import { operations, refusalsOf, type Answer, type Operation } from './table.ts'
import { rolesWith } from './tokens.ts'

let document: object | undefined

export const showDocument = ({ res }: Call): void => answer(res, 200, (document ??= openapi()))

const ref = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` })
const contents: Readonly<Record<Exclude<Answer, SchemaName>, object>> = {
  text: { 'text/plain': { schema: { type: 'string' } } },
  html: { 'text/html': { schema: { type: 'string' } } },
  events: { 'text/event-stream': { schema: { type: 'string' } } },
  openapi: { 'application/json': { schema: { type: 'object' } } },
}

export function openapi(): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [id, operation] of Object.entries(operations as Readonly<Record<string, Operation>>)) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(id, operation) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Paramedic', version: '1', description: 'Answers alerts. Errors are RFC 9457 problem documents with a stable `code`; docs/errors.md lists them.' },
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(z.toJSONSchema(schema, { io: 'output', target: 'draft-2020-12' }))])),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic', description: 'The token is the password' } },
    },
  }
}

const bare = ({ $schema: _, ...schema }: Record<string, unknown>): object => schema

function describe(id: string, { path, right, about, query, body, success: [status, answer], refusals, method }: Operation): object {
  const refused = refusalsOf({ path, right, refusals, method } as Operation)
  const byStatus = Map.groupBy(refused, (code) => errors[code][0])
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' }, description: 'Whole, or its last six characters or more' })),
    ...Object.entries(query ?? {}).map(([name, description]) => ({ name, in: 'query', schema: { type: 'string' }, description })),
  ]
  const content = answer in contents ? contents[answer as keyof typeof contents] : { 'application/json': { schema: ref(answer as SchemaName) } }
  return {
    operationId: id,
    summary: about,
    ...(right === 'open' ? {} : { security: [{ bearer: [] }, { basic: [] }], 'x-roles': rolesWith(right) }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: { required: id !== 'pullStop', content: { 'application/json': { schema: ref(body) } } } }),
    responses: {
      [status]: { description: 'Done', content: id === 'pullStop' ? { 'application/json': { schema: { anyOf: [ref('PulledStop'), ref('Stop')] } } } : content },
      ...Object.fromEntries([...byStatus].map(([code, codes]) => [code, { description: codes.join(', '), content: { 'application/problem+json': { schema: ref('Problem') } } }])),
    },
  }
}
