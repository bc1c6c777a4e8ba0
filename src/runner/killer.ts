/** What a stop does here: kill what it covers at once, then, the stop being on the log, let go of it and acknowledge. */
import type { Fact, StopOrder } from '../core/entry.ts'
import { compiledOf, covers } from '../core/fold/stops.ts'
import type { Workflow } from '../core/state.ts'
import type { RunnerDeps } from './deps.ts'
import type { WorkflowKilled } from './protocol.ts'

export interface KillerOptions extends RunnerDeps {
  readonly name: string
}

export const createKiller = (deps: KillerOptions) => {
  deps.latch.onTrip((stop) => void obey(stop, deps).catch(deps.onProblem))
}

const obey = async (stop: StopOrder, deps: KillerOptions): Promise<void> => {
  const began = deps.clock.steady()
  const covered = stop.effect === 'kill' ? mine(deps).filter((workflow) => coveredBy(stop, workflow)) : []
  const results = stop.effect === 'kill' ? await deps.jobs().kill(stop.matchers.length === 0 ? 'all' : covered.map(({ id }) => id), `stop ${stop.id}`) : []
  const tookMs = Math.round(deps.clock.steady() - began)
  // Letting go is decided by level, after folding the stop, and not at the latch: else what runs would be offered again.
  await deps.when(() => deps.state.stops.has(stop.id) || deps.state.liftedEarly.has(stop.id))
  const facts: Fact[] = covered.flatMap((workflow) => lettingGo(workflow, results, tookMs))
  const survivors = results.reduce((sum, one) => sum + one.survivors, 0)
  facts.push({ kind: 'stop acknowledged', stop: stop.id, runner: deps.me(), name: deps.name, killed: results.filter((one) => !isReading(one)).length, survivors, tookMs })
  await deps.folded(await deps.append(facts))
}

const coveredBy = (stop: StopOrder, workflow: Workflow): boolean => covers({ ...stop, compiled: compiledOf(stop) }, workflow)

const isReading = (killed: WorkflowKilled): boolean => killed.workflow.startsWith('plan:') || killed.workflow.startsWith('verify:')

const mine = (deps: KillerOptions): Workflow[] =>
  [...deps.state.live.get('running')!, ...deps.state.live.get('stopping')!].filter((workflow) => workflow.holder === deps.me())

/** A step that ended by itself meanwhile has had its say: the fold ignores what is said of a claim no longer held. */
const lettingGo = (workflow: Workflow, results: readonly WorkflowKilled[], tookMs: number): Fact[] => {
  const killed = results.find((one) => one.workflow === workflow.id)
  return workflow.steps.flatMap((step) => step.jobs.flatMap((job): Fact[] => job.state === 'claimed' && job.claim !== undefined
    ? [{ kind: 'let go', workflow: workflow.id, claim: job.claim, how: killed ? 'killed' : 'never started', survivors: killed?.survivors ?? 0, tookMs: killed?.tookMs ?? tookMs }]
    : []))
}
