/** What /proc says of a process. A pid alone names nobody: it is used again; with its start time it does. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

export interface ProcessStat {
  readonly parent: number
  /** Its process group. */
  readonly group: number
  /** In clock ticks since boot. */
  readonly start: string
  /** It runs no more, and only waits for its parent to ask. */
  readonly dead: boolean
}

/** Nothing when there is no such process. */
export function processStat(pid: number): ProcessStat | undefined {
  const text = readText(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The name comes second, in brackets, and may hold anything: what counts comes behind the last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // A zombie whose other threads still run is alive: its first thread ended early.
  const dead = fields[0] === 'X' || (fields[0] === 'Z' && Number(fields[17]) <= 1)
  return { parent: Number(fields[1]), group: Number(fields[2]), start: fields[19] ?? '', dead }
}

export const isAlive = (pid: number, start: string): boolean => {
  const stat = processStat(pid)
  return stat !== undefined && !stat.dead && stat.start === start
}

/** Its children, of all its threads. A snapshot: more may come the next moment. */
export function childrenOf(pid: number): number[] {
  let threads: string[]
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
  const found: number[] = []
  for (const thread of threads) {
    const text = readText(`/proc/${pid}/task/${thread}/children`)
    if (text) for (const child of text.trim().split(' ')) if (child !== '') found.push(Number(child))
  }
  return found
}

/** All that run below a process, itself not among them. */
export function below(pid: number): { pid: number; start: string }[] {
  const found: { pid: number; start: string }[] = []
  const visited = new Set<number>([pid])
  const waiting = [pid]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of childrenOf(next)) {
      if (visited.has(child)) continue
      visited.add(child)
      waiting.push(child)
      const stat = processStat(child)
      if (stat && !stat.dead) found.push({ pid: child, start: stat.start })
    }
  }
  return found
}

/** Memory that is its own: resident pages without those it shares through files. */
export function ownBytes(pid: number): number {
  const fields = (readText(`/proc/${pid}/statm`) ?? '').split(' ')
  return Math.max(0, Number(fields[1] ?? 0) - Number(fields[2] ?? 0)) * pageBytes || 0
}

/** `statm` counts pages; nearly every machine has pages of 4 kB, and `smaps` says so of ours. */
const pageBytes = ((): number => {
  const kilobytes = /KernelPageSize:\s+(\d+) kB/.exec(readText('/proc/self/smaps') ?? '')?.[1]
  return Number(kilobytes ?? 4) * 1024
})()

/** Says no to a signal quietly: the process is gone, or is not ours to signal. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

/** Names this boot and this view of the processes: pids mean something only within both. */
export function processWorld(): { boot: string; pids: string } {
  let pids = ''
  try {
    pids = readlinkSync('/proc/self/ns/pid')
  } catch {
    // Not Linux: the boot has to do.
  }
  return { boot: (readText('/proc/sys/kernel/random/boot_id') ?? '').trim(), pids }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
