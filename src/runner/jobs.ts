/**
 * Jobs, as the server starts and ends them. What runs is decided elsewhere; here is only the hand: a spawner of this
 * server's own, to which every word carries the deadline of the lease. After the lease is over, or when the spawner is
 * gone, these jobs are over for good, and so is the identity they ran under: `onLost` says so once everything is dead.
 */
import { randomUUID } from 'node:crypto'
import { handleNames, readingHandles } from '../core/handle-names.ts'
import type { Json } from '../core/plan.ts'
import { launchSpawner } from './launch.ts'
import type { Launched } from './launch.ts'
import type { Answer, FromSpawner, HandleError, JobOrder, Outcome, ToSpawner, WayFound, WayName, WorkflowKilled } from './protocol.ts'

export interface JobsOptions {
  /** `auto` takes the best that works here. One by name fails if it does not. */
  readonly way?: WayName | 'auto'
  /** How many children wait, booted. */
  readonly warm?: number
  /** The JavaScript heap of a waiting child. A job that may have more gets a process of its own, booted then. */
  readonly heapMb?: number
  readonly stateDirectory: string
  readonly outputDirectory: string
  /** Per job, in its file. 10 MB unless given. */
  readonly outputCapBytes?: number
  readonly killAfterMs: number
  /** Masked in what jobs print, fail with and return. Asked again and again: the same list while nothing changes. */
  readonly secrets?: () => readonly string[]
  /** Where scripts' commands are looked for. */
  readonly path?: string
  /** While it runs, as it comes; `over` aborts when it has ended. */
  readonly onPrinted?: (order: JobOrder, text: string, over: AbortSignal) => void
  /** Nothing of it runs any more, but for `survivors`. Not called after `close`. */
  readonly onLost?: (lost: Lost) => void
  /** The spawner is started then; whatever it is told before waits. */
  readonly after?: Promise<unknown>
}

/**
 * Answers what a script asks of its handles: `scale.read`, `scale.list`, and in a step `scale.set`, `scale.restart`.
 * The signal aborts when the job ends.
 */
export type Call = (name: string, args: readonly Json[], signal: AbortSignal) => Promise<Json>

export interface Lost {
  readonly why: string
  readonly killed: readonly WorkflowKilled[]
  readonly survivors: number
}

export interface Job {
  readonly id: string
  /** True when the script begins; false when it never will. */
  readonly started: Promise<boolean>
  readonly result: Promise<Outcome>
}

export interface Jobs {
  /** When the first child is up. Fails with what to do where nothing can run. */
  readonly ready: Promise<WayFound & { leftBehind: { processes: number; survivors: number } }>
  /** A tick of ours was read back that was sent then, on the clock of `boottimeMs`. */
  extend(sentAtBoottimeMs: number): void
  start(order: JobOrder, call: Call): Job
  /** Resolves when nothing of it is left, or patience ended: `survivors` are counted. */
  kill(workflows: readonly string[] | 'all', why?: string): Promise<readonly WorkflowKilled[]>
  /** The workflow has ended: its children end too. */
  release(workflow: string): void
  /** Idle children, as last heard. */
  readonly idle: number
  /** Kills everything and ends the spawner. */
  close(): Promise<{ survivors: number }>
}

interface Running {
  readonly order: JobOrder
  readonly call: Call
  readonly calls: AbortController
  readonly started: (value: boolean) => void
  readonly ended: (outcome: Outcome) => void
  /** The handle that a plan or a probe asked for although it may only read. */
  forbidden: string | undefined
}

export function createJobs(options: JobsOptions): Jobs {
  return new SpawnedJobs(options)
}

class SpawnedJobs implements Jobs {
  readonly ready: Jobs['ready']
  idle = 0
  private readonly options: JobsOptions
  private readonly running = new Map<string, Running>()
  private readonly kills = new Map<number, { workflows: readonly string[] | 'all'; done: (results: readonly WorkflowKilled[]) => void }>()
  private readonly launched: Promise<Launched>
  private spawner: Launched['process'] | undefined
  private unsent: ToSpawner[] = []
  private deadline: number | undefined
  private lastKill = 0
  private over: { why: string; results: readonly WorkflowKilled[] } | undefined
  private complaint = ''
  private closing = false
  private secrets: readonly string[] | undefined
  private ended = Promise.withResolvers<Lost>()

