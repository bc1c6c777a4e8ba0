/**
 * The file that declares services of this machine:
 *
 *     services:
 *       web:
 *         command: [node, web.js, --port, '{port}']   # a list: no shell reads it
 *         min: 1
 *         max: 5
 *         replicas: 2                                 # at the very start
 *         ports: 9100-9120                            # or none: any free one
 *         health: { url: 'http://127.0.0.1:{port}/healthz', every: 1s, timeout: 2s, failures: 3 }
 *         labels: { tier: front }                     # `autoscaler: NAME` says that its size is that one's to set
 *         env: { MODE: production }
 *         stopWithin: 10s                             # TERM, and after this KILL
 *
 * Relative folders are relative to the file. Replicas get PATH, HOME, LANG, TZ and what `env` says, nothing else of ours.
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { durationMs, durationProblem, parseDuration } from '../core/duration.ts'
import { printProblem, type Problem } from '../catalog/problem.ts'
import { checkShape } from '../catalog/shape.ts'
import { lineAt, readYaml } from '../catalog/yaml.ts'
import type { Declaration, Declarations } from './local-words.ts'

const duration = z.string(durationProblem).refine((text) => parseDuration(text) !== undefined, durationProblem)
const argv = z.array(z.string(), 'must be a list: the program, then its arguments; no shell reads it').min(1, 'is empty: name the program to run')
const size = z.int().min(0).max(1000)
const portsProblem = 'must be FIRST-LAST, both from 1 to 65535, such as 9100-9120'

const service = z.strictObject({
  command: argv,
  directory: z.string().default('.'),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and _'), z.string()).default({}),
  min: size,
  max: size.min(1),
  replicas: size.optional(),
  ports: z.string(portsProblem).refine((text) => portsOf(text) !== undefined, portsProblem).optional(),
  health: z.strictObject({
    url: z.string().refine(isLoopbackUrl, 'must be an http:// address of this machine, such as http://127.0.0.1:{port}/healthz').optional(),
    command: argv.optional(),
    every: duration.default('1s'),
    timeout: duration.default('2s'),
    failures: z.int().min(1).max(100).default(3),
  }).refine(({ url, command }) => (url === undefined) !== (command === undefined), 'needs a url or a command, one of them').optional(),
  labels: z.record(z.string(), z.string()).default({}),
  stopWithin: duration.default('10s'),
}).superRefine(({ min, max, replicas, ports }, context) => {
  if (min > max) context.addIssue({ code: 'custom', path: ['min'], message: `is above max, ${max}` })
  if (replicas !== undefined && (replicas < min || replicas > max)) {
    context.addIssue({ code: 'custom', path: ['replicas'], message: `must lie between min and max, ${min} to ${max}` })
  }
  const range = ports === undefined ? undefined : portsOf(ports)
  if (range !== undefined && range.to - range.from < max) {
    const message = `must hold ${max + 1} ports at least: max, and one for a replica whose predecessor still ends`
    context.addIssue({ code: 'custom', path: ['ports'], message })
  }
})

const file = z.strictObject({
  services: z.record(z.string().regex(/^[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?$/, 'lower case letters, digits, - _ and .'), service)
    .refine((all) => Object.keys(all).length > 0, 'is empty: declare a service, or leave the provider out'),
})

export class ServicesProblem extends Error {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(printProblem).join('\n'))
    this.name = 'ServicesProblem'
    this.problems = problems
  }
}

/** Throws `ServicesProblem` with every problem of the file. */
export async function readServices(path: string): Promise<Declarations> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ServicesProblem([{ path, line: 1, message: `cannot be read (${error.code}): name the file that declares the services of this machine` }])
  })
  return parseServices(text, path)
}

export function parseServices(text: string, path: string): Declarations {
  const { root, problems: torn } = readYaml(path, text)
  if (root === undefined) throw new ServicesProblem(torn)
  const { value, problems } = checkShape(file, root.value, { path, lineOf: (at) => lineAt(root, at) })
  if (value === undefined || problems.length > 0) throw new ServicesProblem(problems)
  const folder = dirname(resolve(path))
  return Object.fromEntries(Object.entries(value.services).map(([name, declared]) => [name, declarationOf(declared, folder)]))
}

function declarationOf({ health, ports, stopWithin, replicas, directory, ...rest }: z.infer<typeof service>, folder: string): Declaration {
  return {
    ...rest,
    directory: resolve(folder, directory),
    replicas: replicas ?? Math.max(1, rest.min),
    ports: (ports === undefined ? undefined : portsOf(ports)) ?? 'any free',
    health: health && {
      check: health.url === undefined ? { command: health.command! } : { url: health.url },
      everyMs: durationMs(health.every), timeoutMs: durationMs(health.timeout), failures: health.failures,
    },
    stopWithinMs: durationMs(stopWithin),
  }
}

function portsOf(text: string): { from: number; to: number } | undefined {
  const found = /^(\d{1,5})-(\d{1,5})$/.exec(text)
  if (found === null) return undefined
  const [from, to] = [Number(found[1]), Number(found[2])]
  return from >= 1 && to <= 65_535 && from <= to ? { from, to } : undefined
}

/** The keeper asks only this machine: a health check is no way to reach others. */
function isLoopbackUrl(text: string): boolean {
  const url = URL.parse(text.replaceAll('{port}', '1'))
  return url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
}
