/** Makes plans: in a child that may only read. What it reads of the outside is written into the plan with its time. */
import { createHash } from 'node:crypto'
import { canonical } from '../core/canonical.ts'
import { leftMs } from '../core/deadline.ts'
import { plansDue } from '../core/due.ts'
import { readingHandles } from '../core/handle-names.ts'
import { plainLabels } from '../core/labels.ts'
import type { Change, Json, Plan } from '../core/plan.ts'
import type { State } from '../core/state.ts'
import type { Workflow } from '../core/workflow.ts'
import type { Actor } from '../follow/follower.ts'
import { inFlight } from '../follow/in-flight.ts'
import type { AlertView, PlanResult, Size } from '../runbook.ts'
import type { RunnerDeps } from './deps.ts'
import { createKept } from './kept.ts'
import { observe, readSize, type Named } from './observe.ts'
import type { Call } from './jobs.ts'
import { why } from './failure.ts'
import type { FailureKind, JobInput } from './protocol.ts'
import { freshMs } from '../follow/control.ts'

const plansAtOnce = 8
const readMs = 10_000
const planTimeoutMs = 30_000
/** Far below the age at which policies ask for a new plan. */
const knownForMs = 5000

export const createPlanner = (deps: RunnerDeps): Actor => {
  const busy = inFlight(deps)
  const kept = createKept(deps)
  return () => {
    kept.look()
    if (!deps.lease.fresh()) return
    for (const workflow of busy.idle(plansDue(deps.state, deps.seat()), (one) => one.id)) {
      if (busy.size() >= plansAtOnce) return
      if (!deps.latch.covers(workflow)) busy.during([workflow.id], async () => {
        if (await plan(workflow, deps)) kept.add(workflow)
        else deps.jobs().release(workflow.id)
      })
    }
  }
}

/** Whether it was made. */
const plan = async (workflow: Workflow, deps: RunnerDeps): Promise<boolean> => {
  const { turn } = workflow
  const script = await deps.scriptOf(workflow.runbook)
  if (!script) return false // for one that has it
  const timeoutMs = Math.max(1, Math.min(planTimeoutMs, leftMs(workflow, deps.seat().now)))
  const { call, sizeOf } = remembering(handlesOf(workflow, deps, timeoutMs), workflow, deps)
  const job = deps.jobs().start({
    id: `plan:${workflow.id}:${deps.newId().slice(-6)}`, workflow: workflow.id, ...script, phase: 'plan', input: inputOf(deps.state, workflow), timeoutMs, memoryMb: 512,
    notAfterBoottimeMs: deps.lease.sentAt() + freshMs,
  }, call)
  const outcome = await job.result
  if (outcome.kind === 'done') {
    const made = await complete(workflow, outcome.output as unknown as PlanResult, sizeOf, deps)
    if (typeof made === 'string') return end({ workflow: workflow.id, turn }, deps, 'plan failed', made)
    await deps.folded(await deps.append([{ kind: 'planned', workflow: workflow.id, turn, plan: made }]))
    return true
  }
  // Refused for being late, or killed by a stop: the plan changed nothing, so it is simply due again.
  if (outcome.failure === 'refused' || outcome.failure === 'killed') return false
  return end({ workflow: workflow.id, turn }, deps, reasonOf(outcome.failure), why(outcome, script, workflow.runbook))
}

type PlanReason = 'plan failed' | 'plan timeout' | 'runbook changed'

const reasonOf = (failure: FailureKind): PlanReason => (failure === 'timeout' ? 'plan timeout' : failure === 'changed' ? 'runbook changed' : 'plan failed')

const end = async (of: { workflow: string; turn: number }, deps: RunnerDeps, reason: PlanReason, detail: string): Promise<false> => {
  await deps.folded(await deps.append([{ kind: 'ended', ...of, state: 'failed', reason, detail }]))
  return false
}

