/**
 * What an earlier server left behind is killed before anything runs. Each server has a folder of its own below the
 * state directory, which says whose it is, the control group it made, and the processes it saw. A folder whose server
 * still lives is another's: several servers may share a state directory.
 */
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { killGroup, removeGroup } from './kill/cgroup.ts'
import { sweep } from './kill/subreaper.ts'
import { isAlive, processStat, processWorld } from './proc.ts'

export const folderPrefix = 'runner-'

export interface Owner {
  readonly id: string
  readonly server: { readonly pid: number; readonly start: string }
  /** The topmost process that the server started, once it did. */
  readonly top?: { readonly pid: number; readonly start: string }
  readonly groups: readonly string[]
  readonly world: { readonly boot: string; readonly pids: string }
}

export interface LeftBehind {
  readonly processes: number
  readonly survivors: number
}

export function writeOwner(folder: string, owner: Owner): void {
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner), { mode: 0o600 })
}

export async function killLeftBehind(stateDirectory: string): Promise<LeftBehind> {
  const total = { processes: 0, survivors: 0 }
  const folders = existsSync(stateDirectory) ? readdirSync(stateDirectory).filter((name) => name.startsWith(folderPrefix)) : []
  for (const name of folders) {
    const folder = join(stateDirectory, name)
    const owner = readOwner(folder)
    if (owner && isForeign(owner)) {
      // Processes that we cannot see cannot be told dead from alive; a day later nobody asks any more.
      if (Date.now() - statSync(folder).mtimeMs < 86_400_000) continue
    } else if (owner && isAlive(owner.server.pid, owner.server.start)) continue
    else if (owner && owner.world.boot === processWorld().boot) {
      const { processes, survivors } = await killAllOf(folder, owner)
      total.processes += processes
      total.survivors += survivors
      // Kept while something survives, so that the next start tries again.
      if (survivors > 0) continue
    }
    await rm(folder, { recursive: true, force: true })
  }
  return total
}

/** All that a server started, as far as its folder, its group and its mark in the environment tell. */
export async function killAllOf(folder: string, owner: Owner): Promise<LeftBehind> {
  let processes = 0
  let survivors = 0
  for (const group of owner.groups) {
    if (!existsSync(group)) continue
    if (!(await killGroup(group))) survivors++
    removeGroup(group)
  }
  const roots = [...(owner.top ? [owner.top] : []), ...recorded(folder), ...marked(owner.id)]
  for (const { pid, start } of roots) {
    if (start === '' || !isAlive(pid, start)) continue
    const killed = await sweep({ id: owner.id, root: pid, start })
    processes += killed.processes + 1
    survivors += killed.survivors + (isAlive(pid, start) ? 1 : 0)
  }
  return { processes, survivors }
}

/** Another view of the processes than ours, in the same boot: another container. */
const isForeign = (owner: Owner): boolean => {
  const world = processWorld()
  return owner.world.boot === world.boot && owner.world.pids !== world.pids
}

function readOwner(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Owner
  } catch {
    return undefined
  }
}

function recorded(folder: string): { pid: number; start: string }[] {
  try {
    return readFileSync(join(folder, 'pids'), 'utf8').split('\n').flatMap((line) => {
      const [pid, start] = line.split(' ')
      return pid && start ? [{ pid: Number(pid), start }] : []
    })
  } catch {
    return []
  }
}

/** Those that still carry the mark that every child is given. It can be dropped, so it is only one more chance. */
function marked(id: string): { pid: number; start: string }[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1')
      if (!environment.split('\0').includes(`PARAMEDIC_JOBS=${id}`)) return []
    } catch {
      return []
    }
    return [{ pid: Number(name), start: processStat(Number(name))?.start ?? '' }]
  })
}
