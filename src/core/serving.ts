/** Which runners may work on a workflow: those that serve all its targets and have its script. Safety rests on neither: a claim is a claim. */
import { matches } from './matcher.ts'
import type { Seat, Serving } from './seat.ts'
import { covering } from './fold/stops.ts'
import type { State } from './state.ts'
import { isClaimed, type Workflow } from './workflow.ts'

type Served = Pick<Workflow, 'labels' | 'runbook' | 'provider' | 'targets' | 'plan'>

const reaches = ({ targets }: Serving, workflow: Served): boolean =>
  targets.list.length === 0 || [...workflow.targets, ...(workflow.plan?.targets.map(({ name }) => name) ?? [])]
    .every((target) => matches(targets, new Map([...workflow.labels, ['runbook', workflow.runbook.name], ['provider', workflow.provider], ['target', target]])))

const serves = (serving: Serving | undefined, workflow: Served): boolean =>
  serving === undefined || (!serving.lacks.has(workflow.runbook.digest) && reaches(serving, workflow))

/** Among those who serve it; undefined where this process does not. */
export const seatFor = (workflow: Served, seat: Seat): Seat | undefined => {
  const { me, live, serving } = seat
  if (serving === undefined || serving.size === 0) return seat
  return serves(serving.get(me), workflow) ? { ...seat, live: live.filter((id) => serves(serving.get(id), workflow)) } : undefined
}

export interface Unserved {
  readonly workflow: Workflow
  readonly reason: 'no runner' | 'runbook changed'
  readonly detail: string
}

/** Whether the next thing to be done with it is a runner's who serves it. */
const needsRunner = (workflow: Workflow): boolean => {
  if (workflow.state === 'ready') return workflow.decision?.outcome === 'start'
  return workflow.state === 'verifying' ? workflow.probe : !isClaimed(workflow)
}

/** What some runner should go on with, and none that lives can. With no runner at all it waits for one. */
export const unserved = (state: State, { live, serving }: Seat): Unserved[] => {
  if (serving === undefined || serving.size === 0) return []
  return (['planning', 'ready', 'running', 'verifying'] as const).flatMap((name) => [...state.live.get(name)!])
    .filter((workflow) => needsRunner(workflow) && covering(state, workflow).length === 0 && !live.some((id) => serves(serving.get(id), workflow)))
    .map((workflow) => {
      const { runbook: { name, version }, targets, plan } = workflow
      const near = live.filter((id) => reaches(serving.get(id)!, workflow)).length
      return near > 0
        ? { workflow, reason: 'runbook changed', detail: `the script of ${name}@${version} is not here as it was released${live.length === 1 ? '' : `, on none of the ${near} runners that serve its targets`}` }
        : { workflow, reason: 'no runner', detail: `none of the ${live.length} runners that live serves ${[...new Set([...targets, ...(plan?.targets.map((one) => one.name) ?? [])])].join(', ')} (\`runner.targets\`)` }
    })
}
