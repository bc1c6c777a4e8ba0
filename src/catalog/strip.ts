/** TypeScript to JavaScript by blanking out the types: lines and columns stay, so errors name the place in the source. */
import { stripTypeScriptTypes } from 'node:module'
import { pointToCopies } from './imports.ts'
import type { Problem } from './problem.ts'
import { text, type Script, type ScriptFile } from './scripts.ts'

interface Stripped {
  readonly files: readonly ScriptFile[]
  readonly problems: readonly Problem[]
}

/** It is asked for when a script is checked, described and copied. */
const stripped = new WeakMap<Script, Stripped>()

/** What of a version is copied for running: every file, `.ts` as `.js`. */
export function strippedFiles(script: Script): Stripped {
  let known = stripped.get(script)
  if (known === undefined) stripped.set(script, (known = stripAll(script)))
  return known
}

function stripAll(script: Script): Stripped {
  const problems: Problem[] = []
  const folder = script.shown.slice(0, -`${script.version}.ts`.length)
  const files = script.files.map((file): ScriptFile => {
    if (!file.path.endsWith('.ts')) return file
    const { js, line, message } = strip(text(file.bytes))
    if (js === undefined) problems.push({ path: folder + file.path, line, message })
    return { path: file.path.replace(/ts$/, 'js'), bytes: new TextEncoder().encode(js ?? '') }
  })
  return { files, problems }
}

export function strip(source: string): { js?: string; line: number; message: string } {
  try {
    return { js: pointToCopies(quietly(() => stripTypeScriptTypes(source, { mode: 'strip' }))), line: 1, message: '' }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const line = Number(/:(\d+)$/.exec(error.stack?.split('\n')[0] ?? '')?.[1] ?? 1)
    return { line, message: `cannot be read: ${error.message}` }
  }
}

/** Node says once that the function is experimental; the pinned version and our tests make that no news for operators. */
function quietly<T>(run: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return run()
  } finally {
    process.emitWarning = emitWarning
  }
}
