/** What a script declares, checked, and made into the manifest that goes on the log. */
import { z } from 'zod'
import { effects, modes, type ParamSpec, type RunbookManifest, type StepManifest } from '../core/catalogue.ts'
import { paramProblem } from '../core/params.ts'
import { compilePattern, PatternError } from '../core/regex.ts'
import { isSecretName, secretNameProblem } from '../core/secret-name.ts'
import { functionMark } from './described.ts'
import type { Problem } from './problem.ts'
import { programFile } from './program-file.ts'
import type { Script } from './scripts.ts'
import { checkShape } from './shape.ts'

const fn = (name: string) => z.literal(functionMark, `must be a function: a runbook without ${name} cannot be judged or run`)
const ms = (mostHours: number) =>
  z.int('must be whole milliseconds: seconds(30), minutes(2)')
    .min(1, 'must be at least 1 ms').max(mostHours * 3_600_000, `must be at most ${mostHours} h`)

const value = z.union([z.string(), z.number(), z.boolean()])
const paramShape = z.strictObject({
  type: z.enum(['integer', 'number', 'string', 'boolean']),
  default: value.optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  pattern: z.string().optional(),
  oneOf: z.array(value).min(1).optional(),
}).superRefine((spec, context) => {
  const problem = specProblem(spec as ParamSpec)
  if (problem !== undefined) context.addIssue({ code: 'custom', ...problem })
})

const stepShape = z.strictObject({
  name: z.string().min(1).max(64),
  effect: z.enum(effects),
  timeout: ms(24),
  each: z.boolean().default(false),
  concurrency: z.int().min(1).max(1000).optional(),
  onError: z.enum(['stop', 'continue']).default('stop'),
  memoryMb: z.int().min(16).max(65_536).default(512),
  run: z.union([fn('run'), z.array(z.string()).min(1)], 'must be a function, or a file of the version with its arguments: [./fix.sh, …]'),
}).superRefine((step, context) => {
  if (step.concurrency === undefined || step.each) return
  context.addIssue({ code: 'custom', path: ['concurrency'], message: 'means nothing without `each: true`: there is one job only' })
})

export const targetLabels = z.string('must be the label that names what is touched')
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]*(\/[a-zA-Z_][a-zA-Z0-9_]*){0,3}$/, 'must be the name of a label, or several joined by `/`')
export const providerName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be the name of a provider')

const noSteps = 'a runbook without steps does nothing'
const runbookShape = z.strictObject({
  target: targetLabels,
  provider: providerName.default('local'),
  params: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/, 'letters, digits, _ and -'), paramShape).default({}),
  secrets: z.array(z.string().refine(isSecretName, secretNameProblem)).min(1).max(20).optional(),
  plan: fn('plan'),
  planTimeout: ms(1).default(30_000),
  steps: z.array(stepShape, `must be a list: ${noSteps}`).min(1, `is empty: ${noSteps}`).max(100)
    .superRefine((steps, context) => {
      for (const [index, { name }] of steps.entries()) {
        if (steps.findIndex((step) => step.name === name) === index) continue
        const message = `is ${JSON.stringify(name)} a second time: outputs are kept by step name`
        context.addIssue({ code: 'custom', path: [index, 'name'], message })
      }
    }),
  verify: fn('verify').optional(),
  healedWithin: ms(24).default(600_000),
  deadline: ms(24).optional(),
  mode: z.enum(modes).optional(),
})

