/**
 * What each policy that counts promises, counted anew from what happened: at every start, nothing of `src/` is asked how
 * full anything is. A start is the granted claim of a first step, in log time, under the catalogue that it was judged by.
 */
import type { Read } from '../../src/core/entry.ts'
import { isEnd, type State, type Workflow } from '../../src/core/state.ts'
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
  const failed = (of: Workflow, forText: unknown): number => [...ends].filter(([other, at]) =>
    sameRunbook(other, of) && at > state.at - msOf(forText) && (other.state === 'failed' || other.state === 'unproven')).length
  const most = (used: number, max: unknown): string | undefined => (used > Number(max) ? `${used} of ${String(max)}` : undefined)

  const started = (forText: unknown, mine: Workflow): Workflow[] => within(forText).map(({ workflow }) => workflow).filter((other) => sameRunbook(other, mine))
  const onTarget = (forText: unknown, mine: Workflow): number => started(forText, mine).filter((other) => sameTarget(other, mine)).length
  const going = (mine: Workflow): number => begun().filter((other) => sameRunbook(other, mine)).length

  /** With the start that is looked at among them. In this catalogue nothing is counted over several runbooks. */
  const promises: Readonly<Record<string, (settings: Settings, mine: Workflow) => string | undefined>> = {
    'rate': ({ max, per, by }, mine) => most(by === 'target' ? onTarget(per, mine) : started(per, mine).length, max),
    'concurrency': ({ max }, mine) => most(going(mine), max),
    'cooldown': (settings, mine) => most(onTarget(settings['for'], mine), 1),
    'attempts': (settings, mine) => most(onTarget(settings['in'], mine), settings['max']),
    'caps': ({ max, per }, mine) => most(started(per, mine).flatMap(targetsOf).length, max),
    'breaker': (settings, mine) => {
      const targets = within(settings['in']).filter(({ workflow, at }) => sameRunbook(workflow, mine) && at > closedAt).flatMap(({ workflow }) => targetsOf(workflow))
      return tripped ? '1 of 0' : most(new Set(targets).size, settings['max'])
    },
    'error-budget': (settings, mine) => most(going(mine) + failed(mine, settings['in']), settings['max']),
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

  const policiesOf = ({ decision, runbook }: Workflow) => catalogueNo(Number(decision!.catalogue)).policies[runbook.name]!

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
      const found = start ? policiesOf(start).flatMap(({ type, settings }) => {
        const broken = promises[type]?.(settings as Settings, start)
        return broken === undefined ? [] : [`${type} has ${broken}`]
      }) : []
      if (entry.kind === 'decided' && entry.verdicts.some(({ policy, verdict }) => policy === 'breaker' && verdict === 'refuse') && state.did.moved.length > 0) tripped = true
      const pace = claim?.changes ? policiesOf(claim.workflow).find(({ type }) => type === 'pause-after') : undefined
      const paused = pace && pauses(pace.name, pace.settings as Settings, paceOf(claim!.workflow.runbook.name), claim!.id)
      return paused === undefined ? found : [...found, paused]
    },
  }
}