  constructor(options: JobsOptions) {
    this.options = options
    const { promise, resolve, reject } = Promise.withResolvers<WayFound>()
    this.launched = this.launch(resolve, reject)
    this.ready = Promise.all([this.launched, promise]).then(([{ leftBehind }, found]) => ({ ...found, leftBehind }))
    // Whoever does not ask whether it is ready learns it from the first job.
    this.ready.catch(() => {})
  }

  extend(sentAtBoottimeMs: number): void {
    this.deadline = Math.max(this.deadline ?? 0, sentAtBoottimeMs + this.options.killAfterMs)
    this.tell({ kind: 'lease' })
    this.tellSecrets()
  }

  start(order: JobOrder, call: Call): Job {
    const started = Promise.withResolvers<boolean>()
    const result = Promise.withResolvers<Outcome>()
    const problem = this.over?.why ?? (this.closing ? 'the jobs are closed' : undefined) ?? orderProblem(order, this.running)
    if (problem === undefined) {
      this.running.set(order.id, { order, call, calls: new AbortController(), started: started.resolve, ended: result.resolve, forbidden: undefined })
      this.tellSecrets()
      this.tell({ kind: 'start', order })
    } else {
      started.resolve(false)
      result.resolve(neverRan('refused', problem))
    }
    return { id: order.id, started: started.promise, result: result.promise }
  }

  kill(workflows: readonly string[] | 'all', why = 'killed by a stop'): Promise<readonly WorkflowKilled[]> {
    if (this.over || this.closing) return this.ended.promise.then(({ killed }) => killed)
    const id = ++this.lastKill
    return new Promise((done) => {
      this.kills.set(id, { workflows, done })
      this.tell({ kind: 'kill', id, workflows, why })
    })
  }

  release(workflow: string): void {
    this.tell({ kind: 'release', workflow })
  }

  /** What changed is masked in what runs already too. */
  private tellSecrets(): void {
    const secrets = this.options.secrets?.()
    if (secrets === undefined || secrets === this.secrets) return
    this.secrets = secrets
    this.tell({ kind: 'secrets', secrets })
  }

  async close(): Promise<{ survivors: number }> {
    if (!this.closing && !this.over) this.tell({ kind: 'close' })
    this.closing = true
    const launched = await this.launched.catch(() => undefined)
    if (!launched) return { survivors: 0 }
    // It ends by itself when everything is dead. If it does not, it is ended like any other tree.
    const timer = setTimeout(() => void launched.clear(), 10_000)
    const { survivors } = await this.ended.promise
    clearTimeout(timer)
    return { survivors }
  }

  private async launch(resolve: (found: WayFound) => void, reject: (error: Error) => void): Promise<Launched> {
    const { options } = this
    await options.after
    const id = randomUUID()
    const way = options.way ?? 'auto'
    const launched = await launchSpawner({ id, way, stateDirectory: options.stateDirectory, path: options.path ?? process.env['PATH'] ?? '/usr/bin:/bin' })
    const { process: spawner, settings } = launched
    this.spawner = spawner
    spawner.on('message', (word: FromSpawner) => {
      if (word.kind === 'ready') resolve(word.found)
      else if (word.kind === 'unfit') reject(new Error(word.why))
      else this.hear(word)
    })
    spawner.stderr!.setEncoding('utf8').on('data', (text: string) => (this.complaint = (this.complaint + text).slice(-4000)))
    spawner.on('error', (error) => (this.complaint += error.message))
    // Its keeper ends after it, when all that it left is killed; where it could not be started there is only this.
    spawner.once(spawner.pid === undefined ? 'error' : 'exit', () => void this.lose(launched).then(({ why }) => reject(new Error(why))))
    this.tell({
      kind: 'begin',
      settings: {
        ...settings, id, way, warm: options.warm ?? 2, heapMb: options.heapMb ?? 512,
        outputDirectory: options.outputDirectory, outputCapBytes: options.outputCapBytes ?? 10_000_000,
      },
    })
    for (const word of this.unsent.splice(0)) this.tell(word)
    return launched
  }

  private tell(word: ToSpawner): void {
    if (!this.spawner) this.unsent.push(word)
    else if (this.spawner.connected) this.spawner.send(this.deadline === undefined ? word : { ...word, deadline: this.deadline }, () => {})
  }

