/** Processes by name (pid and start time), on Linux through /proc, elsewhere through `ps`. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import type { ProcessName } from './local-words.ts'

/** Every process of a replica carries it: `<keeper>/<replica>`. */
export const markName = 'PARAMEDIC_REPLICA'

const hasProc = process.platform === 'linux'

export function nameOf(pid: number): ProcessName | undefined {
  const start = hasProc ? startByProc(pid) : startByPs(pid)
  return start === undefined ? undefined : { pid, start }
}

export const isAlive = (name: ProcessName): boolean => nameOf(name.pid)?.start === name.start

function startByProc(pid: number): string | undefined {
  const text = read(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // Behind the last bracket, since the name before it may hold anything. A zombie runs no more.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

function startByPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return text === '' || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '')
  } catch {
    return undefined
  }
}

/** A replica leads its own process group, so all that did not leave the group get the signal. */
export function signalGroup({ pid, start }: ProcessName, signal: NodeJS.Signals): void {
  if (!isAlive({ pid, start })) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It ended this moment.
  }
}

/** What carries a replica's mark, whatever group it moved to. Empty where there is no /proc to tell. */
export function marked(keeper: string): { pid: number; replica: string }[] {
  if (!hasProc) return []
  const found: { pid: number; replica: string }[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const mark = read(`/proc/${entry}/environ`)?.split('\0').find((line) => line.startsWith(`${markName}=${keeper}/`))
    if (mark !== undefined) found.push({ pid: Number(entry), replica: mark.slice(markName.length + keeper.length + 2) })
  }
  return found
}

export function killMarked(keeper: string, which: (replica: string) => boolean): number {
  const doomed = marked(keeper).filter(({ replica }) => which(replica))
  for (const { pid } of doomed) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  return doomed.length
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
