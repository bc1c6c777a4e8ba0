/** Why a workflow is where it is, as people ask: with the stop that killed or holds it by name, and the step that is at work. */
import { covering } from './fold/stops.ts'
import type { Reason } from './reason.ts'
import type { State } from './state.ts'
import type { Workflow } from './workflow.ts'

export const because = (state: State, workflow: Workflow): { readonly reason: Reason | undefined; readonly detail: string } => {
  const { stoppedBy, steps, reason, detail, decision } = workflow
  switch (workflow.state) {
    case 'stopped':
      return stoppedBy === undefined ? { reason, detail } : { reason, detail: [`by ${whoseStop(state, stoppedBy)}`, detail].filter(Boolean).join(', ') }
    case 'planning':
    case 'ready':
    case 'waiting': {
      const [stop] = reason === undefined || reason === 'stopped' ? covering(state, workflow) : []
      if (stop !== undefined) return { reason: 'stopped', detail: `held by the stop of ${whoseStop(state, stop.id)}` }
      return { reason, detail: detail === '' && workflow.state === 'ready' && decision?.outcome === 'start' ? 'it may start, and waits for a runner that has room' : detail }
    }
    case 'running':
      return { reason, detail: steps.find(({ jobs }) => jobs.some((job) => job.state === 'claimed'))?.name ?? detail }
    case 'verifying':
      return { reason, detail: detail || `waits for ${workflow.episode === undefined ? 'its probe' : 'the end of the alert'}` }
    default:
      return { reason, detail }
  }
}

/** When what it waits for clears, or people are called, where that is known. */
export const untilOf = ({ state, wait, since, healedWithinMs }: Workflow): number | undefined =>
  state === 'verifying' ? since + healedWithinMs : state === 'waiting' ? wait?.until : undefined

/** The same in a line: `rate: 5 of 5 an hour`. */
export const becauseLine = (state: State, workflow: Workflow): string => {
  const { reason, detail } = because(state, workflow)
  return [reason, detail.split('\n', 1)[0]].filter(Boolean).join(': ')
}

/** `ann: the deploy went wrong, stop 0bb042` */
export const whoseStop = (state: State, id: string): string => {
  const stop = state.stops.get(id)
  return `${stop ? `${stop.who}: ${stop.why || 'no reason given'}, ` : ''}stop ${id.slice(-6)}`
}
