/**
 * A way of killing: how a job's process is started so that all that comes of it can be found again, and how all of it
 * is ended. Four stand behind this port, best first: cgroup, namespace, subreaper, none.
 * `test/contract/kill.ts` says what each of them promises.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Killed, WayName } from '../protocol.ts'
import { isAlive } from '../proc.ts'

/** A job's processes. `root` is what was spawned; the job's own process may stand below it. */
export interface Tree {
  readonly id: string
  readonly root: number
  readonly start: string
}

export interface Way {
  readonly name: WayName
  /** The command of a job's process, with what must stand in front of it. Each has an id of its own. */
  wrap(command: readonly string[], id: string): readonly string[]
  /** Takes in what was just spawned so. */
  enter(root: number, id: string): Tree
  /** What runs in it now, the helpers in front of the job's process among them. */
  members(tree: Tree): readonly number[]
  /** Until nothing is left, or patience ends. The first blow falls before this returns. */
  kill(tree: Tree): Promise<Killed>
  /** Whether the machine itself killed something in it for want of memory. */
  outOfMemory(tree: Tree): boolean
  /** Holds its processes to so much memory, where the machine can. */
  limitMemory(tree: Tree, bytes: number): void
  /** After its end: nothing of it stays behind. */
  forget(tree: Tree): void
}

const patienceMs = 5000

/** Everything a kill has seen, so that what survives it can be counted by another means than the one that killed. */
export class Seen {
  private readonly processes = new Map<string, { pid: number; start: string }>()
  add(process: { pid: number; start: string }): void {
    this.processes.set(`${process.pid} ${process.start}`, process)
  }
  alive(): number {
    let count = 0
    for (const { pid, start } of this.processes.values()) if (isAlive(pid, start)) count++
    return count
  }
  get count(): number {
    return this.processes.size
  }
}

/** Calls `tick` until it is true: soon at first, then every few milliseconds; less often where `change` says when to look again. False when patience ended. */
export async function until(tick: (round: number) => boolean, change?: () => Promise<unknown>): Promise<boolean> {
  const from = performance.now()
  for (let round = 0; ; round++) {
    if (tick(round)) return true
    if (performance.now() - from > patienceMs) return false
    await (change ? Promise.race([sleep(20), change()]) : sleep(round < 20 ? 1 : 5))
  }
}
