/**
 * The scripts of a catalogue: `runbooks/<name>/<version>.ts`, each with the files of `runbooks/<name>/<version>/`.
 * A version is known by one digest over all of that. Nothing is shared between versions, so nothing else may lie there.
 */
import { join } from 'node:path'
import { runbookId } from '../core/catalogue.ts'
import { listFolder, readBounded, sha256, shown } from './files.ts'
import type { Problem } from './problem.ts'

export interface ScriptFile {
  /** Below `runbooks/<name>/`, with slashes: `1.ts`, `1/sizes.json`. */
  readonly path: string
  readonly bytes: Uint8Array
}

export interface Script {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly digest: string
  /** The script itself first, then the files of its folder, sorted. */
  readonly files: readonly ScriptFile[]
  readonly source: string
  /** The script's path for people. */
  readonly shown: string
}

const legalName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const versionFile = /^([1-9]\d{0,8})\.ts$/
/** What shows that the version does what it says. It is no part of it. */
const trialFile = /^[1-9]\d{0,8}\.test\.ts$/
const code = /\.[cm]?[jt]sx?$/
const mostFiles = 200
const mostBytes = 4 << 20
const mostDepth = 8

export async function readScripts(runbooks: string): Promise<{ scripts: Script[]; problems: Problem[] }> {
  const found = await listFolder(runbooks)
  if (found === undefined) {
    const message = 'there is no such folder: name the right one (catalog.runbooks), or start one with `paramedic init`'
    return { scripts: [], problems: [{ path: shown(runbooks), line: 1, message }] }
  }
  const problems = found.filter(({ name, kind }) => kind === 'file' && code.test(name)).map(({ name }) =>
    strange(join(runbooks, name), 'is not a runbook: a runbook is runbooks/NAME/VERSION.ts'))
  const scripts: Script[] = []
  for (const { name } of found.filter(({ kind }) => kind === 'folder')) {
    const folder = join(runbooks, name)
    if (legalName.test(name)) scripts.push(...(await readVersions(folder, name, problems)))
    else problems.push(strange(folder, 'is not a name for a runbook: small letters, digits and dashes, at most 63'))
  }
  return { scripts, problems }
}

async function readVersions(folder: string, name: string, problems: Problem[]): Promise<Script[]> {
  const found = (await listFolder(folder)) ?? []
  const files = found.filter(({ name, kind }) => kind === 'file' && versionFile.test(name))
  const versions = files.map((file) => file.name.slice(0, -'.ts'.length))
  for (const one of found) {
    const stray = one.kind === 'folder' ? !versions.includes(one.name) : code.test(one.name) && !versionFile.test(one.name) && !trialFile.test(one.name)
    const message = 'belongs to no version: VERSION.ts may use files of the folder VERSION/ only, and nothing is shared'
    if (stray) problems.push(strange(join(folder, one.name), message))
  }
  if (versions.length === 0) problems.push(strange(folder, 'holds no version: write 1.ts'))
  const scripts: Script[] = []
  for (const version of versions.toSorted((a, b) => Number(a) - Number(b))) {
    const script = await readVersion(folder, { name, version: Number(version) }, problems)
    if (script !== undefined) scripts.push(script)
  }
  return scripts
}

async function readVersion(
  folder: string, of: { name: string; version: number }, problems: Problem[],
): Promise<Script | undefined> {
  const path = `${of.version}.ts`
  const bytes = await readBounded(join(folder, path), mostBytes)
  const files = bytes === undefined ? [] : [{ path, bytes }, ...(await readBelow(folder, `${of.version}`, 0))]
  const size = files.reduce((sum, file) => sum + file.bytes.length, 0)
  if (bytes === undefined) problems.push(strange(join(folder, path), 'cannot be read'))
  else if (files.length > mostFiles || size > mostBytes) {
    problems.push(strange(join(folder, path), `is too much: at most ${mostFiles} files and 4 MB a version`))
  } else {
    const digest = digestOf(of.name, files)
    return { ...of, id: runbookId(of), digest, files, source: text(bytes), shown: shown(join(folder, path)) }
  }
  return undefined
}

/** The trial of a version, as a script of its own; undefined where it has none. */
export async function readTrial({ id, name, version }: Script, runbooks: string): Promise<Script | undefined> {
  const path = join(runbooks, name, `${version}.test.ts`)
  const bytes = await readBounded(path, mostBytes)
  if (bytes === undefined) return undefined
  const files = [{ path: `${version}.ts`, bytes }]
  return { id, name, version, digest: digestOf(`${name}.test`, files), files, source: text(bytes), shown: shown(path) }
}

async function readBelow(folder: string, path: string, depth: number): Promise<ScriptFile[]> {
  const files: ScriptFile[] = []
  for (const { name, kind } of (await listFolder(join(folder, path))) ?? []) {
    const below = `${path}/${name}`
    if (kind === 'folder' && depth < mostDepth) files.push(...(await readBelow(folder, below, depth + 1)))
    const bytes = kind === 'file' ? await readBounded(join(folder, below), mostBytes) : undefined
    if (bytes !== undefined) files.push({ path: below, bytes })
    if (files.length > mostFiles) break
  }
  return files
}

/** Over paths and contents, with lengths between them so that no two sets of files read alike. */
function digestOf(name: string, files: readonly ScriptFile[]): string {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return sha256(...sorted.flatMap(({ path, bytes }) => [`${name}/${path}\0${bytes.length}\0`, bytes]))
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const strange = (path: string, message: string): Problem => ({ path: shown(path), line: 1, message })
