/** What a route has run for an alert: its runbook, or one of its ladder, with everything that the fold needs to know of it. */
import { runbookId, type Catalogue, type Route } from './catalogue.ts'
import type { Rung } from './entry.ts'
import { namedBy, type Labels } from './labels.ts'
import { checkParams } from './params.ts'
import type { Reason } from './reason.ts'

export const rungOf = ({ runbook: wanted, params: given }: NonNullable<Route['ladder']>[number], route: Route, labels: Labels, { runbooks }: Pick<Catalogue, 'runbooks'>): Rung | { readonly reason: Reason; readonly detail: string } => {
  const runbook = runbooks[runbookId(wanted)]
  if (!runbook) return { reason: 'catalogue', detail: `${runbookId(wanted)} is not in the catalogue` }
  const { provider = runbook.provider, target: named = runbook.target } = route
  const target = namedBy(labels, named)
  if (target === '') return { reason: 'no target', detail: `it has no label \`${named}\`, which names the target of ${runbookId(runbook)}` }
  const { params, problems } = checkParams(runbook.params, given)
  if (problems.length > 0) return { reason: 'bad params', detail: problems.map(({ param, problem }) => `${param} ${problem}`).join('; ') }
  const { name, version, digest, steps, healedWithinMs, verify } = runbook
  return { runbook: { name, version, digest }, provider, targets: [target], params, steps, healedWithinMs, probe: verify }
}
