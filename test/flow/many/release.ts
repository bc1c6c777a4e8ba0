/** Other releases than the one that is tested, built for real: of an earlier commit, or of this tree with something changed. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folder } from '../server.ts'

const root = join(import.meta.dirname, '..', '..', '..')

export interface Change {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** This tree, with changes. Where to find it is what `launch` takes as `release`. */
export const changedRelease = (...changes: readonly Change[]): string => {
  const place = folder()
  for (const part of ['src', 'tools', 'bin', 'package.json', 'tsconfig.json']) cpSync(join(root, part), join(place, part), { recursive: true })
  for (const { file, from, to } of changes) {
    const text = readFileSync(join(place, file), 'utf8')
    if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)} to change`)
    writeFileSync(join(place, file), text.replace(from, to))
  }
  return build(place)
}

const build = (place: string): string => {
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
  execFileSync(process.execPath, [join(place, 'tools/build.ts')], { stdio: 'pipe', timeout: 120_000 })
  return place
}

/** Undefined where there is no history, as in a shallow clone. */
export const earlierRelease = (commit: string): string | undefined => {
  const tree = spawnSync('git', ['archive', commit, 'src', 'tools', 'bin', 'package.json', 'tsconfig.json'], { cwd: root, maxBuffer: 256 << 20 })
  if (tree.status !== 0) return undefined
  const place = folder()
  execFileSync('tar', ['-x', '-C', place], { input: tree.stdout })
  return build(place)
}
