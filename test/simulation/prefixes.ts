/** The log, folded entry by entry, and after each of them: one answer, one workflow at a target, no window over its limit. */
import { evolve } from '../../src/core/evolve.ts'
import { covering, covers } from '../../src/core/fold/stops.ts'
import type { Read } from '../../src/core/entry.ts'
import type { Take } from '../../src/core/plan.ts'
import { initialState, type State } from '../../src/core/state.ts'
import { isEnd, type Workflow } from '../../src/core/workflow.ts'
import { createEarned } from './earned.ts'
import { createLimits } from './limits.ts'
import type { Start } from './truth.ts'
import type { World } from './world.ts'

/** Of one workflow: waiting in line, stops and lost runners bring a dozen. */
const mostRounds = 100

const ofRunners: ReadonlySet<Read['entry']['kind']> = new Set(['matched', 'planned', 'decided', 'claimed', 'step done', 'step failed', 'let go', 'verified', 'ended'])

interface Before {
  /** The plan about which it asks. */
  readonly asking: string | undefined
  readonly started: boolean
  readonly takes: readonly Take[]
  readonly claim: string | undefined
  readonly judgedAt: number
}

export const overPrefixes = (world: World): { state: State; found: string[] } => {
  const state = initialState()
  const found: string[] = []
  const check = checks(state, found)
  for (const recorded of world.log.entries()) {
    const before = check.before(recorded)
    evolve(state, recorded)
    check.after(recorded, before)
  }
  world.starts.push(...check.starts)
  return { state, found }
}

