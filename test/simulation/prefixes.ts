/** The log, folded entry by entry, and after each of them: one answer, one workflow at a target, no window over its limit. */
import { evolve } from '../../src/core/evolve.ts'
import { covering } from '../../src/core/fold/stops.ts'
import type { Read } from '../../src/core/entry.ts'
import type { Take } from '../../src/core/plan.ts'
import { initialState, isEnd, type State, type Workflow } from '../../src/core/state.ts'
import type { Start } from './truth.ts'
import type { World } from './world.ts'

/** Of one workflow: waiting in line, stops and lost runners bring a dozen. */
const mostRounds = 100

interface Before {
  readonly started: boolean
  readonly takes: readonly Take[]
  readonly claim: string | undefined
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
  const holders = new Map<string, Set<string>>()
  const rounds = new Map<string, number>()

  const answered = (episode: string | undefined, position: number): void => {
    const answer = episode === undefined ? undefined : state.episodes.get(episode)?.answer
    if (!answer) return
    const text = JSON.stringify(answer)
    if ((answers.get(episode!) ?? text) !== text) found.push(`at ${position} the answer of ${episode} changes from ${answers.get(episode!)} to ${text}`)
    answers.set(episode!, text)
  }

  const granted = (workflow: Workflow, { position, entry }: Read, takes: readonly Take[]): void => {
    starts.push({ workflow: workflow.id, at: state.at, takes, claim: entry.kind === 'claimed' ? entry.claim : '' })
    for (const take of takes) {
      const { window } = take
      const used = typeof window === 'string' ? holdersOf(take.key).add(workflow.id).size
        : starts.filter((start) => start.at > state.at - window.ms && start.takes.some(({ key }) => key === take.key)).length
      if (used > take.max) found.push(`at ${position} ${take.key} has ${used} of ${take.max}`)
    }
  }

  const holdersOf = (key: string): Set<string> => {
    const all = holders.get(key) ?? new Set<string>()
    holders.set(key, all)
    // One that is offered again from its first step holds nothing until it is granted anew.
    for (const id of all) if (isEnd(state.workflows.get(id)!.state) || !state.workflows.get(id)!.started) all.delete(id)
    return all
  }

  /** Judged and claimed again and again without ever getting on. */
  const round = (workflow: string, position: number): void => {
    const times = (rounds.get(workflow) ?? 0) + 1
    rounds.set(workflow, times)
    if (times === mostRounds) found.push(`at ${position} a workflow has gone ${times} rounds: ${workflow}`)
  }

  return {
    starts,
    before: ({ entry }: Read): Before => {
      if (entry.kind !== 'claimed') return { started: false, takes: [], claim: undefined }
      const workflow = state.workflows.get(entry.workflow)
      return { started: workflow?.started ?? false, takes: workflow?.decision?.takes ?? [], claim: workflow?.steps[entry.step]?.jobs[entry.job]?.claim }
    },
    after: (recorded: Read, before: Before): void => {
      const { entry, position } = recorded
      if (entry.kind === 'matched') answered(entry.episode, position)
      if (entry.kind === 'unmatched') for (const episode of entry.episodes) answered(episode, position)
      if (entry.kind === 'decided' || (entry.kind === 'claimed' && state.did.voided)) round(entry.workflow, position)
      if (entry.kind !== 'claimed') return
      const workflow = state.workflows.get(entry.workflow)
      if (workflow?.steps[entry.step]?.jobs[entry.job]?.claim !== entry.claim || before.claim === entry.claim) return
      if (covering(state, workflow).length > 0) found.push(`at ${position} a claim was granted behind a stop: ${workflow.id}`)
      if (!before.started) granted(workflow, recorded, before.takes)
      const targets = new Set(workflow.plan!.targets.map(({ id }) => id))
      for (const other of [...state.live.get('running')!, ...state.live.get('stopping')!]) {
        if (other !== workflow && other.plan!.targets.some(({ id }) => targets.has(id))) found.push(`at ${position} two workflows are at one target: ${workflow.id} and ${other.id}`)
      }
    },
  }
}
