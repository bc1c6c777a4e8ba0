/** A process for what a script does while it is not trusted yet: given one order, with nothing in its environment, killed with all that it started. */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { ownFile } from './own-files.ts'

export interface ShortLived {
  /** One of ours, by its name below `src/`. It finds the order in the file that it is given, and answers in lines of JSON on descriptor 3. */
  readonly child: string
  readonly order: object
  /** A folder to write in. */
  readonly scratch: string
  readonly timeoutMs: number
}

/** What it told, and how it ended: `exit 0`, or the name of a signal. */
export async function runShortly<Told>({ child: name, order, scratch, timeoutMs }: ShortLived): Promise<{ told: Told[]; late: boolean; exit: string }> {
  const orderFile = join(scratch, 'order.json')
  await writeFile(orderFile, JSON.stringify(order))
  const flags = ['--disable-warning=ExperimentalWarning', '--max-old-space-size=256']
  const child = spawn(process.execPath, [...flags, fileURLToPath(ownFile(name)), orderFile], {
    cwd: scratch, env: {}, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    killGroup(child.pid)
  }, timeoutMs)
  const pipe = child.stdio[3] as Readable
  const lines = readLines<Told>(pipe)
  const exit = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`))
  })
  clearTimeout(timer)
  killGroup(child.pid)
  const patience = setTimeout(() => pipe.destroy(), 1000)
  const told = await lines
  clearTimeout(patience)
  return { told, late, exit }
}

/** Whatever a script started lives in the child's process group; that of the child itself may be gone already. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left of it, which is what we want.
  }
}

/** Bounded in size; its end is the pipe's, which is destroyed where a grandchild that got away holds it. */
async function readLines<Told>(from: Readable): Promise<Told[]> {
  let text = ''
  from.setEncoding('utf8').on('data', (part: string) => {
    if (text.length < 64 << 20) text += part
  })
  await new Promise<void>((resolve) => {
    from.once('close', resolve).on('error', () => resolve())
  })
  return text.split('\n').slice(0, -1).flatMap((line) => {
    try {
      return [JSON.parse(line) as Told]
    } catch {
      return []
    }
  })
}
