/**
 * The spawner and its jobs, as the simulation has them: the rules of `src/runner/spawner.ts`, in virtual time. Every word
 * to it carries the deadline of the lease (rule 3); what runs dies with it, or when the deadline has passed.
 */
import type { Call, Job, Jobs, JobsOptions, Lost } from '../../src/runner/jobs.ts'
import type { JobOrder, Outcome, WorkflowKilled } from '../../src/runner/protocol.ts'
import type { Dice } from './dice.ts'
import type { Host } from './host.ts'
import type { Script } from './scripts.ts'
import type { Time } from './time.ts'
import type { Execution, Truth } from './truth.ts'

export interface SpawnerNeeds {
  readonly host: Host
  /** The machine under it: what the spawner and its jobs stand on. It sleeps sometimes, and never dies. */
  readonly ground: Host
  /** Its name in the truth: the machine and which life of it. */
  readonly hostName: string
  readonly time: Time
  readonly dice: Dice
  readonly truth: Truth
  readonly script: Script
  /** Maybe freezes the server between the latch and the word to the spawner. */
  readonly beforeStart: () => void
}

const wordMs = 2
const watchdogMs = 100

interface Running {
  readonly order: JobOrder
  readonly call: Call
  readonly calls: AbortController
  readonly settle: (outcome: Outcome) => void
  readonly begun: (value: boolean) => void
  execution?: Execution
}

export class SimulatedJobs implements Jobs {
  readonly ready: Jobs['ready']
  readonly idle = 2
  readonly #options: JobsOptions
  readonly #needs: SpawnerNeeds
  readonly #running = new Map<string, Running>()
  readonly #ended = Promise.withResolvers<Lost>()
  #deadline: number | undefined
  /** What the spawner knows of it. */
  #heard: number | undefined
  #over: string | undefined
  #told = false
  #closing = false

  constructor(options: JobsOptions, needs: SpawnerNeeds) {
    this.#options = options
    this.#needs = needs
    this.ready = needs.host.gate(new Promise((resolve) => {
      needs.ground.after(needs.dice.between(5, 50), () => resolve({ way: 'cgroup', why: 'simulated', not: [], leftBehind: { processes: 0, survivors: 0 } }))
    }))
    // kill -9 of the server: its spawner sees the channel close, or dies of the same blow.
    needs.host.onDeath(() => needs.ground.after(needs.dice.between(0, 20), () => this.finish('the server is gone')))
  }

  extend(sentAt: number): void {
    const { truth, hostName } = this.#needs
    if (!truth.sent.has(sentAt)) truth.leasesOfNoTick.push({ host: hostName, sentAt })
    this.#deadline = Math.max(this.#deadline ?? 0, sentAt + this.#options.killAfterMs)
    this.#tell(() => {})
  }

  start(order: JobOrder, call: Call): Job {
    const started = Promise.withResolvers<boolean>()
    const result = Promise.withResolvers<Outcome>()
    const job: Running = { order, call, calls: new AbortController(), settle: result.resolve, begun: started.resolve }
    if (this.#told || this.#closing) {
      started.resolve(false)
      result.resolve(failed('refused', 'it is over', false))
    } else {
      this.#running.set(order.id, job)
      this.#needs.beforeStart()
      this.#tell(() => this.#hearStart(job))
    }
    return { id: order.id, started: started.promise, result: result.promise }
  }

