/**
 * What each policy that counts promises, counted anew from what happened: at every start, nothing of `src/` is asked how
 * full anything is. A start is the granted claim of a first step, in log time, under the catalogue that it was judged by.
 */
import type { Read } from '../../src/core/entry.ts'
import type { Plan } from '../../src/core/plan.ts'
import { ends as allEnds } from '../../src/core/reason.ts'
import type { State } from '../../src/core/state.ts'
import { isEnd, type Workflow } from '../../src/core/workflow.ts'
import { catalogueNo } from './scripts.ts'

interface Started {
  readonly workflow: Workflow
  readonly at: number
}

type Settings = Readonly<Record<string, unknown>>

/** Jobs that change something: so many, and then none for a while. */
interface Paced {
  readonly running: Set<string>
  taken: number
  endedAt: number
}

const sizeOf = ({ observed }: Plan, name: string): number => (observed.find((fact) => fact.name === 'size' && fact.target === name)!.value as { replicas: number }).replicas

/** The catalogue of the simulation writes all of them in seconds. */
const msOf = (text: unknown): number => Number.parseFloat(String(text)) * 1000
const targetsOf = ({ plan }: Workflow): string[] => plan!.targets.map(({ id }) => id)
const sameRunbook = (a: Workflow, b: Workflow): boolean => a.runbook.name === b.runbook.name
const sameTarget = (a: Workflow, b: Workflow): boolean => targetsOf(a).some((id) => targetsOf(b).includes(id))

