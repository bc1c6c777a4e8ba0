/**
 * What a script may import: 'paramedic', which is always the running server's own; the files of its version's folder,
 * each checked against its digest on the very bytes that run; and those modules of Node that only compute.
 * This keeps honest scripts honest. It is no sandbox: a script runs with the rights of its process.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin, registerHooks } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const computing = new Set(
  ['assert', 'assert/strict', 'buffer', 'crypto', 'events', 'path', 'path/posix', 'querystring', 'string_decoder',
    'timers', 'timers/promises', 'url', 'util'],
)

/** Its message is for people; nothing of the script has run. */
export class ScriptRefused extends Error {
  override readonly name = 'ScriptRefused'
}

/** Its bytes are not those that were ordered. */
export class ScriptChanged extends ScriptRefused {}

/** File URL → the sha256 its bytes must have. */
const permitted = new Map<string, string>()

/** From now on this script can be imported, and nothing else by it. The URL to import. */
export function permitScript(script: { path: string; digest: string; files: Readonly<Record<string, string>> }): string {
  const permit = (path: string, digest: string): string => {
    const url = pathToFileURL(path).href
    if ((permitted.get(url) ?? digest) !== digest)
      throw new ScriptChanged(`${path} was already loaded with another digest: the workflow keeps the version it began with`)
    permitted.set(url, digest)
    return url
  }
  for (const [name, digest] of Object.entries(script.files)) permit(join(dirname(script.path), name), digest)
  return permit(script.path, script.digest)
}

/** Loads what 'paramedic' means as well, so that the first script need not. */
export async function watchImports(): Promise<void> {
  const own = ownRunbook()
  registerHooks({
    resolve(specifier, context, next) {
      if (permitted.has(specifier)) return { url: specifier, format: formatOf(specifier), shortCircuit: true }
      if (context.parentURL === undefined || !permitted.has(context.parentURL)) return next(specifier, context)
      if (specifier === 'paramedic') return next(own, { ...context, parentURL: import.meta.url })
      if (isBuiltin(specifier) && computing.has(specifier.replace(/^node:/, ''))) return next(specifier, context)
      const url = /^\.\.?\//.test(specifier) ? new URL(specifier, context.parentURL).href : undefined
      const built = url?.replace(/\.ts$/, '.js')
      if (url !== undefined && permitted.has(url)) return { url, format: formatOf(url), shortCircuit: true }
      if (built !== undefined && permitted.has(built)) return { url: built, format: formatOf(built), shortCircuit: true }
      throw new ScriptRefused(`${fileURLToPath(context.parentURL)} imports '${specifier}': ${whyNot(specifier)}`)
    },
    load(url, context, next) {
      const digest = permitted.get(url)
      return digest === undefined ? next(url, context) : { format: formatOf(url), source: checkedBytes(url, digest), shortCircuit: true }
    },
  })
  const open = process.getBuiltinModule
  process.getBuiltinModule = ((name: string) => {
    if (computing.has(name.replace(/^node:/, ''))) return open(name as 'util')
    throw new ScriptRefused(`a script asked for the module '${name}': ${whyNot(name)}`)
  })
  await import(own)
}

const formatOf = (url: string): 'json' | 'module' => (url.endsWith('.json') ? 'json' : 'module')

function whyNot(specifier: string): string {
  if (isBuiltin(specifier)) return 'a runbook acts through the handles it is given (scale, $), never through modules of Node'
  if (/^\.\.?\//.test(specifier)) return "only the files of its version's own folder can be imported, as the catalogue lists them"
  return "a runbook imports 'paramedic' and files of its version's own folder, and no package"
}

function checkedBytes(url: string, digest: string): Buffer {
  const path = fileURLToPath(url)
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new ScriptChanged(`${path} cannot be read: ${(error as Error).message}`)
  }
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== digest) throw new ScriptChanged(`${path} is not what was approved: its digest is ${found}, ordered was ${digest}`)
  return bytes
}

/** In a checkout the TypeScript beside us; in the built server its twin. */
function ownRunbook(): string {
  const candidates = import.meta.url.endsWith('.ts') ? ['../runbook.ts'] : ['../runbook.js', './runbook.js']
  const found = candidates.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))
  if (found === undefined) throw new Error(`what 'paramedic' means to scripts is missing beside ${import.meta.url}: build again`)
  return found.href
}
