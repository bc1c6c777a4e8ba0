/** A schema's complaints as problems: each at its own line, in words, with the word that was probably meant. */
import type { z } from 'zod'
import { didYouMean, nearest } from './nearest.ts'
import type { Problem } from './problem.ts'

export interface Place {
  /** The line of what lies at `path` in the value. */
  lineOf(path: readonly PropertyKey[]): number
  readonly path: string
  /** How people call the value as a whole: `routes[3]`, `policies[0]`, or nothing. */
  readonly name?: string
}

export function checkShape<T>(schema: z.ZodType<T>, value: unknown, place: Place): { value?: T; problems: Problem[] } {
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data, problems: [] }
  const { issues } = parsed.error
  const mistyped = new Set(issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? meant(issue, schema) : [])))
  return { problems: issues.filter((issue) => !mistyped.has(pathText(issue.path))).flatMap((issue) => tell(issue, schema, value, place)) }
}

/** A key that was mistyped need not be called missing as well. */
const meant = (issue: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodType): string[] =>
  issue.keys.flatMap((key) => nearest(key, keysAt(schema, issue.path)) ?? []).map((key) => pathText([...issue.path, key]))

function tell(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, place: Place): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path)
    return issue.keys.map((key) => ({
      path: place.path,
      line: place.lineOf([...issue.path, key]),
      message: `${pathText([...issue.path, key], place.name)} is not known${didYouMean(key, known)}; known: ${known.join(', ')}`,
    }))
  }
  const given = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value)
  const name = pathText(issue.path, place.name)
  return [{ path: place.path, line: place.lineOf(issue.path), message: `${name === '' ? '' : `${name} `}${words(issue, given)}` }]
}

function words(issue: z.core.$ZodIssue, given: unknown): string {
  if (given === undefined && issue.code === 'invalid_type') return 'is missing'
  if (!/^(Invalid|Too (small|big))/.test(issue.message)) return issue.message
  if (given === undefined) return 'is missing'
  switch (issue.code) {
    case 'invalid_type': return `must be ${typeNames[issue.expected] ?? issue.expected}, not ${show(given)}`
    case 'invalid_value': {
      const options = issue.values.map(String)
      const choice = `${options.length > 1 ? 'one of ' : ''}${options.join(', ')}`
      return `must be ${choice}, not ${show(given)}${didYouMean(String(given), options)}`
    }
    case 'too_small': return issue.origin === 'number' || issue.origin === 'int' ? `must be at least ${issue.minimum}` : 'is empty'
    case 'too_big': return `must be at most ${issue.maximum}${issue.origin === 'array' ? ' long' : issue.origin === 'string' ? ' letters' : ''}`
    case 'invalid_union': return `must be text, a number, or true or false, not ${show(given)}`
    case 'invalid_format': return `has a form that does not fit: ${show(given)}`
    case 'invalid_key': return `is not a name that can be used here: ${issue.issues[0]?.message ?? ''}`
    default: return issue.message
  }
}

const typeNames: Record<string, string> = {
  string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a map', record: 'a map',
}

function show(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return JSON.stringify(value) ?? String(value)
}

/** `routes[3].params.by` */
const pathText = (path: readonly PropertyKey[], start = ''): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, start)

interface Def {
  readonly type: string
  readonly shape?: Record<string, z.ZodType>
  readonly element?: z.ZodType
  readonly innerType?: z.ZodType
  readonly valueType?: z.ZodType
}

function keysAt(schema: z.ZodType | undefined, path: readonly PropertyKey[]): string[] {
  const def = schema?._zod.def as Def | undefined
  if (def === undefined) return []
  if (def.innerType !== undefined) return keysAt(def.innerType, path)
  const [key, ...rest] = path
  if (key === undefined) return Object.keys(def.shape ?? {})
  return keysAt(def.shape?.[String(key)] ?? def.element ?? def.valueType, rest)
}