/** The handles of a job, answered here, so that no credential ever enters the child. No call outlasts the job; what changes something may take as long: it waits for budgets and for nodes. */
export const handlesOf = (workflow: Workflow, deps: RunnerDeps, withinMs: number): Call => {
  const until = deps.clock.steady() + withinMs
  return (name, args, signal) => {
    const leftMs = Math.max(1, until - deps.clock.steady())
    return deps.hands.call(workflow.provider, name, args, { deadlineMs: readingHandles.has(name) ? Math.min(readMs, leftMs) : leftMs, signal })
  }
}

interface Sized {
  readonly size: Named
  /** Log time before it was read. */
  readonly readAt: number
}

/** What the plan read of a target a moment ago need not be read again for it. */
const remembering = (call: Call, workflow: Workflow, deps: RunnerDeps): { call: Call; sizeOf: (name: string) => Promise<Sized> } => {
  const sizes = new Map<Json, Sized>()
  const sized = async (name: string, read: () => Promise<Json>): Promise<Json> => {
    const readAt = deps.seat().now
    const size = await read()
    sizes.set(name, { size: { ...(size as unknown as Size), name }, readAt })
    return size
  }
  return {
    call: (name, args, signal) => (name === 'scale.read' && typeof args[0] === 'string' ? sized(args[0], () => call(name, args, signal)) : call(name, args, signal)),
    sizeOf: async (name) => {
      const known = sizes.get(name)
      if (!known || deps.seat().now - known.readAt > knownForMs) await sized(name, () => readSize(name, workflow, deps))
      return sizes.get(name)!
    },
  }
}

/** Each target under the provider's own stable id, and what was observed when the plan was made. */
const complete = async (workflow: Workflow, result: PlanResult, sizeOf: (name: string) => Promise<Sized>, deps: RunnerDeps): Promise<Plan | string> => {
  if (!Array.isArray(result?.changes)) return 'the plan returned no list of changes'
  const names = [...new Set([...result.changes.map((change) => change.target), ...(result.changes.length === 0 ? workflow.targets : [])])]
  const read: Named[] = []
  // The time is that before the first reading: what was read is never younger than it says.
  let readAt = deps.seat().now
  for (const name of names) {
    try {
      const found = await sizeOf(name)
      read.push(found.size)
      readAt = Math.min(readAt, found.readAt)
    } catch (problem) {
      return `${name}: ${problem instanceof Error ? problem.message : String(problem)}`
    }
  }
  const idOf = new Map(read.map(({ name, id }) => [name, id]))
  const targets = read.map(({ name, id }) => ({ name, id }))
  const changes: Change[] = result.changes.map(({ target, from, to }) => ({ target, id: idOf.get(target) ?? target, from, to }))
  const body = { targets, changes, ...(result.notes === undefined ? {} : { notes: result.notes }) }
  const observed = await observe({ workflow, targets: read, readAt, plan: body }, deps)
  // What is approved is what will be done. That it was observed again does not make it another plan.
  return { digest: createHash('sha256').update(canonical(body)).digest('hex'), ...body, observed }
}

/** What a script is told: labels and annotations as data. */
export const inputOf = (state: State, workflow: Workflow, target = workflow.targets[0] ?? ''): JobInput => {
  const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
  const alert: AlertView | undefined = episode && {
    labels: plainLabels(episode.labels), annotations: plainLabels(episode.annotations), startsAt: episode.startsAt, fingerprint: episode.fingerprint,
  }
  return {
    target, targets: workflow.plan?.targets.map(({ name }) => name) ?? workflow.targets, params: workflow.params, labels: plainLabels(workflow.labels),
    ...(alert ? { alert } : {}),
    ...(workflow.plan ? { plan: { digest: workflow.plan.digest, changes: workflow.plan.changes, notes: workflow.plan.notes ?? null } } : {}),
    outputs: Object.fromEntries(workflow.steps.map((step) => [
      step.name, step.each ? Object.fromEntries(step.jobs.map((job) => [job.target, job.output ?? null])) : (step.jobs[0]?.output ?? null),
    ])),
  }
}