export function readDefinition(script: Script, definition: unknown): { manifest?: RunbookManifest; problems: Problem[] } {
  const source = script.source
  const lineOf = (path: readonly PropertyKey[]) => definitionLine(source, path)
  if (typeof definition !== 'object' || definition === null) {
    const message = 'has no runbook as its default export: `export default runbook({ … })`'
    return { problems: [{ path: script.shown, line: 1, message }] }
  }
  const { value, problems } = checkShape(runbookShape, definition, { path: script.shown, lineOf })
  if (value === undefined) return { problems }
  const { plan: _, verify, planTimeout, healedWithin, deadline, mode, steps, params, secrets, ...rest } = value
  problems.push(...steps.flatMap(({ run }, index) => (Array.isArray(run) ? programProblem(run[0]!, script, lineOf(['steps', index, 'run'])) : [])))
  return {
    problems,
    manifest: {
      name: script.name, version: script.version, digest: script.digest, about: aboutOf(source), ...rest,
      params: params as Record<string, ParamSpec>,
      steps: steps.map(({ run: _, timeout, concurrency = 1, ...step }): StepManifest => ({ ...step, concurrency, timeoutMs: timeout })),
      ...(secrets === undefined ? {} : { secrets }), verify: verify !== undefined, planTimeoutMs: planTimeout, healedWithinMs: healedWithin,
      ...(deadline === undefined ? {} : { deadlineMs: deadline }), ...(mode === undefined ? {} : { mode }),
    },
  }
}

/** Whatever a step runs is part of its version, and so of its digest. */
function programProblem(file: string, { version, files, shown: path }: Script, line: number): Problem[] {
  const isOwn = file.startsWith('./') && files.some((one) => one.path === programFile(version, file))
  return isOwn ? [] : [{ path, line, message: `runs ${file}: the program of a step is a file of the folder ${version}/, such as ./fix.sh` }]
}

function specProblem(spec: ParamSpec): { path: string[]; message: string } | undefined {
  const { type, min, max, pattern, oneOf } = spec
  const counts = type === 'integer' || type === 'number'
  if (!counts && min !== undefined) return { path: ['min'], message: `means nothing for ${type}` }
  if (!counts && max !== undefined) return { path: ['max'], message: `means nothing for ${type}` }
  if (min !== undefined && max !== undefined && min > max) return { path: ['min'], message: `is above max, ${max}` }
  if (type !== 'string' && pattern !== undefined) return { path: ['pattern'], message: `means nothing for ${type}` }
  const broken = pattern === undefined ? undefined : patternProblem(pattern)
  if (broken !== undefined) return { path: ['pattern'], message: broken }
  const { oneOf: _, ...kind } = spec
  const strange = oneOf?.map((one) => paramProblem(kind, one)).find((problem) => problem !== undefined)
  if (strange !== undefined) return { path: ['oneOf'], message: strange }
  const wrong = spec.default === undefined ? undefined : paramProblem(spec, spec.default)
  return wrong === undefined ? undefined : { path: ['default'], message: wrong }
}

function patternProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    if (error instanceof PatternError) return `is no regular expression of RE2: ${error.message}`
    throw error
  }
}

/** The first doc comment without its stars; else the line comments at the top. */
export function aboutOf(source: string): string {
  const doc = /\/\*\*([\s\S]*?)\*\//.exec(source)?.[1]
  const lines = doc === undefined ? /^(?:\/\/.*\n?)+/.exec(source)?.[0].split('\n') ?? [] : doc.split('\n')
  return lines.map((line) => line.replace(/^\s*(?:\/\/+|\*)?\s?/, '').trim()).join('\n').trim().slice(0, 2000)
}

/** Where a path most likely stands in the text; the values are known from a run, which keeps no places. */
export function definitionLine(source: string, path: readonly PropertyKey[]): number {
  let at = Math.max(0, source.search(/export\s+default\b/))
  for (const step of path) {
    let next = -1
    if (typeof step !== 'number') next = keyAfter(source, String(step), at)
    for (let count = 0, from = at; typeof step === 'number' && count <= step; count++, from = next + 1) {
      next = keyAfter(source, 'name', from)
      if (next === -1) break
    }
    if (next === -1) break
    at = next
  }
  return source.slice(0, at).split('\n').length
}

/** A key of an object, or a method of that name. */
function keyAfter(source: string, key: string, from: number): number {
  const found = new RegExp(`(?<![\\w$.])(?:async\\s+)?['"]?${key.replace(/[^\w]/g, '\\$&')}['"]?\\s*[:(,]`, 'g')
  found.lastIndex = from
  return found.exec(source)?.index ?? -1
}
