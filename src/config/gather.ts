/** Collects what was written where: defaults, then the file, then the environment, then flags; the later wins. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { didYouMean } from '../catalog/nearest.ts'
import type { Problem } from '../catalog/problem.ts'
import { environmentName, fileKey, flagName, keys, settingOf, writableKeys, type Key } from './settings.ts'

export interface Sources {
  /** `--config`. */
  readonly file?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** By the settings' own keys (`slack.channel`) or a secret's `…File`. */
  readonly flags?: Readonly<Record<string, unknown>>
  readonly cwd: string
}

/** One value as somebody wrote it, and where. */
export interface Written {
  readonly given: unknown
  /** `paramedic.yaml:3`, `PARAMEDIC_LISTEN`, `--listen`, `default`. */
  readonly from: string
  /** Where a problem with it is told. */
  place(at: readonly PropertyKey[]): { path: string; line: number }
  /** What a relative path in it is relative to. */
  readonly base: string
}

export interface Gathered {
  readonly written: ReadonlyMap<string, Written>
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
  readonly file?: string
}

export async function gather({ file, env, flags = {}, cwd }: Sources): Promise<Gathered> {
  const problems: Problem[] = []
  const written = new Map<string, Written>()
  const named = file ?? env['PARAMEDIC_CONFIG']
  const path = resolve(cwd, named ?? 'paramedic.yaml')
  const wrong = wrongFile(named, path)
  const present = existsSync(path) && wrong === undefined
  if (wrong !== undefined) problems.push({ path: named === '' ? (file === undefined ? 'PARAMEDIC_CONFIG' : '--config') : named ?? 'paramedic.yaml', line: named === '' ? 0 : 1, message: wrong })
  const base = named !== undefined || present ? dirname(path) : cwd
  for (const key of keys) {
    const standard = settingOf(key).default
    if (standard !== undefined) written.set(key, { given: standard, from: 'default', base, place: () => ({ path: key, line: 0 }) })
  }
  if (present) problems.push(...await readFile({ path, cwd, base }, written))
  for (const key of writableNames()) {
    const name = environmentName(key)
    const given = env[name]
    if (given !== undefined && given !== '') put(written, key, { given, from: name, base: cwd, place: () => ({ path: name, line: 0 }) })
  }
  for (const [key, given] of Object.entries(flags)) {
    const name = `--${flagName(key)}`
    if (given !== undefined) put(written, key, { given, from: name, base: cwd, place: () => ({ path: name, line: 0 }) })
  }
  return { written, problems, warnings: strangers(env), ...(present ? { file: path } : {}) }
}

/** What is wrong with the configuration file that is named, or that lies here under the usual name. */
function wrongFile(named: string | undefined, path: string): string | undefined {
  if (named === '') return 'is empty: name the configuration file, or leave it out'
  try {
    if (statSync(path).isDirectory()) return 'is a folder: name the configuration file in it'
    accessSync(path, constants.R_OK)
    return undefined
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== 'ENOENT') return `cannot be read (${(problem as Error).message}): give this user the right to, or name another file`
    return named === undefined ? undefined : 'is not there: name the configuration file that is'
  }
}

/** Environment may hold a secret itself or name its file. */
const writableNames = (): string[] => [...keys, ...keys.filter((key) => settingOf(key).secret).map(fileKey)]

/** A later source that says the secret in the other way takes the place of the earlier. */
function put(written: Map<string, Written>, key: string, value: Written): void {
  const other = key.endsWith('File') && settingKey(key.slice(0, -4)) ? key.slice(0, -4) : fileKey(key)
  if (written.get(other)?.from !== value.from) written.delete(other)
  written.set(key, value)
}

const settingKey = (key: string): key is Key => (keys as readonly string[]).includes(key)

/** Own variables of the CLI, and what Kubernetes sets for a service of this name. */
const expected = /^PARAMEDIC_(CONFIG|URL|TOKEN|TOKEN_FILE|TIMEOUT|(?:[A-Z0-9_]+_)?SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?|(?:[A-Z0-9_]+_)?PORT(_\d+_(TCP|UDP)(_[A-Z]+)?)?)$/

const strangers = (env: Sources['env']): string[] => {
  const known = writableNames().map(environmentName)
  return Object.keys(env).filter((name) => name.startsWith('PARAMEDIC_') && !known.includes(name) && !expected.test(name))
    .map((name) => `environment ${name} is not a setting${didYouMean(name, known)}`)
}

interface Place {
  readonly path: string
  readonly cwd: string
  readonly base: string
}

async function readFile({ path, cwd, base }: Place, written: Map<string, Written>): Promise<Problem[]> {
  // Only those who have a file pay for the parser.
  const { lineAt, readYaml } = await import('../catalog/yaml.ts')
  const short = relative(cwd, path)
  const shown = short.startsWith('..') || isAbsolute(short) ? path : short
  const { root, problems } = readYaml(shown, readFileSync(path, 'utf8'))
  if (root === undefined) return problems
  if (root.kind !== 'map') return [{ path: shown, line: 1, message: 'must be a map of settings, such as `listen: 127.0.0.1:9095`' }]
  const found: Problem[] = [...problems]
  const walk = (node: typeof root, prefix: string): void => {
    for (const [name, { keyLine, node: below }] of node.map) {
      const key = prefix === '' ? name : `${prefix}.${name}`
      const say = (message: string): void => void found.push({ path: shown, line: keyLine, message: `${key} ${message}` })
      if (writableKeys.includes(key)) {
        const steps = key.split('.')
        const place = (at: readonly PropertyKey[]) => ({ path: shown, line: lineAt(root, [...steps, ...at]) })
        put(written, key, { given: below.value, from: `${shown}:${keyLine}`, base, place })
      } else if (settingKey(key)) {
        say(`is a secret: write it into a file and name that in ${fileKey(key)}, or set ${environmentName(key)}`)
      } else if (!writableKeys.some((one) => one.startsWith(`${key}.`))) {
        say(`is not known${didYouMean(key, suggestions(prefix))}`)
      } else if (below.kind === 'map') {
        walk(below, key)
      } else if (below.value !== null) {
        say(`must be a map of ${childrenOf(key).join(', ')}`)
      }
    }
  }
  walk(root, '')
  return found
}

const childrenOf = (prefix: string): string[] =>
  [...new Set(writableKeys.filter((key) => prefix === '' || key.startsWith(`${prefix}.`)).map((key) => key.slice(prefix === '' ? 0 : prefix.length + 1).split('.')[0]!))]
const suggestions = (prefix: string): string[] => childrenOf(prefix).map((child) => (prefix === '' ? child : `${prefix}.${child}`))

/** A path as it was meant by whoever wrote it. */
export const resolveFrom = ({ base }: Pick<Written, 'base'>, path: string): string => (isAbsolute(path) ? path : join(base, path))
