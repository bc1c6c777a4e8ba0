/**
 * Best effort, where no way without survivors exists (macOS): the tree as far as it can be walked, and the process
 * groups in it. What detached itself from its parents is missed; so mode `auto` is not for machines like this.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { processStat, signal } from '../proc.ts'
import { until } from './way.ts'
import type { Tree, Way } from './way.ts'

interface Row {
  readonly pid: number
  readonly parent: number
  readonly group: number
}

export function noWay(lead: readonly string[]): Way {
  return {
    name: 'none',
    wrap: (command) => [...lead, ...command],
    enter: (root, id) => ({ id, root, start: processStat(root)?.start ?? '' }),
    members: (tree) => rowsBelow(tree.root).map(({ pid }) => pid),
    kill,
    outOfMemory: () => false,
    limitMemory: () => {},
    forget: () => {},
  }
}

async function kill(tree: Tree): Promise<{ processes: number; survivors: number; tookMs: number }> {
  const from = performance.now()
  const seen = new Map<number, Row>()
  let left = 0
  await until(() => {
    const table = processTable()
    for (const row of rowsBelow(tree.root, table)) seen.set(row.pid, row)
    const known = [...seen.keys()]
    // A group is the job's own if its leader is one of the job's; ours never is.
    const groups = new Set([...seen.values()].map(({ group }) => group).filter((group) => seen.has(group)))
    const alive = table.filter(({ pid, group }) => seen.has(pid) || groups.has(group))
    for (const pid of known) signal(pid, 'SIGKILL')
    for (const group of groups) signal(-group, 'SIGKILL')
    left = alive.length
    return left === 0
  })
  return { processes: seen.size, survivors: left, tookMs: performance.now() - from }
}

function rowsBelow(root: number, table = processTable()): Row[] {
  const found = table.filter(({ pid }) => pid === root)
  for (let at = 0; at < found.length; at++) found.push(...table.filter(({ parent }) => parent === found[at]!.pid))
  return found
}

/** From /proc, or from `ps` where there is none. What has ended and only waits for its parent is left out. */
function processTable(): Row[] {
  if (process.platform === 'linux')
    return readdirSync('/proc').flatMap((name) => {
      const stat = /^\d+$/.test(name) ? processStat(Number(name)) : undefined
      return stat && !stat.dead ? [{ pid: Number(name), parent: stat.parent, group: stat.group }] : []
    })
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8', maxBuffer: 16_000_000 })
  return text.split('\n').flatMap((line) => {
    const [pid, parent, group, state] = line.trim().split(/\s+/)
    return pid && !state?.startsWith('Z') ? [{ pid: Number(pid), parent: Number(parent), group: Number(group) }] : []
  })
}
