/**
 * The warm children: so many idle ones, at most two booting at once, each given to one workflow. Orders that find none
 * wait for the next that comes up, until their own time is over.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { boottimeMs } from './boottime.ts'
import { ownBytes, processStat } from './proc.ts'
import type { Answer, JobOrder, Killed, Result, WorkflowKilled } from './protocol.ts'
import { WarmChild, memoryResult } from './warm.ts'
import type { Nest } from './warm.ts'

const bootingAtOnce = 2
const longestQueue = 1000
/** Long enough for what was just sent off to begin. */
const bootLaterMs = 100

export type PoolNeeds = Omit<Nest, 'onReady' | 'onFree' | 'onGone'> & { onUp(): void; onUnfit(why: string): void }

export class Pool {
  private readonly needs: PoolNeeds
  private readonly nest: Nest
  private readonly children = new Set<WarmChild>()
  private readonly waiting: JobOrder[] = []
  private readonly recorded = new Set<string>()
  private failures = 0
  private pause: NodeJS.Timeout | undefined
  private later: NodeJS.Timeout | undefined
  private closed = false

  constructor(needs: PoolNeeds) {
    this.needs = needs
    this.nest = { ...needs, onReady: (child) => this.up(child), onFree: () => this.serve(), onGone: (child) => this.gone(child) }
  }

  /** Boots what is missing. Called after whatever takes a child away. */
  fill(): void {
    if (this.closed || this.pause) return
    const { warm, heapMb } = this.needs.settings
    for (;;) {
      const booting = this.count('booting')
      if (booting >= bootingAtOnce) return
      const large = this.waiting.find((order) => order.memoryMb > heapMb && !this.some((child) => child.state === 'booting' && child.heapMb >= order.memoryMb))
      if (!large && this.count('idle') + booting >= warm + this.waiting.length) return
      try {
        const child = new WarmChild(this.nest, large ? large.memoryMb : heapMb)
        this.children.add(child)
        this.record(child.tree.root)
      } catch (error) {
        return this.failed(error instanceof Error ? error.message : String(error))
      }
    }
  }

  start(order: JobOrder): void {
    if (this.closed) return this.refuse(order, 'everything is being ended')
    if (this.waiting.length >= longestQueue) return this.refuse(order, `${longestQueue} orders wait for a process already`)
    this.waiting.push(order)
    this.serve()
  }

  /** The children of these workflows, with all that came of them; and their orders that still wait. */
  kill(workflows: readonly string[] | 'all', why: string): Promise<WorkflowKilled[]> {
    const meant = workflows === 'all' ? undefined : new Set(workflows)
    const result: Result = { kind: 'failed', failure: 'killed', error: why, detail: '' }
    const hit = [...this.children].filter((child) => child.workflow !== undefined && (!meant || meant.has(child.workflow)))
    const ends = hit.map(async (child) => {
      const job = child.job?.order.id
      return { workflow: child.workflow!, job, ...(await child.end(result)) }
    })
    const never = this.take((order) => !meant || meant.has(order.workflow)).map((order) => {
      this.tellEnded(order, result)
      return Promise.resolve({ workflow: order.workflow, job: order.id, ...nothing })
    })
    return Promise.all([...ends, ...never])
  }

  release(workflow: string): void {
    const why = 'its workflow was released'
    for (const order of this.take((one) => one.workflow === workflow)) this.refuse(order, why)
    for (const child of this.children) if (child.workflow === workflow) void child.end({ kind: 'failed', failure: 'killed', error: why, detail: '' })
  }

  answer(job: string, call: number, answer: Answer): void {
    for (const child of this.children) if (child.job?.order.id === job) child.answer(call, answer)
  }

  /** Every child, idle ones too; none comes up any more. */
  async close(why: string): Promise<WorkflowKilled[]> {
    this.closed = true
    clearTimeout(this.pause)
    const results = this.kill('all', why)
    const result: Result = { kind: 'failed', failure: 'killed', error: why, detail: '' }
    await Promise.all([...this.children].map((child) => child.end(result)))
    return results
  }

