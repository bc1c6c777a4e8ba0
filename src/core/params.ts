/** The params of a runbook: what was given, against what its script declares. One rule for routes, requests and checks. */
import type { ParamSpec, ParamValue } from './catalogue.ts'
import { compilePattern } from './regex.ts'

export interface ParamProblem {
  readonly param: string
  readonly problem: string
}

/** The params with their defaults, or everything that is wrong with them. */
export function checkParams(
  specs: Readonly<Record<string, ParamSpec>>, given: Readonly<Record<string, unknown>>,
): { params: Record<string, ParamValue>; problems: ParamProblem[] } {
  const params: Record<string, ParamValue> = {}
  const problems: ParamProblem[] = Object.keys(given).filter((name) => !Object.hasOwn(specs, name))
    .map((param) => ({ param, problem: 'is not a param of this runbook' }))
  for (const [param, spec] of Object.entries(specs)) {
    const value = Object.hasOwn(given, param) ? given[param] : spec.default
    const problem = value === undefined ? 'is missing' : paramProblem(spec, value)
    if (problem !== undefined) problems.push({ param, problem })
    else params[param] = value as ParamValue
  }
  return { params, problems }
}

/** What is wrong with one value; undefined if nothing is. */
export function paramProblem(spec: ParamSpec, value: unknown): string | undefined {
  const { type, min, max, pattern, oneOf } = spec
  if (!isOf(type, value)) return `must be ${kinds[type]}, not ${JSON.stringify(value)}`
  if (oneOf !== undefined && !oneOf.includes(value)) return `must be one of ${oneOf.join(', ')}, not ${JSON.stringify(value)}`
  if (typeof value === 'number' && min !== undefined && value < min) return `must be at least ${min}, not ${value}`
  if (typeof value === 'number' && max !== undefined && value > max) return `must be at most ${max}, not ${value}`
  if (typeof value === 'string' && value.length > 1024) return 'must be at most 1024 letters'
  if (typeof value === 'string' && pattern !== undefined && !compilePattern(pattern).test(value)) {
    return `must match ${pattern}, which ${JSON.stringify(value)} does not`
  }
  return undefined
}

const kinds = { integer: 'a whole number', number: 'a number', string: 'text', boolean: 'true or false' }

function isOf(type: ParamSpec['type'], value: unknown): value is ParamValue {
  if (type === 'integer') return Number.isSafeInteger(value)
  return type === 'number' ? Number.isFinite(value) : typeof value === type
}
