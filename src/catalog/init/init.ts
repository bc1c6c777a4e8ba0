/** `paramedic init DIR`: a catalogue repository of one's own, that passes `check` as it is. */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { shown } from '../files.ts'
import { lockCatalogue, lockName } from '../lock.ts'
import type { Problem } from '../problem.ts'
import { templates } from './templates.ts'

/** Writes all or nothing: a file that is there already is never touched, and each is told. */
export async function initCatalogue(folder: string): Promise<{ written: string[]; problems: Problem[] }> {
  const names = [...Object.keys(templates), `runbooks/${lockName}`]
  const there = await Promise.all(names.map((name) => stat(join(folder, name)).then(() => [name], () => [])))
  const problems = there.flat().map((name): Problem =>
    ({ path: shown(join(folder, name)), line: 1, message: 'is there already: choose an empty folder, or move it away' }))
  if (problems.length > 0) return { written: [], problems }
  for (const [name, text] of Object.entries(templates)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text, { flag: 'wx' })
  }
  const locked = await lockCatalogue(join(folder, 'runbooks'))
  return { written: names.map((name) => shown(join(folder, name))), problems: locked.problems }
}
