/**
 * What scripts declare, found by importing their copies in a short-lived process. One process does all; a script that
 * hangs or ends it costs its own description, and the others get another process.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { copiesFolder, materialise } from './copies.ts'
import type { Described, DescribeOrder } from './described.ts'
import { ownFile } from './own-files.ts'
import type { Script } from './scripts.ts'
import { runShortly } from './short-lived.ts'

export interface Description {
  readonly script: Script
  readonly definition?: unknown
  /** Why there is none, and the line of the script where that is known. */
  readonly failure?: { readonly path: string; readonly line: number; readonly message: string }
}

const mostProcesses = 6

/** `scratch` is a folder in which another is made for the time of this call. */
export async function describeScripts(
  scripts: readonly Script[], options: { timeoutMs: number; scratch: string },
): Promise<Description[]> {
  const known = scripts.filter(({ digest }) => remembered.has(digest))
    .map((script) => ({ script, definition: remembered.get(script.digest) }))
  const unknown = scripts.filter(({ digest }) => !remembered.has(digest))
  if (unknown.length === 0) return known
  let scratch: string | undefined
  try {
    scratch = await mkdtemp(join(options.scratch, 'paramedic-'))
    const fresh = await describeAll(unknown, scratch, options.timeoutMs)
    for (const one of fresh) if (one.failure === undefined) remember(one)
    return [...known, ...fresh]
  } catch (error) {
    const { code, message: words } = error as NodeJS.ErrnoException
    const message = `cannot be imported on this machine: ${code ?? words}; ${options.scratch} must be a folder to write in`
    return [...known, ...unknown.map((script) => failed(script, message))]
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}

/** By digest: a version that was imported once need not be imported at every look at the folder. */
const remembered = new Map<string, unknown>()

function remember({ script, definition }: Description): void {
  if (remembered.size >= 500) remembered.clear()
  remembered.set(script.digest, definition)
}

async function describeAll(scripts: readonly Script[], scratch: string, timeoutMs: number): Promise<Description[]> {
  const copies = await materialise(scripts, scratch)
  const folder = `${pathToFileURL(copiesFolder(scratch)).href}/`
  const done: Description[] = []
  let left = [...scripts]
  for (let round = 0; left.length > 0 && round < mostProcesses; round++) {
    const orders = left.map(({ id }) => ({ id, url: pathToFileURL(copies.get(id)!.script).href }))
    const order: DescribeOrder = { api: ownFile('runbook'), copies: folder, scripts: orders }
    const { told, ...how } = await runShortly<Described>({ child: 'catalog/describe-child', order, scratch, timeoutMs })
    const ending = endingOf(how, timeoutMs)
    done.push(...left.flatMap((script) => told.filter(({ id }) => id === script.id).map((one) => described(script, one, folder))))
    left = left.filter(({ id }) => !told.some((one) => one.id === id))
    const culprit = left.shift()
    if (culprit !== undefined) done.push(failed(culprit, ending))
  }
  return [...done, ...left.map((script) => failed(script, 'was not imported, because too many others failed: mend those first'))]
}

function described(script: Script, { definition, error }: Described, folder: string): Description {
  if (error === undefined) return { script, definition }
  const copy = `${folder}${script.digest}/`
  const at = error.indexOf(copy)
  const [, path, line] = at === -1 ? [] : /^([^:\s)]+):(\d+)/.exec(error.slice(at + copy.length)) ?? []
  const message = `cannot be imported: ${error.split('\n')[0]!.replaceAll(copy, '')}`
  const runbookFolder = script.shown.slice(0, -`${script.version}.ts`.length)
  const shown = path === undefined ? script.shown : runbookFolder + path.replace(/js$/, 'ts')
  return { script, failure: { path: shown, line: Number(line ?? 1), message } }
}

const failed = (script: Script, message: string): Description =>
  ({ script, failure: { path: script.shown, line: 1, message } })

const endingOf = ({ late, exit }: { late: boolean; exit: string }, timeoutMs: number): string =>
  late ? `did not end being imported within ${timeoutMs / 1000} s: a script declares, and does nothing by itself`
  : exit === 'exit 13' ? 'never ends being imported: something is awaited at its top that never comes'
  : `ended the process that imported it (${exit}): a script declares, and does nothing by itself`