const checks = (state: State, found: string[]) => {
  const answers = new Map<string, string>()
  const starts: Start[] = []
  const limits = createLimits(state)
  const earned = createEarned(state)
  const rounds = new Map<string, number>()
  const lost = new Set<string>()
  const approved = new Set<string>()

  const answered = (episode: string | undefined, position: number): void => {
    const answer = episode === undefined ? undefined : state.episodes.get(episode)?.answer
    if (!answer) return
    const text = JSON.stringify(answer)
    if ((answers.get(episode!) ?? text) !== text) found.push(`at ${position} the answer of ${episode} changes from ${answers.get(episode!)} to ${text}`)
    answers.set(episode!, text)
  }

  /** Judged and claimed again and again without ever getting on. */
  const round = (workflow: string, position: number): void => {
    const times = (rounds.get(workflow) ?? 0) + 1
    rounds.set(workflow, times)
    if (times === mostRounds) found.push(`at ${position} a workflow has gone ${times} rounds: ${workflow}`)
  }

  /** What a ladder tries next begins when what was tried is over, and once. */
  const oneAtATime = (workflow: Workflow | undefined, position: number): void => {
    const same = workflow ? [...state.workflows.values()].filter(({ episode }) => episode === workflow.episode) : []
    if (same.filter(({ state: name }) => !isEnd(name)).length > 1 || same.filter(({ after }) => after === workflow?.after).length > 1) found.push(`at ${position} two workflows answer one episode: ${same.map(({ id }) => id).join(' and ')}`)
  }

  const grantedTo = ({ entry }: Read, before: Before): Workflow | undefined => {
    const workflow = entry.kind === 'claimed' ? state.workflows.get(entry.workflow) : undefined
    return entry.kind === 'claimed' && workflow?.steps[entry.step]?.jobs[entry.job]?.claim === entry.claim && before.claim !== entry.claim ? workflow : undefined
  }

  /** Rule 5. What people and the world outside told a process was accepted, and stays. */
  const ofTheLost = ({ entry, position }: Read, granted: boolean): void => {
    const { moved, jobs } = state.did
    if (lost.has(entry.by) && ofRunners.has(entry.kind) && (granted || moved.length + jobs.length > 0)) found.push(`at ${position} the word of a lost identity counts: ${entry.kind}`)
    if (entry.kind === 'runner lost') lost.add(entry.runner)
  }

  /** A kill is lifted by a person, and a pause by itself not before its time. */
  const liftedItself = ({ entry, position }: Read): void => {
    if (entry.kind !== 'stop lifted' || entry.who !== 'paramedic') return
    const stop = state.stops.get(entry.stop)
    const forMs = stop?.effect === 'pause' ? stop.forMs ?? Infinity : Infinity
    if (stop?.lifted?.at === state.at && state.at < stop.at + forMs) found.push(`at ${position} a stop lifted itself that must not: ${stop.effect} ${stop.id}`)
  }

  /** Rule 18: by somebody who said yes to this very plan while it was asked about. */
  const asksFirst = ({ id, mode, plan, trust, runbook }: Workflow, position: number): void => {
    const asks = mode === 'approve' || (typeof trust === 'object' && !earned.mayStart(runbook.name))
    if (asks && !approved.has(`${id} ${plan!.digest}`)) found.push(`at ${position} a workflow started that nobody approved: ${id}`)
  }

  return {
    starts,
    before: ({ entry }: Read): Before => {
      const workflow = 'workflow' in entry ? state.workflows.get(entry.workflow) : undefined
      const asking = workflow?.state === 'asking' ? workflow.plan?.digest : undefined
      if (entry.kind !== 'claimed') return { started: false, takes: [], claim: undefined, judgedAt: 0, asking }
      return { asking, started: workflow?.started ?? false, takes: workflow?.decision?.takes ?? [], judgedAt: workflow?.decision?.judgedAt ?? 0, claim: workflow?.steps[entry.step]?.jobs[entry.job]?.claim }
    },
    after: (recorded: Read, before: Before): void => {
      const { entry, position } = recorded
      liftedItself(recorded)
      if (entry.kind === 'approved' && before.asking === entry.plan) approved.add(`${entry.workflow} ${entry.plan}`)
      earned.look(recorded)
      if (entry.kind === 'matched') answered(entry.episode, position)
      if (entry.kind === 'unmatched') for (const episode of entry.episodes) answered(episode, position)
      if (entry.kind === 'decided' || (entry.kind === 'claimed' && state.did.voided)) round(entry.workflow, position)
      if (entry.kind === 'climbed') oneAtATime(state.workflows.get(entry.workflow), position)
      const workflow = grantedTo(recorded, before)
      ofTheLost(recorded, workflow !== undefined)
      const isFirst = workflow !== undefined && !before.started
      const claim = workflow && entry.kind === 'claimed' ? { workflow, id: entry.claim, changes: workflow.steps[entry.step]!.effect !== 'read' } : undefined
      found.push(...limits.look(recorded, { claim, start: isFirst ? workflow : undefined }).map((what) => `at ${position} ${what}`))
      if (!workflow) return
      if (workflow.deadlineAt !== undefined && state.at >= workflow.deadlineAt) found.push(`at ${position} a claim was granted when the time was over: ${workflow.id}`)
      if (covering(state, workflow).length > 0) found.push(`at ${position} a claim was granted behind a stop: ${workflow.id}`)
      if (isFirst) {
        asksFirst(workflow, position)
        const leaves = [...state.suspensions.values()].find((one) => one.runbooks.some(({ name }) => name === workflow.runbook.name) && workflow.plan!.targets.some(({ id }) => id === one.targetId))
        if (leaves) found.push(`at ${position} it was started on ${leaves.target}, which a person had changed by hand: ${workflow.id}`)
        starts.push({ workflow: workflow.id, at: state.at, takes: before.takes, claim: claim!.id })
        const since = [...state.stops.values()].filter((stop) => stop.position >= before.judgedAt && covers(stop, workflow))
        if (since.length > 0) found.push(`at ${position} a first claim was granted although a stop came since it was judged: ${workflow.id}`)
      }
      const targets = new Set(workflow.plan!.targets.map(({ id }) => id))
      for (const other of [...state.live.get('running')!, ...state.live.get('stopping')!]) {
        if (other !== workflow && other.plan!.targets.some(({ id }) => targets.has(id))) found.push(`at ${position} two workflows are at one target: ${workflow.id} and ${other.id}`)
      }
    },
  }
}
