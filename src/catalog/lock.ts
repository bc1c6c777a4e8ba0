/**
 * `runbooks.lock`: one line for each released version, `name@version digest`, sorted. A line that is there never
 * changes; a version whose script was taken away keeps its line, so that its number is never used for something else.
 */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readBounded, shown } from './files.ts'
import type { Problem } from './problem.ts'
import { readScripts, text, type Script } from './scripts.ts'

export interface Lock {
  readonly lines: ReadonlyMap<string, { readonly digest: string; readonly line: number }>
  readonly problems: readonly Problem[]
}

export const lockName = 'runbooks.lock'
const linePattern = /^([a-z0-9][a-z0-9-]*@[1-9]\d*) ([0-9a-f]{64})$/

export function parseLock(source: string, path: string): Lock {
  const lines = new Map<string, { digest: string; line: number }>()
  const problems: Problem[] = []
  for (const [index, row] of source.split('\n').entries()) {
    const line = index + 1
    if (row.trim() === '' || row.startsWith('#')) continue
    const found = linePattern.exec(row.replace(/\r$/, ''))
    const say = (message: string) => void problems.push({ path, line, message })
    const first = lines.get(found?.[1] ?? '')
    if (found === null) say('is not `name@version digest`: put the line back as `paramedic runbook lock` wrote it')
    else if (first !== undefined) say(`names ${found[1]} twice; the first is on line ${first.line}: keep the older one`)
    else lines.set(found[1]!, { digest: found[2]!, line })
  }
  return { lines, problems }
}

export async function readLock(runbooks: string): Promise<Lock & { readonly source: string }> {
  const path = join(runbooks, lockName)
  const source = text((await readBounded(path, 4 << 20)) ?? new Uint8Array())
  return { ...parseLock(source, shown(path)), source }
}

/** Every script against its line. A released version that changed is refused, and so is one that nobody released. */
export function checkLock(scripts: readonly Script[], lock: Lock, checked = scripts): Problem[] {
  return checked.flatMap((script) => {
    const locked = lock.lines.get(script.id)
    if (locked === undefined) {
      return [{ path: script.shown, line: 1, message: `${script.id} is not released: record it with \`paramedic runbook lock\`` }]
    }
    if (locked.digest === script.digest) return []
    const digests = `${lockName}:${locked.line} says ${locked.digest.slice(0, 12)}, it is ${script.digest.slice(0, 12)}`
    const next = nextVersion(script, scripts, lock)
    const message = `${script.id} was released and has changed (${digests}): put it back, and write the change as version ${next}`
    return [{ path: script.shown, line: 1, message }]
  })
}

function nextVersion({ name }: Script, scripts: readonly Script[], lock: Lock): number {
  const taken = [...scripts.map(({ id }) => id), ...lock.lines.keys()].filter((id) => id.startsWith(`${name}@`))
  return Math.max(...taken.map((id) => Number(id.slice(name.length + 1)))) + 1
}

/**
 * Appends a line for every version that has none; changes nothing that is there. With any problem nothing is written:
 * a changed version is refused here as it is by `check`.
 */
export async function lockCatalogue(runbooks: string): Promise<{ added: string[]; problems: Problem[] }> {
  const [{ scripts, problems }, lock] = await Promise.all([readScripts(runbooks), readLock(runbooks)])
  const changed = checkLock(scripts, lock, scripts.filter(({ id }) => lock.lines.has(id)))
  const all = [...problems, ...lock.problems, ...changed]
  const fresh = scripts.filter(({ id }) => !lock.lines.has(id))
  if (all.length > 0 || fresh.length === 0) return { added: [], problems: all }
  const kept = lock.source.split('\n').filter((row) => row !== '')
  const rows = [...kept, ...fresh.map(({ id, digest }) => `${id} ${digest}`)].sort(byIdThenVersion)
  const path = join(runbooks, lockName)
  await writeFile(`${path}.new`, `${rows.join('\n')}\n`)
  await rename(`${path}.new`, path)
  return { added: fresh.map(({ id }) => id), problems: [] }
}

/** By name, then version as a number; comments stay on top. */
function byIdThenVersion(a: string, b: string): number {
  const [x, y] = [linePattern.exec(a)?.[1]?.split('@'), linePattern.exec(b)?.[1]?.split('@')]
  if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? -1 : 1
  return x[0] === y[0] ? Number(x[1]) - Number(y[1]) : x[0]! < y[0]! ? -1 : 1
}
