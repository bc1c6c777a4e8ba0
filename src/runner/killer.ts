/**
 * What a stop does here. Killing is done at once, when the latch trips. Acknowledging is done by level: once the log has
 * the stop, whoever runs under it has let go of what it covers and has not said so yet, says so; also one that was
 * started while the stop was in force.
 */
import { compiledOf, covers, isLifted } from '../core/fold/stops.ts'
import type { StopOrder } from '../core/entry.ts'
import type { Stop } from '../core/state.ts'
import { isClaimed, type Workflow } from '../core/workflow.ts'
import type { Actor } from '../follow/follower.ts'
import { inFlight } from '../follow/in-flight.ts'
import type { Acknowledged } from '../follow/proofs.ts'
import type { RunnerDeps } from './deps.ts'

export interface KillerOptions extends RunnerDeps {
  readonly name: string
  /** Known here at once; the log has it later. */
  readonly hear: (stop: string, acknowledged: Acknowledged) => void
}

type Obeyed = { readonly runner: string; readonly result: Promise<Acknowledged> }

export const createKiller = (deps: KillerOptions): Actor => {
  const busy = inFlight(deps)
  const obeyed = new Map<string, Obeyed>()

  /** Once per stop and identity: what another identity of this process ran is dead already. */
  const obey = (stop: StopOrder): Promise<Acknowledged> => {
    const before = obeyed.get(stop.id)
    if (before?.runner === deps.me()) return before.result
    const result = kill(stop, deps)
    obeyed.set(stop.id, { runner: deps.me(), result })
    result.then((acknowledged) => deps.hear(stop.id, acknowledged), deps.onProblem)
    return result
  }
  deps.latch.onTrip((stop) => void obey(stop))
  for (const stop of deps.latch.unrecorded()) void obey(stop)

  return () => {
    for (const stop of busy.idle([...deps.state.inForce], ({ id }) => id)) {
      if (stop.acknowledgements.some(({ runner }) => runner === deps.me()) || holds(stop, deps)) continue
      busy.during([stop.id], async () => {
        const acknowledged = await obey(stop)
        if (!holds(stop, deps)) await deps.folded(await deps.append([{ kind: 'stop acknowledged', stop: stop.id, ...acknowledged }]))
      })
    }
    for (const workflow of busy.idle(cancelled(deps), ({ id }) => id)) {
      busy.during([workflow.id], async () => {
        await deps.jobs().kill([workflow.id], `cancelled by ${workflow.cancelled!.who}`)
        await deps.when(() => workflow.state !== 'stopping')
      })
    }
    for (const id of obeyed.keys()) if (isLifted(deps.state, id)) obeyed.delete(id)
  }
}

/** What a person cancelled while it ran here. */
const cancelled = ({ state, me }: KillerOptions): Workflow[] =>
  [...state.live.get('stopping')!].filter((workflow) => workflow.cancelled !== undefined && workflow.holder === me())

/** Whatever holds a claim lets go of it by itself, in the stepper: there is one place that speaks for a claim. */
const kill = async (stop: StopOrder, deps: KillerOptions): Promise<Acknowledged> => {
  const runner = deps.me()
  const began = deps.clock.steady()
  // Whoever still makes a plan changes nothing: it dies too, and counts for nothing.
  const running = new Set(covered(stop, deps).map(({ id }) => id))
  const results = stop.effect === 'pause' ? [] : await deps.jobs().kill(stop.matchers.length === 0 ? 'all' : [...running], `stop ${stop.id}`)
  return {
    runner, name: deps.name, killed: new Set(results.map(({ workflow }) => workflow).filter((id) => running.has(id))).size,
    survivors: results.reduce((sum, one) => sum + one.survivors, 0), tookMs: Math.round(deps.clock.steady() - began),
  }
}

const holds = (stop: Stop, deps: KillerOptions): boolean =>
  stop.effect === 'kill' && covered(stop, deps).some(isClaimed)

const covered = (stop: StopOrder, deps: KillerOptions): Workflow[] => {
  const scope = { matchers: stop.matchers, compiled: compiledOf(stop) }
  return [...deps.state.live.get('running')!, ...deps.state.live.get('stopping')!].filter((workflow) => workflow.holder === deps.me() && covers(scope, workflow))
}