  /** Orders whose time is over go back. */
  expire(): void {
    const now = boottimeMs()
    for (const order of this.take((one) => now > one.notAfterBoottimeMs)) this.refuse(order, 'no process came up in time: its lease is not fresh any more')
  }

  /** Looks how much memory each job takes, all its processes together. */
  watchMemory(): void {
    for (const child of this.children) {
      if (child.state !== 'bound') continue
      const members = this.needs.way.members(child.tree)
      members.forEach((pid) => this.record(pid))
      const { job } = child
      if (!job) continue
      const bytes = members.reduce((sum, pid) => sum + ownBytes(pid), 0)
      if (bytes > job.order.memoryMb * 1_048_576) void child.end(memoryResult(job.order))
    }
  }

  /** For the next start, should this one end without its keeper. Groups need no such list. */
  private record(pid: number): void {
    if (this.needs.way.name === 'cgroup') return
    const line = `${pid} ${processStat(pid)?.start ?? ''}\n`
    if (this.recorded.has(line)) return
    this.recorded.add(line)
    appendFileSync(join(this.needs.settings.folder, 'pids'), line)
  }

  /** Each waiting order gets a child of its workflow that is free, or else an idle one. */
  private serve(): void {
    const served = new Set<JobOrder>()
    for (const order of this.waiting) {
      const fits = [...this.children].filter((child) => child.heapMb >= order.memoryMb)
      const own = fits.find((child) => child.state === 'bound' && child.workflow === order.workflow && !child.job)
      const child = own ?? fits.find(({ state }) => state === 'idle')
      if (!child) continue
      served.add(order)
      if (boottimeMs() > order.notAfterBoottimeMs) this.refuse(order, 'the order came too late: its lease is not fresh any more')
      else child.run(order)
    }
    this.take((order) => served.has(order))
    this.tellIdle()
    // The new one boots after the job has been sent off; while others are idle, later still: booting is work for all.
    if (this.waiting.length > 0 || this.count('idle') === 0) setImmediate(() => this.fill())
    else this.later ??= setTimeout(() => {
      this.later = undefined
      this.fill()
    }, bootLaterMs)
  }

  private up(child: WarmChild): void {
    this.failures = 0
    this.record(child.tree.root)
    this.serve()
    this.needs.onUp()
  }

  private gone(child: WarmChild): void {
    this.children.delete(child)
    if (!child.cameUp && !this.closed) this.failed(child.lastWords || 'it ended without a word')
    this.fill()
  }

  /** Children that do not come up are tried again, ever more seldom. */
  private failed(why: string): void {
    this.failures++
    if (this.failures >= 3) this.needs.onUnfit(`no process for jobs comes up: ${why.trim().slice(-600)}`)
    clearTimeout(this.pause)
    this.pause = setTimeout(() => {
      this.pause = undefined
      this.fill()
    }, Math.min(5000, 100 * 2 ** this.failures))
  }

  private take(meant: (order: JobOrder) => boolean): JobOrder[] {
    const taken = this.waiting.filter(meant)
    if (taken.length > 0) this.waiting.splice(0, Infinity, ...this.waiting.filter((order) => !taken.includes(order)))
    return taken
  }

  private refuse(order: JobOrder, why: string): void {
    this.tellEnded(order, { kind: 'failed', failure: 'refused', error: why, detail: '' })
  }

  private tellEnded(order: JobOrder, result: Result): void {
    const printed = { tail: '', bytes: 0, file: undefined, cut: false }
    this.needs.say({ kind: 'ended', job: order.id, outcome: { ...result, started: false, printed } })
  }

  private tellIdle(): void {
    this.needs.say({ kind: 'idle', children: this.count('idle') })
  }

  private count(state: WarmChild['state']): number {
    let count = 0
    for (const child of this.children) if (child.state === state) count++
    return count
  }

  private some(meant: (child: WarmChild) => boolean): boolean {
    return [...this.children].some(meant)
  }
}

const nothing: Killed = { processes: 0, survivors: 0, tookMs: 0 }
