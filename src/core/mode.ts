/** In which mode a workflow goes: the most careful of what its route, its runbook and its policies say. */
import { modes, runbookId, type Catalogue, type Mode } from './catalogue.ts'
import { modePolicies } from './policies/mode.ts'
import type { Workflow } from './workflow.ts'

export const modeOf = ({ mode, runbook, request }: Pick<Workflow, 'mode' | 'runbook' | 'request'>, { runbooks, policies }: Pick<Catalogue, 'runbooks' | 'policies'>): { mode: Mode; by: string } => {
  const all = [
    { mode, by: request === undefined ? 'the route' : 'the request' },
    { mode: runbooks[runbookId(runbook)]?.mode ?? 'auto', by: 'the runbook' } as const,
    ...modePolicies(policies[runbook.name] ?? []),
  ]
  return all.reduce((most, one) => (modes.indexOf(one.mode) < modes.indexOf(most.mode) ? one : most))
}
