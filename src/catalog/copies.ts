/**
 * Copies for running, under `<state>/copies/<digest>/`, which is nobody's folder of runbooks: what a workflow started with stays there whatever happens
 * to the repository. A copy appears whole or not at all, and whoever runs it checks each file's sha256 first.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { sha256 } from './files.ts'
import type { Script } from './scripts.ts'
import { strippedFiles } from './strip.ts'

export interface Copy {
  readonly id: string
  /** Of the version, as `runbooks.lock` has it. */
  readonly digest: string
  /** Absolute: the JavaScript to import, and the sha256 of its bytes. */
  readonly script: string
  readonly scriptDigest: string
  /** The other files: path beside the script → sha256. */
  readonly files: Readonly<Record<string, string>>
}

interface Manifest {
  readonly id: string
  readonly script: string
  readonly files: Readonly<Record<string, string>>
}

const manifestName = 'copy.json'
export const copiesFolder = (stateDirectory: string): string => join(stateDirectory, 'copies')

/** Every script's copy, by `name@version`. Those that are there and whole are left alone; a damaged one is replaced. */
export async function materialise(scripts: readonly Script[], stateDirectory: string): Promise<Map<string, Copy>> {
  const copies = new Map<string, Copy>()
  for (const script of scripts) copies.set(script.id, await copyOf(script, copiesFolder(stateDirectory)))
  return copies
}

async function copyOf(script: Script, folder: string): Promise<Copy> {
  const place = join(folder, script.digest)
  const { files } = strippedFiles(script)
  const digests = files.map(({ path, bytes }) => [path, sha256(bytes)] as const)
  const manifest: Manifest = { id: script.id, script: `${script.version}.js`, files: Object.fromEntries(digests) }
  const copy = copyAt(place, script.digest, manifest)
  if (isWhole(copy)) return copy
  const fresh = join(folder, `.new-${randomUUID()}`)
  for (const { path, bytes } of files) {
    await mkdir(dirname(join(fresh, path)), { recursive: true })
    // A step may run it as a program.
    const isProgram = bytes[0] === 0x23 && bytes[1] === 0x21
    await writeFile(join(fresh, path), bytes, isProgram ? { mode: 0o755 } : {})
  }
  await writeFile(join(fresh, 'package.json'), '{"type":"module"}\n')
  await writeFile(join(fresh, manifestName), `${JSON.stringify(manifest)}\n`)
  await takePlace(fresh, place, copy)
  return copy
}

/** By rename, so that nobody sees half of it. Where another process was faster and its copy is whole, that one stays. */
async function takePlace(fresh: string, place: string, copy: Copy): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return await rename(fresh, place)
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
    if (isWhole(copy)) return rm(fresh, { recursive: true, force: true })
    const damaged = `${fresh}.damaged`
    await rename(place, damaged).catch(() => undefined)
    await rm(damaged, { recursive: true, force: true })
  }
  throw new Error(`${place} cannot be replaced: remove it by hand`)
}

/** The copy of a version that the repository may not hold any more; undefined if there is none, or not whole. */
export function findCopy(stateDirectory: string, digest: string): Copy | undefined {
  if (!/^[0-9a-f]{64}$/.test(digest)) return undefined
  const place = join(copiesFolder(stateDirectory), digest)
  try {
    const copy = copyAt(place, digest, JSON.parse(readFileSync(join(place, manifestName), 'utf8')) as Manifest)
    return isWhole(copy) ? copy : undefined
  } catch {
    return undefined // there is none, or its list of files cannot be read, so it is not whole
  }
}

/**
 * Whether every file still is what it was: what a runner asks right before it imports. At once, since an alert waits for it:
 * through the pool of threads it takes three times as long, and an idle processor first has to wake for each of its steps.
 */
export function isWhole(copy: Copy): boolean {
  const all = { ...copy.files, [basename(copy.script)]: copy.scriptDigest }
  return Object.entries(all).every(([path, digest]) => digestAt(join(dirname(copy.script), path)) === digest)
}

function digestAt(path: string): string | undefined {
  try {
    return sha256(readFileSync(path))
  } catch {
    return undefined
  }
}

/** Removes copies that nobody needs any more, and what a crash left half written. */
export async function pruneCopies(stateDirectory: string, keep: ReadonlySet<string>): Promise<number> {
  const folder = copiesFolder(stateDirectory)
  const names = await readdir(folder).catch(() => [])
  const needless = names.filter((name) => !keep.has(name) && /^(?:[0-9a-f]{64}$|\.new-)/.test(name))
  for (const name of needless) await rm(join(folder, name), { recursive: true, force: true })
  return needless.length
}

function copyAt(place: string, digest: string, { id, script, files }: Manifest): Copy {
  const { [script]: scriptDigest = '', ...others } = files
  return { id, digest, script: join(place, script), scriptDigest, files: others }
}
