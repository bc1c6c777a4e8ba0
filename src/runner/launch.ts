/** Starts a server's spawner: kills what an earlier one left, makes its folder and its group, puts a keeper above it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { groupHomes, makeGroup, removeGroup } from './kill/cgroup.ts'
import { findTools } from './kill/tools.ts'
import { keptCommand } from './keeper.ts'
import { folderPrefix, killAllOf, killLeftBehind, writeOwner } from './leftbehind.ts'
import type { LeftBehind, Owner } from './leftbehind.ts'
import { processStat, processWorld } from './proc.ts'
import type { Settings, WayName } from './protocol.ts'
import { twin } from './twin.ts'

export interface LaunchOptions {
  readonly id: string
  readonly way: WayName | 'auto'
  readonly stateDirectory: string
  readonly path: string
}

export interface Launched {
  readonly process: ChildProcess
  readonly leftBehind: LeftBehind
  readonly settings: Pick<Settings, 'folder' | 'group' | 'tools' | 'reaper' | 'compileCache' | 'path'>
  /** Kills whatever is left of it, however it ended, and removes its folder. What survived is counted. */
  clear(): Promise<LeftBehind>
}

export async function launchSpawner(options: LaunchOptions): Promise<Launched> {
  const { id, stateDirectory, path } = options
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 })
  const leftBehind = await killLeftBehind(stateDirectory)
  const folder = join(stateDirectory, folderPrefix + id)
  mkdirSync(join(folder, 'tmp'), { recursive: true, mode: 0o700 })
  const homes = options.way === 'auto' || options.way === 'cgroup' ? groupHomes() : []
  const groupName = `paramedic-${id}`
  let owner: Owner = {
    id, world: processWorld(), groups: homes.map((home) => join(home, groupName)),
    server: { pid: process.pid, start: processStat(process.pid)?.start ?? '' },
  }
  // Written down before it is made, so that no end of ours leaves one that nobody knows of.
  writeOwner(folder, owner)
  const group = makeGroup(homes, groupName)
  const tools = await findTools(path)
  const compileCache = join(stateDirectory, 'compile-cache')
  const groupPath = 'path' in group ? group.path : undefined
  const spawnerCommand = [process.execPath, '--disable-sigusr1', '--no-warnings', '--max-old-space-size=128', twin('spawner')]
  const command = keptCommand({ reaper: tools.reaper, group: groupPath, command: spawnerCommand })
  const env = { PATH: path, LANG: 'C.UTF-8', HOME: folder, PARAMEDIC_JOBS: id, NODE_COMPILE_CACHE: compileCache }
  // A session of its own: what a terminal sends to ours does not reach it.
  const child = spawn(command[0]!, command.slice(1), { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true })
  if (child.pid !== undefined) {
    owner = { ...owner, top: { pid: child.pid, start: processStat(child.pid)?.start ?? '' } }
    writeOwner(folder, owner)
  }
  const clear = async (): Promise<LeftBehind> => {
    const left = await killAllOf(folder, owner)
    if (groupPath !== undefined) removeGroup(groupPath)
    if (left.survivors === 0) await rm(folder, { recursive: true, force: true })
    return left
  }
  const reaper = tools.reaper ? child.pid : undefined
  return { process: child, leftBehind, settings: { folder, group, tools, reaper, compileCache, path }, clear }
}
