/**
 * By control group (cgroup v2): one write kills all that is in the group, whatever it called itself since, and the
 * kernel says when nothing is left. A child joins its group while it is idle, so nothing can be outside of it.
 */
import { mkdirSync, readFileSync, readdirSync, rmdirSync, watch, writeFileSync, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import { isAlive, processStat, signal } from '../proc.ts'
import { until } from './way.ts'
import type { Tree, Way } from './way.ts'

interface GroupTree extends Tree {
  readonly group: string
}

/** `home` is this server's own group, made by `makeGroup`; `lead` what makes a process die with the spawner. */
export function cgroupWay(home: string, lead: readonly string[]): Way {
  const limits = memoryIsCounted(home)
  return {
    name: 'cgroup',
    wrap: (command, id) => {
      const group = join(home, id)
      mkdirSync(group, { recursive: true })
      return [...lead, 'sh', '-c', joining, join(group, 'cgroup.procs'), ...command]
    },
    enter: (root, id): GroupTree => ({ id, root, start: processStat(root)?.start ?? '', group: join(home, id) }),
    members: (tree) => processesIn(groupOf(tree)),
    kill: async (tree) => {
      const group = groupOf(tree)
      const from = performance.now()
      const inside = processesIn(group)
      // It may still be on its way into the group.
      if (!inside.includes(tree.root) && isAlive(tree.root, tree.start)) signal(tree.root, 'SIGKILL')
      // A signal to its process group is the quickest blow. All trees are dealt theirs before the group, which takes longer, ends the rest.
      if (inside.includes(tree.root) && signal(-tree.root, 'SIGKILL')) await new Promise((go) => setImmediate(go))
      const survivors = (await killGroup(group)) ? 0 : Math.max(1, processesIn(group).length)
      return { processes: inside.length, survivors, tookMs: performance.now() - from }
    },
    outOfMemory: (tree) => /^oom_kill [1-9]/m.test(read(join(groupOf(tree), 'memory.events'))),
    limitMemory: (tree, bytes) => {
      if (!limits) return
      writeQuietly(join(groupOf(tree), 'memory.max'), String(bytes))
      writeQuietly(join(groupOf(tree), 'memory.oom.group'), '1')
    },
    forget: (tree) => removeGroup(groupOf(tree)),
  }
}

/**
 * The process moves itself: moving waits for the whole kernel, ten milliseconds and more, and it is not the spawner that
 * should wait. What cannot join does not run.
 */
const joining = 'echo 0 >"$0" || exit 125; exec "$@"'

const groupOf = (tree: Tree): string => (tree as GroupTree).group

/**
 * Kills all that is in a group and in the groups below it. True when nothing is left. The kernel says when that is so:
 * asking it again and again takes the very processor on which fifty trees are dying.
 */
export async function killGroup(group: string): Promise<boolean> {
  const events = join(group, 'cgroup.events')
  let wake = (): void => {}
  const watcher = watchQuietly(events, () => wake())
  try {
    return await until((round) => {
      // Once is enough for the kernel; again now and then, for what was being moved in meanwhile.
      if (round % (watcher ? 5 : 20) === 0) writeQuietly(join(group, 'cgroup.kill'), '1')
      const told = read(events)
      return told === '' || /^populated 0/m.test(told)
    }, watcher && (() => new Promise<void>((go) => (wake = go))))
  } finally {
    watcher?.close()
  }
}

/** Undefined where the machine watches no more files. */
function watchQuietly(path: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(path, changed).on('error', () => {})
  } catch {
    return undefined
  }
}

/** With the groups below it. What still holds a process stays. */
export function removeGroup(group: string): void {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true }))
      if (entry.isDirectory()) removeGroup(join(group, entry.name))
    rmdirSync(group)
  } catch {
    // Gone already, or not empty: the next start looks again.
  }
}

/** Makes this server's own group in the first place that allows it. `name` must be new: a kill takes all that is in it. */
export function makeGroup(homes: readonly string[], name: string): { path: string } | { why: string } {
  const whys: string[] = []
  for (const home of homes) {
    const path = join(home, name)
    try {
      mkdirSync(path)
      readFileSync(join(path, 'cgroup.events'))
      return { path }
    } catch (error) {
      removeGroup(path)
      whys.push(`no group can be made in ${home} (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
    }
  }
  return { why: whys.join('; ') || 'no cgroup2 file system is mounted' }
}

/** Where groups may be made: our own place first, below each mount of cgroup2. */
export function groupHomes(mountinfo = read('/proc/self/mountinfo'), cgroup = read('/proc/self/cgroup')): string[] {
  const own = /^0::(.*)$/m.exec(cgroup)?.[1] ?? '/'
  const homes: string[] = []
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ')
    const [, , , root, mount] = (left ?? '').split(' ')
    if (!right?.startsWith('cgroup2 ') || root === undefined || mount === undefined) continue
    const from = unescape(root).replace(/\/$/, '')
    // What is mounted may be a part of the whole tree; our own place counts from the tree's top.
    const inside = own === from || own.startsWith(`${from}/`) ? own.slice(from.length) : ''
    homes.push(join(unescape(mount), inside))
  }
  return homes
}

/** mountinfo writes a space as \040, and so on. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

/** Where memory is counted per group, a group can be held to a limit. Asking for it changes nothing where it cannot be had. */
function memoryIsCounted(home: string): boolean {
  if (!read(join(home, '..', 'cgroup.controllers')).split(/\s/).includes('memory')) return false
  writeQuietly(join(home, '..', 'cgroup.subtree_control'), '+memory')
  writeQuietly(join(home, 'cgroup.subtree_control'), '+memory')
  return read(join(home, 'cgroup.subtree_control')).split(/\s/).includes('memory')
}

const processesIn = (group: string): number[] =>
  read(join(group, 'cgroup.procs')).split('\n').filter((line) => line !== '').map(Number)

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function writeQuietly(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch {
    // Not allowed, or gone: what is read afterwards tells.
  }
}
