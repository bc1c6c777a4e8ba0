/**
 * By PID namespace: the job's process is the first of a namespace of its own, and when the first dies the kernel ends
 * all the others before it says so. Ending `unshare`, which stands in front, would return too early: its first process
 * is what is killed, and the end of `unshare` awaited.
 */
import { below, childrenOf, isAlive, processStat, signal } from '../proc.ts'
import { Seen, until } from './way.ts'
import type { Tree, Way } from './way.ts'

/** `flags` of `unshare` as the probe found them to work here; `lead` what makes `unshare` die with the spawner. */
export function namespaceWay(flags: readonly string[], lead: readonly string[]): Way {
  return {
    name: 'namespace',
    wrap: (command) => [...lead, 'unshare', ...flags, '--pid', '--fork', '--kill-child', '--', ...command],
    enter: (root, id) => ({ id, root, start: processStat(root)?.start ?? '' }),
    members: (tree) => [tree.root, ...below(tree.root).map(({ pid }) => pid)],
    kill,
    outOfMemory: () => false,
    limitMemory: () => {},
    forget: () => {},
  }
}

/** The forms of `unshare` that may work, best first: with a /proc that fits; as root; as an ordinary user. */
export const unshareForms: readonly (readonly string[])[] = [
  ['--propagation', 'unchanged', '--mount-proc'],
  [],
  ['--user', '--map-current-user', '--propagation', 'unchanged', '--mount-proc'],
  ['--user', '--map-current-user'],
]

async function kill(tree: Tree): Promise<{ processes: number; survivors: number; tookMs: number }> {
  const from = performance.now()
  const seen = new Seen()
  await until(() => {
    if (!isAlive(tree.root, tree.start)) return true
    for (const process of below(tree.root)) seen.add(process)
    const first = childrenOf(tree.root)
    for (const pid of first) signal(pid, 'SIGKILL')
    // Not yet forked, or its first process is gone and it is about to end.
    if (first.length === 0) signal(tree.root, 'SIGKILL')
    return false
  })
  return { processes: seen.count, survivors: seen.alive(), tookMs: performance.now() - from }
}
