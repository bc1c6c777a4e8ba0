/** A route may name what runs next: if a runbook fails, or was run and the alert stays, the next one of its ladder answers the same episode. */
import type { Reason } from '../reason.ts'
import type { State } from '../state.ts'
import type { Workflow } from '../workflow.ts'

/** After these a person looks first: nobody knows what was done, or whose script it is. */
const forPeople: ReadonlySet<Reason | undefined> = new Set<Reason>(['in doubt', 'runbook changed'])

/** It ended without healing, its alert still fires, and its ladder has a next rung that nobody has taken. */
export const mayClimb = (state: State, { state: name, reason, ladder = [], next, episode }: Workflow): boolean =>
  ladder.length > 0 && next === undefined && (name === 'unproven' || (name === 'failed' && !forPeople.has(reason))) &&
  episode !== undefined && state.episodes.get(episode)?.status === 'firing'
