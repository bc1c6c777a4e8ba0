/**
 * One child process as the spawner sees it: booted while idle, bound to one workflow, given one job at a time, and
 * ended whole, with all that came of it. It is never asked to end.
 *
 *     booting → idle → bound (with a job or between two) → ending → gone
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { Capture, Lines, maskIn, maskOf } from './capture.ts'
import type { Tree, Way } from './kill/way.ts'
import type { Answer, FromChild, FromSpawner, JobOrder, Killed, Outcome, Result, Settings, ToChild } from './protocol.ts'
import { twin } from './twin.ts'

export interface Nest {
  readonly settings: Settings
  readonly way: Way
  /** What a child does before it counts as up: everything that loads at its first use has loaded then. */
  readonly rehearsal: JobOrder
  /** The secrets of now: they may change at any time, and are another list then. */
  secrets(): readonly string[]
  say(word: FromSpawner): void
  onReady(child: WarmChild): void
  onFree(child: WarmChild): void
  onGone(child: WarmChild): void
  /** Kills what escaped from a tree whose root ended by itself. */
  killStrays(): Promise<number>
}

interface RunningJob {
  readonly order: JobOrder
  readonly capture: Capture
  readonly timer: NodeJS.Timeout
  started: boolean
  /** Reported by the child, and only waiting for the last of its output. */
  result: Result | undefined
}

/** What the child prints when an order is done: all before it on the same pipe was printed by that order. */
const newMark = () => ({ text: `\0end ${randomUUID()}`, read: Promise.withResolvers<void>() })

export class WarmChild {
  readonly id = randomUUID()
  readonly heapMb: number
  readonly tree: Tree
  state: 'booting' | 'idle' | 'bound' | 'ending' | 'gone' = 'booting'
  cameUp = false
  workflow: string | undefined
  job: RunningJob | undefined
  /** The last it wrote on stderr: where V8 says that the heap is full, and why it did not come up. */
  lastWords = ''
  private readonly nest: Nest
  private readonly process: ChildProcess
  private readonly folder: string
  private readonly lines = new Lines()
  private mark = newMark()
  private ended: Promise<Killed> | undefined
  private masks: { readonly secrets: readonly string[]; readonly apply: (text: string) => string } | undefined

