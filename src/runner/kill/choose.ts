/** Which way of killing this machine has: each is tried for real, on processes that detach themselves, best first. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { WayFound, WayName } from '../protocol.ts'
import { isAlive, processStat } from '../proc.ts'
import { cgroupWay } from './cgroup.ts'
import { namespaceWay, unshareForms } from './namespace.ts'
import { noWay } from './none.ts'
import { subreaperWay } from './subreaper.ts'
import { findTools, onPath } from './tools.ts'
import type { Tools } from './tools.ts'
import type { Way } from './way.ts'

export interface Surroundings {
  readonly want: WayName | 'auto'
  readonly path: string
  readonly group: { readonly path: string } | { readonly why: string }
  /** Looked for on `path` unless given. */
  readonly tools?: Tools
}

/** Throws when a way was asked for by name and does not work here. */
export async function chooseWay(surroundings: Surroundings): Promise<{ way: Way; found: WayFound }> {
  const tools = surroundings.tools ?? (await findTools(surroundings.path))
  const not: { way: WayName; why: string }[] = []
  const wanted = surroundings.want === 'auto' ? (['cgroup', 'namespace', 'subreaper', 'none'] as const) : [surroundings.want]
  for (const name of wanted) {
    const tried = await tries[name](tools, surroundings)
    if (typeof tried !== 'string') return { way: tried, found: { way: name, why: reasons[name], not } }
    not.push({ way: name, why: tried })
  }
  throw new Error(`the way of killing ${surroundings.want} does not work here: ${not.map(({ why }) => why).join('; ')}`)
}

const reasons: Readonly<Record<WayName, string>> = {
  cgroup: 'each job has a control group of its own, and the kernel kills all that is in it',
  namespace: 'each job has a process namespace of its own, and the kernel ends it with its first process',
  subreaper: 'each job has a reaper that takes in its orphans, and all below it is killed until nothing is left',
  none: 'nothing here finds processes that detach themselves: a kill reaches what it can, and mode auto is not allowed',
}

type Try = (tools: Tools, surroundings: Surroundings) => Promise<Way | string>

const tries: Readonly<Record<WayName, Try>> = {
  cgroup: async (tools, { group, path }) => {
    if ('why' in group) return group.why
    return tryOut(cgroupWay(group.path, tools.diesWithParent ?? []), path)
  },
  namespace: async (tools, { path }) => {
    if (process.platform !== 'linux') return 'only Linux has process namespaces'
    if (!onPath('unshare', path)) return 'there is no program unshare (util-linux)'
    if (!tools.diesWithParent) return 'there is neither setpriv (util-linux) nor perl'
    let why = ''
    for (const form of unshareForms) {
      const tried = await tryOut(namespaceWay(form, tools.diesWithParent), path)
      if (typeof tried !== 'string') return tried
      why = tried
    }
    return why
  },
  subreaper: async (tools, { path }) => {
    if (!tools.reaper || !tools.jobReaper) return 'there is neither tini nor perl'
    return tryOut(subreaperWay(tools.jobReaper), path)
  },
  none: async (tools) => noWay(tools.diesWithParent ?? []),
}

/** Three processes, one of them in a session of its own and with no parent left: all must be found, and all must die. */
const rehearsal = 'read -r go; (setsid sleep 60 & exit 0) 2>/dev/null; sleep 60 & echo ready; wait'

async function tryOut(way: Way, path: string): Promise<Way | string> {
  const command = way.wrap(['sh', '-c', rehearsal], 'rehearsal')
  const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: path } })
  const ended = once(child, 'exit').catch((error: Error) => error)
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(0, 300)))
  child.stdin.on('error', () => {})
  try {
    if (child.pid === undefined) return `${command[0]} cannot be started: ${String(await ended)}`
    const tree = way.enter(child.pid, 'rehearsal')
    child.stdin.write('go\n')
    const ready = await Promise.race([once(child.stdout, 'data'), ended, late()])
    if (!Array.isArray(ready) || !Buffer.isBuffer(ready[0]))
      return complaint.trim() || `${command[0]} ended before it ran anything`
    const members = way.members(tree).map((pid) => ({ pid, start: processStat(pid)?.start ?? '' }))
    const { survivors } = await way.kill(tree)
    way.forget(tree)
    const left = members.filter(({ pid, start }) => isAlive(pid, start)).length
    if (members.length < 3) return `only ${members.length} of 3 processes were found again`
    return survivors + left === 0 ? way : `${Math.max(survivors, left)} of ${members.length} processes survived`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    child.kill('SIGKILL')
    for (const stream of child.stdio) stream?.destroy()
  }
}

const late = (): Promise<undefined> => setTimeout(5000, undefined, { ref: false })
