/** What a route has run for an alert: its runbook, or one of its ladder, with everything that the fold needs to know of it. */
import { runbookId, type Catalogue, type Route } from './catalogue.ts'
import type { Rung } from './entry.ts'
import { isFallen } from './fold/trust.ts'
import { namedBy, type Labels } from './labels.ts'
import { checkParams } from './params.ts'
import type { Reason } from './reason.ts'
import { textHash } from './rendezvous.ts'
import type { State } from './state.ts'

type Named = NonNullable<Route['ladder']>[number]
type Cause = { readonly reason: Reason; readonly detail: string }

/** What answers first: the version that the route names, or its canary where the target has a share in it. */
export const firstRung = (state: State, route: Route & { readonly runbook: Named['runbook'] }, labels: Labels, catalogue: Catalogue): Rung | Cause => {
  const { canary, runbook, params } = route
  const own = rungOf({ runbook, params }, route, labels, catalogue)
  if (canary === undefined || 'reason' in own || (textHash(`${runbookId(canary.runbook)} ${own.targets[0]}`) >>> 0) % 100 >= canary.share) return own
  const trust = state.trust.get(runbookId(canary.runbook))
  const taken = trust && isFallen(trust) ? own : rungOf({ runbook: canary.runbook, params }, route, labels, catalogue)
  return taken === own || 'reason' in taken ? own : { ...taken, canary: canary.failures }
}

export const rungOf = ({ runbook: wanted, params: given }: Named, route: Route, labels: Labels, { runbooks, revoked = [] }: Pick<Catalogue, 'runbooks' | 'revoked'>): Rung | Cause => {
  const runbook = runbooks[runbookId(wanted)]
  if (!runbook) return { reason: 'catalogue', detail: `${runbookId(wanted)} is not in the catalogue` }
  if (revoked.includes(runbookId(wanted))) return { reason: 'revoked', detail: `${runbookId(wanted)} was revoked` }
  const { provider = runbook.provider, target: named = runbook.target } = route
  const target = namedBy(labels, named)
  if (target === '') return { reason: 'no target', detail: `it has no label \`${named}\`, which names the target of ${runbookId(runbook)}` }
  const { params, problems } = checkParams(runbook.params, given)
  if (problems.length > 0) return { reason: 'bad params', detail: problems.map(({ param, problem }) => `${param} ${problem}`).join('; ') }
  const { name, version, digest, steps, healedWithinMs, verify } = runbook
  return { runbook: { name, version, digest }, provider, targets: [target], params, steps, healedWithinMs, probe: verify, ...(route.trust === 'granted' ? {} : { trust: route.promote ?? 'asks' }) }
}