  private hear(word: Exclude<FromSpawner, { kind: 'ready' | 'unfit' }>): void {
    switch (word.kind) {
      case 'idle':
        this.idle = word.children
        return
      case 'started':
        return this.running.get(word.job)?.started(true)
      case 'printed': {
        const job = this.running.get(word.job)
        return job && this.options.onPrinted?.(job.order, word.text, job.calls.signal)
      }
      case 'call':
        return void this.answer(word)
      case 'ended':
        return this.end(word.job, word.outcome)
      case 'killed':
        this.kills.get(word.id)?.done(word.results)
        return void this.kills.delete(word.id)
      case 'over':
        this.over = word
        return
    }
  }

  private end(id: string, outcome: Outcome): void {
    const job = this.running.get(id)
    if (!job) return
    this.running.delete(id)
    job.calls.abort(new Error('the job is over'))
    job.started(outcome.started)
    job.ended(job.forbidden === undefined ? outcome : forbidden(job.order, job.forbidden, outcome))
  }

  /** The child was not given what it may not ask for; that it asked all the same is refused here too, and not forgotten. */
  private async answer(word: Extract<FromSpawner, { kind: 'call' }>): Promise<void> {
    const job = this.running.get(word.job)
    if (!job) return
    const say = (answer: Answer): void => this.tell({ kind: 'answer', job: word.job, call: word.call, answer })
    if (!handleNames.has(word.name)) return say({ error: { name: 'Error', message: `there is no handle ${word.name}` } })
    if (job.order.phase !== 'step' && !readingHandles.has(word.name)) {
      job.forbidden ??= word.name
      return say({ error: { name: 'Error', message: forbiddenText(job.order, word.name) } })
    }
    try {
      say({ value: (await job.call(word.name, word.args, job.calls.signal)) ?? null })
    } catch (error) {
      say({ error: errorOf(error) })
    }
  }

  /** The spawner has ended. Whatever it left is killed; then everyone who waits is told. */
  private async lose(launched: Launched): Promise<Lost> {
    const asked = this.closing
    const complaint = this.complaint.trim().slice(-600)
    this.over ??= { why: asked ? 'the jobs are closed' : `the spawner ended by itself${complaint && `: ${complaint}`}`, results: [] }
    const { survivors } = await launched.clear()
    const { why, results } = this.over
    const lost: Lost = { why, killed: results, survivors: survivors + results.reduce((sum, one) => sum + one.survivors, 0) }
    for (const id of [...this.running.keys()]) this.end(id, { ...neverRan('killed', why), started: true })
    for (const { done } of this.kills.values()) done(results)
    this.kills.clear()
    this.ended.resolve(lost)
    if (!asked) this.options.onLost?.(lost)
    return lost
  }
}

function orderProblem(order: JobOrder, running: ReadonlyMap<string, Running>): string | undefined {
  if (!/^[\w.@:-]{1,200}$/.test(order.id)) return 'the id of an order is made of letters, digits and . _ - @ :'
  if (running.has(order.id)) return `an order with the id ${order.id} runs already`
  if (!/^[0-9a-f]{64}$/.test(order.digest)) return 'the digest of an order is a sha256 in 64 hex digits'
  if (!(order.timeoutMs > 0 && order.timeoutMs < 2 ** 31)) return 'an order needs a timeout between 1 ms and 24 days'
  if (!(order.memoryMb >= 16)) return 'an order needs at least 16 MB of memory'
  return undefined
}

const neverRan = (failure: 'refused' | 'killed', error: string): Outcome =>
  ({ kind: 'failed', failure, error, detail: '', started: false, printed: { tail: '', bytes: 0, file: undefined, cut: false } })

const forbiddenText = (order: JobOrder, handle: string): string =>
  `${order.phase === 'plan' ? 'a plan' : 'a probe'} may only read: it asked for ${handle}, which changes something`

const forbidden = (order: JobOrder, handle: string, { started, printed }: Outcome): Outcome =>
  ({ kind: 'failed', failure: 'forbidden', error: forbiddenText(order, handle), detail: handle, started, printed })

const errorOf = (error: unknown): HandleError =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: 'Error', message: String(error) }
