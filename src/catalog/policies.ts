/** `policies/*.yaml`: which policies judge which runbook. One file may serve several runbooks; no runbook has two files. */
import { join } from 'node:path'
import { z } from 'zod'
import type { PolicyEntry } from '../core/catalogue.ts'
import { policyTypes } from '../core/policies/index.ts'
import { listFolder, readBounded, shown } from './files.ts'
import { didYouMean } from './nearest.ts'
import type { Problem } from './problem.ts'
import { text } from './scripts.ts'
import { checkShape } from './shape.ts'
import { lineAt, readYaml, type YamlNode } from './yaml.ts'

export interface WrittenPolicies {
  /** By runbook name. */
  readonly entries: ReadonlyMap<string, readonly PolicyEntry[]>
  /** Where each runbook's name stands, and each policy. */
  readonly places: ReadonlyMap<string | PolicyEntry, { readonly path: string; readonly line: number }>
  readonly problems: readonly Problem[]
  /** What was read, for telling whether something changed. */
  readonly read: readonly (readonly [path: string, source: string])[]
}

const fileShape = z.strictObject({
  runbook: z.string().optional(),
  runbooks: z.array(z.string()).min(1).optional(),
  policies: z.array(z.looseObject({ type: z.string() })).max(100),
})

const legalName = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/

export async function readPolicies(folder: string): Promise<WrittenPolicies> {
  const found = await listFolder(folder)
  const into = { entries: new Map<string, PolicyEntry[]>(), places: new Map<string | PolicyEntry, { path: string; line: number }>(), problems: [] as Problem[], read: [] as [string, string][] }
  if (found === undefined) {
    into.problems.push({ path: shown(folder), line: 1, message: 'there is no such folder: name the right one (catalog.policies); without policies nothing runs' })
  }
  for (const { name, kind } of found ?? []) {
    const path = join(folder, name)
    if (kind === 'folder' || name.endsWith('.yml')) into.problems.push({ path: shown(path), line: 1, message: 'is not read: policies are files named NAME.yaml' })
    else if (name.endsWith('.yaml')) {
      const source = text((await readBounded(path, 8 << 20)) ?? new Uint8Array())
      into.read.push([`policies/${name}`, source])
      readFileInto(into, { name, path: shown(path), source })
    }
  }
  return into
}

type Into = { entries: Map<string, PolicyEntry[]>; places: Map<string | PolicyEntry, { path: string; line: number }>; problems: Problem[] }

function readFileInto(into: Into, file: { name: string; path: string; source: string }): void {
  const { path } = file
  const { root, problems } = readYaml(path, file.source)
  into.problems.push(...problems)
  if (root === undefined) return
  const shape = checkShape(fileShape, root.value, { path, lineOf: (at) => lineAt(root, at) })
  into.problems.push(...shape.problems)
  if (shape.value === undefined) return
  const { runbook, runbooks, policies } = shape.value
  if ((runbook === undefined) === (runbooks === undefined)) {
    into.problems.push({ path, line: root.line, message: 'must say whom it is for: `runbook: NAME`, or `runbooks: [NAME, …]`, and not both' })
  }
  const entries = policies.flatMap((written, index) => readEntry(into, file, root, written, index))
  for (const [index, name] of (runbooks ?? (runbook === undefined ? [] : [runbook])).entries()) {
    const line = lineAt(root, runbook === undefined ? ['runbooks', index] : ['runbook'])
    const first = into.places.get(name)
    if (first !== undefined) into.problems.push({ path, line, message: `${name} has its policies in ${first.path}:${first.line} already: one list for each runbook` })
    else {
      into.entries.set(name, entries)
      into.places.set(name, { path, line })
    }
  }
}

function readEntry(into: Into, file: { name: string; path: string }, root: YamlNode, written: Record<string, unknown>, index: number): PolicyEntry[] {
  const { path } = file
  const { type: typeName, name = typeName, ...settings } = written as { type: string; name?: unknown }
  const at = (...below: PropertyKey[]) => lineAt(root, ['policies', index, ...below])
  const say = (line: number, message: string): PolicyEntry[] => {
    into.problems.push({ path, line, message: `policies[${index}]${message}` })
    return []
  }
  const type = policyTypes.get(typeName)
  if (type === undefined) return say(at('type'), `.type: there is no policy type ${typeName}${didYouMean(typeName, policyTypes.keys())}; there are ${[...policyTypes.keys()].join(', ')}`)
  if (typeof name !== 'string' || !legalName.test(name)) return say(at('name'), '.name must be letters, digits, blanks, `.`, `_`, `-`, at most 63')
  const twin = (root.value as { policies: { type: string; name?: string }[] }).policies.findIndex((one) => (one.name ?? one.type) === name)
  if (twin < index) say(at('name'), ` is a second policy named ${name}: give each a \`name\` of its own, by which it counts and is told`)
  const shape = checkShape(type.schema, settings, { path, name: `policies[${index}]`, lineOf: (below) => at(...below) })
  into.problems.push(...shape.problems)
  if (shape.value === undefined) return []
  const entry: PolicyEntry = { type: typeName, name, settings: shape.value as Record<string, unknown>, source: `policies/${file.name}:${at()}` }
  into.places.set(entry, { path, line: at() })
  return [entry]
}
