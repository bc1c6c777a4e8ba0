/** For a change under review: the lock here against the lock at a git ref. What was released there stays as it was. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { shown } from './files.ts'
import { lockName, parseLock, readLock } from './lock.ts'
import type { Problem } from './problem.ts'

const run = promisify(execFile)

export async function compareWithBase(runbooks: string, ref: string): Promise<Problem[]> {
  const path = shown(join(runbooks, lockName))
  const base = await lockAt(runbooks, ref)
  if (typeof base !== 'string') return [{ path, line: 1, message: base.problem }]
  const here = await readLock(runbooks)
  return [...parseLock(base, path).lines].flatMap(([id, { digest }]): Problem[] => {
    const now = here.lines.get(id)
    const released = `${id} was released at ${ref}`
    if (now === undefined) {
      return [{ path, line: 1, message: `${released} and its line is gone: put it back (a script may go, its line stays)` }]
    }
    if (now.digest === digest) return []
    const digests = `with ${digest.slice(0, 12)} and the line now says ${now.digest.slice(0, 12)}`
    return [{ path, line: now.line, message: `${released} ${digests}: put line and script back, and write the change as a new version` }]
  })
}

/** The lock's text at the ref, empty if it had none. */
async function lockAt(runbooks: string, ref: string): Promise<string | { problem: string }> {
  const options = { timeout: 10_000, maxBuffer: 8 << 20, killSignal: 'SIGKILL' } as const
  const git = (...args: string[]) => run('git', ['-C', runbooks, ...args], options)
  const failure = (error: unknown) =>
    String((error as { stderr?: string }).stderr || (error as Error).message).trim().split('\n')[0]
  let commit: string
  try {
    commit = (await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)).stdout.trim()
  } catch (error) {
    const why = failure(error)
    return { problem: `cannot be compared with ${ref}: git knows no such commit here (${why}); fetch it, or name another` }
  }
  try {
    const listed = (await git('ls-tree', '--name-only', commit, '--', lockName)).stdout.trim()
    return listed === '' ? '' : (await git('show', `${commit}:./${lockName}`)).stdout
  } catch (error) {
    return { problem: `cannot be compared with ${ref}: ${failure(error)}` }
  }
}