export const createLimits = (state: State) => {
  const starts: Started[] = []
  const ends = new Map<Workflow, number>()
  const paced = new Map<string, Paced>()
  let closedAt = -1
  let tripped = false

  const within = (forText: unknown): Started[] => starts.filter(({ at }) => at > state.at - msOf(forText))
  const begun = (): Workflow[] => [...new Set(starts.map(({ workflow }) => workflow))].filter(({ started, state: name }) => started && !isEnd(name))
  const most = (used: number, max: unknown): string | undefined => (used > Number(max) ? `${used} of ${String(max)}` : undefined)

  const started = (forText: unknown, mine: Workflow): Workflow[] => within(forText).map(({ workflow }) => workflow).filter((other) => sameRunbook(other, mine))
  const onTarget = (forText: unknown, mine: Workflow): number => started(forText, mine).filter((other) => sameTarget(other, mine)).length
  const going = (mine: Workflow): Workflow[] => begun().filter((other) => sameRunbook(other, mine))
  /** By how much each target's size changes: below 0 it shrinks. */
  const moved = ({ plan }: Workflow): Map<string, number> => new Map(plan!.changes.map(({ id, target, to }) => [id, Number(to) - sizeOf(plan!, target)]))
  const endedLately = (forText: unknown, which: readonly string[], until = state.at): Workflow[] =>
    [...ends].filter(([{ state: name }, at]) => at > until - msOf(forText) && which.includes(name)).map(([workflow]) => workflow)
  const bad = (forText: unknown, mine: Workflow): number => endedLately(forText, ['failed', 'unproven']).filter((other) => sameRunbook(other, mine)).length

  /** With the start that is looked at among them. In this catalogue nothing is counted over several runbooks. */
  const promises: Readonly<Record<string, (settings: Settings, mine: Workflow) => string | undefined>> = {
    'rate': ({ max, per, by }, mine) => most(by === 'target' ? onTarget(per, mine) : started(per, mine).length, max),
    'concurrency': ({ max }, mine) => most(going(mine).length, max),
    'cooldown': (settings, mine) => most(onTarget(settings['for'], mine), 1),
    'attempts': (settings, mine) => most(onTarget(settings['in'], mine), settings['max']),
    'caps': ({ max, per }, mine) => most(started(per, mine).flatMap(targetsOf).length, max),
    'breaker': (settings, mine) => {
      const targets = within(settings['in']).filter(({ workflow, at }) => sameRunbook(workflow, mine) && at > closedAt).flatMap(({ workflow }) => targetsOf(workflow))
      return tripped ? '1 of 0' : most(new Set(targets).size, settings['max'])
    },
    'slow-down': ({ max, per }, mine) => {
      const gone = within(per).filter(({ workflow }) => has('slow-down', workflow, mine)).map(({ workflow }) => moved(workflow))
      return most(Math.max(...[...moved(mine).keys()].map((id) => gone.reduce((sum, by) => sum + Math.max(0, -(by.get(id) ?? 0)), 0))), max)
    },
    'opposite': (settings, mine) => {
      const others = [...begun(), ...endedLately(settings['for'], allEnds).filter((one) => one.started)].filter((other) => other !== mine && has('opposite', other, mine))
      return most([...moved(mine)].filter(([id, by]) => others.some((other) => by * (moved(other).get(id) ?? 0) < 0)).length, 0)
    },
    // How many at once is what was proved when it was judged.
    'ramp': ({ max, in: window }, mine) => {
      const before = endedLately(window, ['healed', 'completed'], mine.decision!.given!.at).filter((other) => sameRunbook(other, mine) && ends.get(other)! <= mine.decision!.at)
      const atOnce = new Set(going(mine).flatMap(targetsOf)).size
      return most(bad(window, mine), 0) ?? most(atOnce, Math.min(Number(max), 2 ** Math.floor(Math.log2(before.flatMap(targetsOf).length + 1))))
    },
    'error-budget': (settings, mine) => most(going(mine).length + bad(settings['in'], mine), settings['max']),
  }

  /** Counted job by job, so at every claim and not at the first alone. */
  const paceOf = (name: string): Paced => {
    const known = paced.get(name) ?? { running: new Set<string>(), taken: 0, endedAt: -Infinity }
    paced.set(name, known)
    return known
  }
  const claimsOf = (name: string): string[] => [...state.live.get('running')!, ...state.live.get('stopping')!].filter(({ runbook }) => runbook.name === name)
    .flatMap(({ steps }) => steps.filter(({ effect }) => effect !== 'read').flatMap(({ jobs }) => jobs.flatMap((job) => (job.state === 'claimed' ? [job.claim!] : []))))
  const pauses = (policy: string, { count, ...settings }: Settings, pace: Paced, claim: string): string | undefined => {
    if (pace.running.size === 0 && pace.endedAt + msOf(settings['for']) <= state.at) pace.taken = 0
    pace.taken++
    pace.running.add(claim)
    return pace.taken > Number(count) ? `${policy} has ${pace.taken} of ${String(count)}` : undefined
  }

  const policiesOf = ({ runbook }: Workflow, { decision }: Workflow) => catalogueNo(Number(decision!.catalogue)).policies[runbook.name]!
  const has = (policy: string, of: Workflow, judgedLike: Workflow): boolean => policiesOf(of, judgedLike).some(({ type }) => type === policy)

  return {
    /** After the entry was folded. `start`: the workflow whose first step it granted; `claim`: any claim that it granted. */
    look: ({ entry }: Read, { start, claim }: { start?: Workflow | undefined; claim?: { workflow: Workflow; id: string; changes: boolean } | undefined }): string[] => {
      for (const { workflow } of state.did.moved) if (isEnd(workflow.state)) ends.set(workflow, state.at)
      for (const [name, pace] of paced) {
        const now = new Set(claimsOf(name))
        for (const id of pace.running) if (!now.has(id)) (pace.running.delete(id), (pace.endedAt = state.at))
      }
      if (entry.kind === 'breaker closed') [tripped, closedAt] = [false, state.at]
      if (start) starts.push({ workflow: start, at: state.at })
      const found = start ? policiesOf(start, start).flatMap(({ type, settings }) => {
        const broken = promises[type]?.(settings as Settings, start)
        return broken === undefined ? [] : [`${type} has ${broken}`]
      }) : []
      if (entry.kind === 'decided' && entry.verdicts.some(({ policy, verdict }) => policy === 'breaker' && verdict === 'refuse') && state.did.moved.length > 0) tripped = true
      const pace = claim?.changes ? policiesOf(claim.workflow, claim.workflow).find(({ type }) => type === 'pause-after') : undefined
      const paused = pace && pauses(pace.name, pace.settings as Settings, paceOf(claim!.workflow.runbook.name), claim!.id)
      return paused === undefined ? found : [...found, paused]
    },
  }
}
