/** `policies/*.yaml`: which policies judge which runbook. One file may serve several runbooks; no runbook has two files. */
import { z } from 'zod'
import type { PolicyEntry } from '../core/catalogue.ts'
import { policyTypes } from '../core/policies/index.ts'
import { sha256 } from './files.ts'
import { withoutComments } from './imports.ts'
import { didYouMean } from './nearest.ts'
import type { Problem } from './problem.ts'
import { checkShape } from './shape.ts'
import type { TextFile } from './sources.ts'
import { strip } from './strip.ts'
import { lineAt, readYaml, type YamlNode } from './yaml.ts'

export interface WrittenPolicies {
  /** By runbook name. */
  readonly entries: ReadonlyMap<string, readonly PolicyEntry[]>
  /** Where each runbook's name stands. */
  readonly places: ReadonlyMap<string, { readonly path: string; readonly line: number }>
  readonly problems: readonly Problem[]
}

const fileShape = z.strictObject({
  runbook: z.string().optional(),
  runbooks: z.array(z.string()).min(1).optional(),
  policies: z.array(z.looseObject({ type: z.string() })).max(100),
})

const legalName = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/

/** `modules`: the code beside them, of policies that are code. */
export function parsePolicies(files: readonly TextFile[], modules: readonly TextFile[] = []): WrittenPolicies {
  const into: Into = { entries: new Map(), places: new Map(), problems: [], modules }
  for (const file of files) parseFile(file, into)
  return into
}

interface Into {
  readonly entries: Map<string, readonly PolicyEntry[]>
  readonly places: Map<string, { path: string; line: number }>
  readonly problems: Problem[]
  readonly modules: readonly TextFile[]
}

function parseFile(file: TextFile, into: Into): void {
  const { path, source } = file
  if (source === undefined) return void into.problems.push({ path, line: 1, message: 'cannot be read' })
  const { root, problems } = readYaml(path, source)
  into.problems.push(...problems)
  if (root === undefined) return
  const shape = checkShape(fileShape, root.value, { path, lineOf: (at) => lineAt(root, at) })
  into.problems.push(...shape.problems)
  if (shape.value === undefined) return
  const { runbook, runbooks, policies } = shape.value
  if ((runbook === undefined) === (runbooks === undefined)) {
    const message = 'must say whom it is for: `runbook: NAME`, or `runbooks: [NAME, …]`, and not both'
    into.problems.push({ path, line: root.line, message })
  }
  const entries = policies.flatMap((written, index) => parseEntry(written, index, { file, root, problems: into.problems, modules: into.modules }))
  for (const [index, name] of (runbooks ?? (runbook === undefined ? [] : [runbook])).entries()) {
    const line = lineAt(root, runbook === undefined ? ['runbooks', index] : ['runbook'])
    claim(name, entries, { path, line }, into)
  }
}

function claim(name: string, entries: readonly PolicyEntry[], place: { path: string; line: number }, into: Into): void {
  const first = into.places.get(name)
  if (first !== undefined) {
    const message = `${name} has its policies in ${first.path}:${first.line} already: one list for each runbook`
    into.problems.push({ ...place, message })
    return
  }
  into.entries.set(name, entries)
  into.places.set(name, place)
}

interface Context {
  readonly file: TextFile
  readonly root: YamlNode
  readonly problems: Problem[]
  readonly modules: readonly TextFile[]
}

function parseEntry(written: Record<string, unknown>, index: number, { file, root, problems, modules }: Context): PolicyEntry[] {
  const { type: typeName, name = typeName, ...settings } = written as { type: string; name?: unknown }
  const at = (...below: PropertyKey[]) => lineAt(root, ['policies', index, ...below])
  const refuse = (line: number, message: string): PolicyEntry[] => {
    problems.push({ path: file.path, line, message: `policies[${index}]${message}` })
    return []
  }
  const type = policyTypes.get(typeName)
  if (type === undefined) {
    const known = [...policyTypes.keys()]
    return refuse(at('type'), `.type: there is no policy type ${typeName}${didYouMean(typeName, known)}; there are ${known.join(', ')}`)
  }
  if (typeof name !== 'string' || !legalName.test(name)) {
    return refuse(at('name'), '.name must be letters, digits, blanks, `.`, `_`, `-`, at most 63')
  }
  if (nameOf(root, name) < index) {
    return refuse(at('name'), ` is a second policy named ${name}: give each a \`name\` of its own, by which it counts and is told`)
  }
  const place = { path: file.path, name: `policies[${index}]`, lineOf: (below: readonly PropertyKey[]) => at(...below) }
  const shape = checkShape(type.schema as z.ZodType<Record<string, unknown>>, settings, place)
  problems.push(...shape.problems)
  if (shape.value === undefined) return []
  const code = typeName === 'code' ? codeOf(shape.value as { module: string; sha256: string; code?: unknown }, modules) : {}
  if (typeof code === 'string') return refuse(at('module'), code)
  return [{ type: typeName, name, settings: { ...shape.value, ...code }, source: `policies/${file.name}:${at()}` }]
}

/** As JavaScript, or what is wrong with it. */
function codeOf({ module, sha256: wanted, code }: { module: string; sha256: string; code?: unknown }, modules: readonly TextFile[]): { code: string } | string {
  if (code !== undefined) return '.code is put there when the file is read: take it out'
  const source = modules.find(({ name }) => name === module)?.source
  if (source === undefined) return `.module: there is no ${module} in this folder`
  const is = sha256(source)
  if (is !== wanted) return `.sha256 is of another ${module}: once this one was reviewed, write ${is}`
  const { js, message } = strip(source)
  if (js === undefined) return `.module: ${module} ${message}`
  return /\bimport\b/.test(withoutComments(js)) ? `.module: ${module} imports something: it may import types only, and is handed what it judges` : { code: js }
}

/** The first policy of the file that goes by a name. */
function nameOf(root: YamlNode, name: string): number {
  const { policies } = root.value as { policies: { type: string; name?: unknown }[] }
  return policies.findIndex((one) => (one.name ?? one.type) === name)
}