  kill(workflows: readonly string[] | 'all'): Promise<readonly WorkflowKilled[]> {
    if (this.#told || this.#closing) return this.#ended.promise.then(({ killed }) => killed)
    const { promise, resolve } = Promise.withResolvers<readonly WorkflowKilled[]>()
    this.#tell(() => void this.#killAll(workflows === 'all' ? () => true : (job) => workflows.includes(job.order.workflow)).then((killed) => this.#answer(() => resolve(killed))))
    return this.#needs.host.gate(promise)
  }

  release(workflow: string): void {
    this.#tell(() => void this.#killAll((job) => job.order.workflow === workflow))
  }

  async close(): Promise<{ survivors: number }> {
    this.#closing = true
    this.finish('the server closes')
    return { survivors: 0 }
  }

  /** The spawner ends: all that runs ends with it. */
  finish(why: string): void {
    if (this.#over !== undefined) return
    this.#over = why
    void this.#killAll(() => true).then((killed) => this.#answer(() => {
      this.#told = true
      const lost: Lost = { why, killed, survivors: 0 }
      for (const job of this.#running.values()) this.#end(job, { ...failed('killed', why, true) })
      this.#ended.resolve(lost)
      if (!this.#closing) this.#options.onLost?.(lost)
    }))
  }

  /** A word from the server, which goes when the server runs, and takes the deadline along that it knew then. */
  #tell(heard: () => void): void {
    const { host, ground } = this.#needs
    host.reach(() => {
      const deadline = this.#deadline
      ground.after(wordMs, () => {
        if (deadline !== undefined && deadline > (this.#heard ?? 0)) this.#watch(deadline)
        heard()
      })
    })
  }

  #answer(act: () => void): void {
    this.#needs.ground.after(wordMs, () => this.#needs.host.reach(act))
  }

  #watch(deadline: number): void {
    const first = this.#heard === undefined
    this.#heard = deadline
    if (!first) return
    const look = (): void => {
      if (this.#over !== undefined) return
      if (this.#needs.host.steady() > this.#heard!) return this.finish('no tick of the server came in time: its lease is over')
      this.#needs.ground.after(Math.max(watchdogMs, this.#heard! - this.#needs.host.steady()), look)
    }
    this.#needs.ground.after(watchdogMs, look)
  }

  #hearStart(job: Running): void {
    const now = this.#needs.host.steady()
    const late = this.#heard === undefined || this.#over !== undefined || now > this.#heard || now > job.order.notAfterBoottimeMs
    if (late) return this.#answer(() => this.#end(job, failed('refused', 'too late', false)))
    this.#needs.ground.after(this.#needs.dice.between(0, 3), () => this.#run(job))
  }

  #run(job: Running): void {
    const { truth, time, hostName, script, ground } = this.#needs
    const { order } = job
    if (!this.#running.has(order.id) || this.#over !== undefined) return
    const execution = truth.begin({
      phase: order.phase, workflow: order.workflow, step: order.step ?? -1, target: order.input.target, claim: order.id, host: hostName, began: time.now,
    })
    job.execution = execution
    this.#answer(() => job.begun(true))
    const { tookMs, output, error } = script(order, execution)
    const over = tookMs > order.timeoutMs
    ground.after(Math.min(tookMs, order.timeoutMs), () => {
      if (execution.ended !== undefined) return
      execution.ended = time.now
      const outcome: Outcome = over ? failed('timeout', 'it took too long', true)
        : error !== undefined ? failed('thrown', error, true)
        : { kind: 'done', output: output(), started: true, printed }
      execution.how = outcome.kind
      this.#answer(() => this.#end(job, outcome))
    })
  }

  async #killAll(which: (job: Running) => boolean): Promise<WorkflowKilled[]> {
    const { time, ground, dice } = this.#needs
    const hit = [...this.#running.values()].filter(which)
    return Promise.all(hit.map(async (job) => {
      const tookMs = job.execution === undefined ? 0 : dice.between(1, 40)
      if (!job.execution) this.#answer(() => this.#end(job, failed('killed', 'killed', false)))
      // It is not begun any more, whatever waits for it.
      if (!job.execution) this.#running.delete(job.order.id)
      await new Promise<void>((go) => void ground.after(tookMs, go))
      if (job.execution && job.execution.ended === undefined) {
        Object.assign(job.execution, { ended: time.now, how: 'killed' })
        this.#answer(() => this.#end(job, failed('killed', 'killed', true)))
      }
      return { workflow: job.order.workflow, job: job.order.id, processes: 1, survivors: 0, tookMs: Math.round(tookMs) }
    }))
  }

  #end(job: Running, outcome: Outcome): void {
    this.#running.delete(job.order.id)
    job.calls.abort()
    job.begun(outcome.started)
    job.settle(outcome)
  }
}

const printed = { tail: '', bytes: 0, file: undefined, cut: false }

const failed = (failure: 'refused' | 'killed' | 'timeout' | 'thrown', error: string, started: boolean): Outcome =>
  ({ kind: 'failed', failure, error, detail: '', started, printed })
