/** Reads what people wrote, whole and once: everything else works on what was read here, never on the disk again. */
import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'

export const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** As people who stand in `from` would write it. */
export function shown(path: string, from = process.cwd()): string {
  const short = relative(from, path)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short
}

export interface Found {
  readonly name: string
  readonly kind: 'file' | 'folder'
}

/** What a folder holds, sorted, links followed (one that leads nowhere is a file that cannot be read); names that begin with a dot are none of ours (`.git`, `..data`). */
export async function listFolder(path: string): Promise<Found[] | undefined> {
  const names = await readdir(path).catch(() => undefined)
  if (names === undefined) return undefined
  const found: Found[] = []
  for (const name of names.filter((one) => !one.startsWith('.')).sort()) {
    const is = await stat(join(path, name)).catch(() => undefined)
    found.push({ name, kind: is?.isDirectory() ? 'folder' : 'file' })
  }
  return found
}

/** Undefined if it is not there or cannot be read; a file that is too large is cut, which every later check refuses. */
export async function readBounded(path: string, mostBytes: number): Promise<Uint8Array | undefined> {
  const is = await stat(path).catch(() => undefined)
  if (is === undefined || !is.isFile()) return undefined
  if (is.size > mostBytes) return new Uint8Array(mostBytes + 1)
  return readFile(path).catch(() => undefined)
}
