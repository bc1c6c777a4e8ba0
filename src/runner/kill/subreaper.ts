/**
 * By subreaper: in front of the job's process stands a reaper, to whom the kernel gives every orphan below it, so all
 * that comes of the job stays in one tree. It is stopped first (stopped, it still adopts and cannot leave), then all
 * below it is killed, and looked for again until nothing is left; last the reaper. Works in an ordinary pod:
 * no root, no capabilities, no namespaces.
 */
import { below, isAlive, processStat, signal } from '../proc.ts'
import { Seen, until } from './way.ts'
import type { Tree, Way } from './way.ts'

/** `reaper` is the command that takes in orphans and dies with the spawner. */
export function subreaperWay(reaper: readonly string[]): Way {
  return {
    name: 'subreaper',
    wrap: (command) => [...reaper, ...command],
    enter: (root, id) => ({ id, root, start: processStat(root)?.start ?? '' }),
    members: (tree) => [tree.root, ...below(tree.root).map(({ pid }) => pid)],
    kill: (tree) => sweep(tree),
    outOfMemory: () => false,
    limitMemory: () => {},
    forget: () => {},
  }
}

/** Also ends what an earlier server left behind: a reaper and all below it. */
export async function sweep(tree: Tree): Promise<{ processes: number; survivors: number; tookMs: number }> {
  const from = performance.now()
  const seen = new Seen()
  if (isAlive(tree.root, tree.start)) {
    signal(tree.root, 'SIGSTOP')
    let clean = 0
    await until(() => {
      const found = below(tree.root)
      for (const process of found) {
        seen.add(process)
        signal(process.pid, 'SIGKILL')
      }
      // Twice nothing: a list read while a process ends may leave another one out.
      clean = found.length === 0 ? clean + 1 : 0
      return clean === 2
    })
    signal(tree.root, 'SIGKILL')
    await until(() => !isAlive(tree.root, tree.start))
  }
  return { processes: seen.count, survivors: seen.alive(), tookMs: performance.now() - from }
}