  constructor(nest: Nest, heapMb: number) {
    this.nest = nest
    this.heapMb = heapMb
    this.folder = join(nest.settings.folder, 'tmp', this.id)
    mkdirSync(this.folder, { mode: 0o700 })
    const command = nest.way.wrap([process.execPath, ...flags, `--max-old-space-size=${heapMb}`, twin('child')], this.id)
    this.process = spawn(command[0]!, command.slice(1), {
      cwd: this.folder, env: cleanEnv(nest.settings, this.folder), stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true,
    })
    this.process.on('error', (error) => (this.lastWords += error.message))
    if (this.process.pid === undefined) throw new Error(`${command[0]} cannot be started`)
    try {
      this.tree = nest.way.enter(this.process.pid, this.id)
    } catch (error) {
      this.process.kill('SIGKILL')
      throw error
    }
    this.process.on('message', (word: FromChild) => this.hear(word))
    this.process.on('exit', (code, signal) => void this.end(exitResult(code, signal, this.lastWords)))
    const decoder = new StringDecoder('utf8')
    this.process.stdout!.on('data', (chunk: Buffer) => this.printed(decoder.write(chunk)))
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-8192)
      // What the tools in front of it say while it is killed is no output of the job.
      if (this.state !== 'ending') this.job?.capture.push(text)
    })
  }

  run(order: JobOrder): void {
    this.state = 'bound'
    this.workflow = order.workflow
    const { settings } = this.nest
    const { stdout } = this.process
    const capture = new Capture({
      path: join(settings.outputDirectory, fileName(order.workflow), `${fileName(order.id)}.log`),
      capBytes: settings.outputCapBytes,
      mask: (text) => this.mask(order, text),
      onText: (text) => this.nest.say({ kind: 'printed', job: order.id, text }),
      onPressure: (waits) => void (waits ? stdout?.pause() : stdout?.resume()),
    })
    // The child watches its time itself and says more about it; this is for the one that no longer can.
    const late: Result = { kind: 'failed', failure: 'timeout', error: `not done within its ${order.timeoutMs} ms`, detail: 'its process did not answer any more' }
    const timer = setTimeout(() => void this.end(late), order.timeoutMs + 250)
    this.masks = undefined
    this.job = { order, capture, timer, started: false, result: undefined }
    this.nest.way.limitMemory(this.tree, order.memoryMb * 1_048_576)
    this.give(order)
  }

  private give(order: JobOrder): void {
    this.mark = newMark()
    this.tell({ kind: 'run', order, mark: this.mark.text })
  }

  answer(call: number, answer: Answer): void {
    this.tell({ kind: 'answer', call, answer })
  }

  /** Everything that came of this child ends. The first reason given counts. The first blow falls before this returns. */
  end(result: Result): Promise<Killed> {
    return (this.ended ??= this.endOnce(result))
  }

  private async endOnce(result: Result): Promise<Killed> {
    const { way } = this.nest
    const exited = this.process.exitCode !== null || this.process.signalCode !== null
    this.state = 'ending'
    let killed = await way.kill(this.tree)
    if (exited) killed = { ...killed, processes: killed.processes + (await this.nest.killStrays()) }
    const starved = this.job && result.kind === 'failed' && result.failure === 'exit' && way.outOfMemory(this.tree)
    // What it printed last may still be in the pipe. A survivor that holds the pipe open does not hold us up.
    if (this.job) await Promise.race([this.drained(), wait(200)])
    if (this.job) await this.settle(this.job, starved ? memoryResult(this.job.order) : (this.job.result ?? result), killed)
    way.forget(this.tree)
    for (const stream of this.process.stdio) stream?.destroy()
    if (this.process.connected) this.process.disconnect()
    this.state = 'gone'
    this.nest.onGone(this)
    await rm(this.folder, { recursive: true, force: true }).catch(() => {})
    return killed
  }

  private async drained(): Promise<void> {
    const { stdout } = this.process
    if (!stdout || stdout.readableEnded || stdout.destroyed) return
    stdout.resume()
    await new Promise((done) => stdout.once('close', done))
  }

  private hear(word: FromChild): void {
    const { job } = this
    switch (word.kind) {
      case 'ready':
        return this.give(this.nest.rehearsal)
      case 'started':
        if (job) job.started = true
        return void (job && this.nest.say({ kind: 'started', job: job.order.id }))
      case 'call':
        return void (job && this.nest.say({ ...word, job: job.order.id }))
      case 'ended':
        if (this.state === 'booting') return void this.rehearsed(word.result)
        return void (job && this.finish(job, word.result, word.spent))
    }
  }

  private async rehearsed(result: Result): Promise<void> {
    if (result.kind === 'failed') this.lastWords += `${result.error} ${result.detail}`
    if (result.kind === 'failed') return void this.end(result)
    // What it printed is read and gone, or the first job would be said to have printed it.
    await this.mark.read.promise
    if (this.state !== 'booting') return
    this.state = 'idle'
    this.cameUp = true
    this.nest.onReady(this)
  }

  private async finish(job: RunningJob, result: Result, spent: boolean): Promise<void> {
    clearTimeout(job.timer)
    if (job.result || this.state === 'ending') return
    job.result = result
    if (spent) return void this.end(result)
    // The mark is in the pipe already; unless the script closed it.
    await Promise.race([this.mark.read.promise, wait(1000)])
    if (this.state !== 'bound') return
    await this.settle(job, result)
    if (this.state === 'bound') this.nest.onFree(this)
  }

  private async settle(job: RunningJob, result: Result, killed?: Killed): Promise<void> {
    clearTimeout(job.timer)
    if (this.job !== job) return
    this.job = undefined
    job.capture.push(this.lines.flush())
    const mask = (text: string): string => this.mask(job.order, text)
    // A plan says what is touched, by names that are compared: it is kept as it is.
    const told: Result = result.kind === 'failed' ? { ...result, error: mask(result.error), detail: mask(result.detail) }
      : job.order.phase === 'step' ? { ...result, output: maskIn(result.output, mask) } : result
    const outcome: Outcome = { ...told, started: job.started, printed: await job.capture.close(), ...(killed ? { killed } : {}) }
    this.nest.say({ kind: 'ended', job: job.order.id, outcome })
  }

  private mask({ env = {} }: JobOrder, text: string): string {
    const secrets = this.nest.secrets()
    if (this.masks?.secrets !== secrets) this.masks = { secrets, apply: maskOf([...secrets, ...Object.values(env)]) }
    return this.masks.apply(text)
  }

  private printed(text: string): void {
    const ready = this.lines.add(text)
    const at = ready.lastIndexOf(this.mark.text)
    this.job?.capture.push(at < 0 ? ready : ready.slice(0, at))
    if (at >= 0) this.mark.read.resolve()
  }

  private tell(word: ToChild): void {
    // A child that is about to end cannot be told any more; its end reports the rest.
    if (this.process.connected) this.process.send(word, () => {})
  }
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Fewer surprises: no debugger by signal, no warnings between a script's lines, no `__proto__` by which a text reaches what all objects share. */
const flags = ['--disable-proto=delete', '--disable-sigusr1', '--no-warnings', '--no-experimental-global-navigator']

/** Nothing of the server's. SHLVL, since without it bash takes a socket on its input for a login from afar, and reads ~/.bashrc. */
function cleanEnv(settings: Settings, folder: string): Record<string, string> {
  return {
    PATH: settings.path, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', SHLVL: '1',
    PARAMEDIC_JOBS: settings.id, NODE_COMPILE_CACHE: settings.compileCache,
  }
}

export const memoryResult = (order: JobOrder): Result => ({
  kind: 'failed', failure: 'memory', error: `it used more than its ${order.memoryMb} MB of memory`, detail: 'a step may ask for more by memoryMb',
})

function exitResult(code: number | null, signal: string | null, lastWords: string): Result {
  if (/heap out of memory|heap limit/i.test(lastWords))
    return { kind: 'failed', failure: 'memory', error: 'it used more memory than its JavaScript heap may have', detail: 'a step may ask for more by memoryMb' }
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`
  return { kind: 'failed', failure: 'exit', error: `its process ended by itself, with ${how}`, detail: lastWords.slice(-2000) }
}

const fileName = (name: string): string => name.replace(/[^\w.@-]/g, '_').replace(/^\.+/, '_').slice(0, 120)
