/**
 * Reads the catalogue in a process that ends with it. What only reading needs (YAML, the types of scripts, the comparison of all routes)
 * ends with that process, and meanwhile this one takes alerts and stops. Copies of good scripts are made there too.
 */
import { fork } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import { checkKnown, type Known } from './known.ts'
import type { CatalogueOptions, Reading } from './read.ts'
import type { Script } from './scripts.ts'

export interface ApartOptions extends ApartOrder {
  /** Digests that the log has run, by `name@version`: none of them may come back as something else. */
  readonly known: () => Promise<Known>
}

/** What that process is told. `scratch`: where copies for running go. */
export type ApartOrder = CatalogueOptions & { readonly scratch: string }

export type Apart = Omit<Reading, 'scripts'> & { readonly scripts: readonly Pick<Script, 'id' | 'digest' | 'shown'>[] }

/** In a checkout beside this file, in a build beside the server. */
const script = import.meta.url.endsWith('.ts') ? new URL('./read-child.ts', import.meta.url) : new URL('./read-child.js', import.meta.url)

/** Far longer than all scripts have to be imported; a process that is not through by then is ended. */
const withinMs = 120_000
const memoryMb = 1024

export async function readApart({ known, ...order }: ApartOptions): Promise<Apart> {
  const reading = await inProcess(order)
  const problems = checkKnown(reading.scripts, await known())
  if (problems.length === 0) return reading
  const { catalogue: _, ...rest } = reading
  return { ...rest, problems: [...reading.problems, ...problems] }
}

const inProcess = async (order: ApartOrder): Promise<Apart> => {
  const child = fork(script, {
    env: { NODE_COMPILE_CACHE: getCompileCacheDir() }, execArgv: ['--no-warnings', `--max-old-space-size=${memoryMb}`], serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)))
  const late = setTimeout(() => void child.kill('SIGKILL'), withinMs)
  try {
    return await new Promise<Apart>((resolve, reject) => {
      child.once('message', (answer) => resolve(answer as Apart))
      child.on('error', reject)
      child.once('close', (code, signal) => reject(new Error(`whoever reads the catalogue ended with ${signal ?? code}: ${said}`)))
      child.send(order)
    })
  } finally {
    clearTimeout(late)
    child.kill('SIGKILL')
  }
}
