/**
 * How long a stop of fifty trees takes, until nothing of them is left, against a plain kill of their process groups, which
 * waits for the roots only and leaves alive whatever went into a session of its own. The trees are made afresh for each side.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { groupHomes, makeGroup, removeGroup } from '../../../src/runner/kill/cgroup.ts'
import { chooseWay } from '../../../src/runner/kill/choose.ts'
import type { Tree, Way } from '../../../src/runner/kill/way.ts'
import { carriers, newWord } from '../../contract/kill.ts'
import type { Figure, Sample } from '../figure.ts'
import { folder } from '../load/processes.ts'

const trees = 50
const perTree = 5

export const figure: Figure = {
  rows: [
    { name: 'stop, shell roots', what: 'stop of 50 trees ÷ plain process-group kill, shell roots', unit: 'ms', goal: { atMost: 2.5 } },
    { name: 'stop, node roots', what: '… node roots', unit: 'ms', goal: { atMost: 1.2 } },
  ],
  open: async (say) => {
    const place = folder()
    const path = process.env['PATH']!
    const group = makeGroup(groupHomes(), `paramedic-bench-${randomUUID()}`)
    const { way } = await chooseWay({ want: 'auto', path, group })
    const files = prepare(place)
    const measure = async (root: readonly string[]): Promise<Sample> => {
      const plain = await raise(root, undefined)
      const limit = await timed(() => killGroups(plain.children))
      const left = carriers(plain.word)
      for (const pid of left) process.kill(pid, 'SIGKILL')
      const own = await raise(root, way)
      const ours = await timed(() => Promise.all([...own.trees.map((tree) => way.kill(tree)), ...own.children.map(ended)]))
      for (const tree of own.trees) way.forget(tree)
      const survivors = carriers(own.word).length
      say(`survivors: the plain kill ${left.length}, ${way.name} ${survivors}`)
      return { ours, limit, ...(survivors > 0 ? { broken: `${survivors} processes survived` } : {}) }
    }
    return {
      round: async () => [await measure(['sh', files.shell]), await measure([process.execPath, files.node])],
      close: async () => {
        if ('path' in group) removeGroup(group.path)
        rmSync(place, { recursive: true, force: true })
      },
    }
  },
}

/** Three children, one of them in a session of its own with a child: five processes with the root, each with the word. */
const prepare = (place: string): { shell: string; node: string } => {
  const hold = join(place, 'hold')
  writeFileSync(hold, '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 600; done\n', { mode: 0o755 })
  const shell = join(place, 'root.sh')
  writeFileSync(shell, `${hold} "$1" & ${hold} "$1" & (setsid sh -c '${hold} "$0" & wait' "$1" &); wait\n`)
  const node = join(place, 'root.mjs')
  writeFileSync(node, `import { spawn } from 'node:child_process'\nspawn('sh', [${JSON.stringify(shell)}, process.argv[2]], { stdio: 'ignore' })\n`)
  return { shell, node }
}

interface Raised {
  readonly word: string
  readonly children: readonly ChildProcess[]
  readonly trees: readonly Tree[]
}

const patienceMs = 60_000

const raise = async (root: readonly string[], way: Way | undefined): Promise<Raised> => {
  const word = newWord()
  const children: ChildProcess[] = []
  const raised: Tree[] = []
  for (let index = 0; index < trees; index++) {
    const id = randomUUID()
    const command = way ? way.wrap([...root, word], id) : [...root, word]
    const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore', detached: true })
    children.push(child)
    if (way) raised.push(way.enter(child.pid!, id))
  }
  const over = performance.now() + patienceMs
  while (carriers(word).length < trees * perTree) {
    if (performance.now() > over) throw new Error(`only ${carriers(word).length} of ${trees * perTree} processes came up`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { word, children, trees: raised }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', () => resolve())))

const killGroups = async (children: readonly ChildProcess[]): Promise<void> => {
  const ends = children.map(ended)
  for (const { pid } of children) process.kill(-pid!, 'SIGKILL')
  await Promise.all(ends)
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return performance.now() - began
}
