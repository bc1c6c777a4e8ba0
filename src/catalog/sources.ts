/** Everything that people wrote, read once. What it all means is worked out from these texts, never from the disk again. */
import { join } from 'node:path'
import { listFolder, readBounded, sha256, shown } from './files.ts'
import { lockName } from './lock.ts'
import type { Problem } from './problem.ts'
import { readScripts, text, type Script } from './scripts.ts'

export interface Folders {
  readonly runbooks: string
  readonly policies: string
}

export interface TextFile {
  readonly name: string
  /** For people. */
  readonly path: string
  /** Undefined if the file is not there. */
  readonly source: string | undefined
}

export interface Sources {
  readonly scripts: readonly Script[]
  readonly lock: TextFile
  readonly routes: TextFile
  readonly policies: readonly TextFile[]
  /** The modules of policies that are code. */
  readonly modules: readonly TextFile[]
  readonly problems: readonly Problem[]
  /** sha256 over all that was read: equal as long as nothing says something else. */
  readonly fingerprint: string
}

export const routesName = 'routes.yaml'
const mostBytes = 8 << 20

export async function readSources({ runbooks, policies }: Folders): Promise<Sources> {
  const [found, lock, routes, written] = await Promise.all([
    readScripts(runbooks), readText(runbooks, lockName), readText(runbooks, routesName), readPolicyFiles(policies),
  ])
  const problems = [...found.problems, ...written.problems]
  const said = [
    ...found.scripts.map(({ id, digest }) => [id, digest]),
    ...[lock, routes, ...written.files, ...written.modules].map(({ name, source }) => [name, source ?? null]),
    ...problems.map(({ path, message }) => [path, message]),
  ]
  return { scripts: found.scripts, lock, routes, policies: written.files, modules: written.modules, problems, fingerprint: sha256(JSON.stringify(said)) }
}

export async function readPolicyFiles(folder: string): Promise<{ files: TextFile[]; modules: TextFile[]; problems: Problem[] }> {
  const found = await listFolder(folder)
  if (found === undefined) {
    const message = 'there is no such folder: name the right one (catalog.policies); without policies nothing runs'
    return { files: [], modules: [], problems: [{ path: shown(folder), line: 1, message }] }
  }
  const message = 'is not read: policies are files named NAME.yaml'
  const problems = found.filter(({ name, kind }) => kind === 'folder' || name.endsWith('.yml'))
    .map(({ name }) => ({ path: shown(join(folder, name)), line: 1, message }))
  const named = (wanted: RegExp): Promise<TextFile[]> => Promise.all(found.filter(({ name, kind }) => kind === 'file' && wanted.test(name)).map(({ name }) => readText(folder, name)))
  return { files: await named(/\.yaml$/), modules: await named(/^(?!.*\.(test|d)\.ts$).*\.ts$/), problems }
}

export async function readText(folder: string, name: string): Promise<TextFile> {
  const bytes = await readBounded(join(folder, name), mostBytes)
  return { name, path: shown(join(folder, name)), source: bytes === undefined ? undefined : text(bytes) }
}
