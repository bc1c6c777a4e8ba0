/** Routes that can never be taken, because of themselves or because of one above them. */
import { shadowedBy } from '../core/shadow.ts'
import type { Problem } from './problem.ts'
import type { WrittenRoutes } from './routes.ts'

export function checkShadows({ routes, path }: WrittenRoutes): Problem[] {
  const readable = routes.map(({ matchers, readable }) => ({ matchers: readable ? matchers : [] }))
  return shadowedBy(readable).map(({ index, by, why }) => {
    const { lineOf } = routes[index]!
    const above = by === undefined ? '' : ` (line ${routes[by]!.lineOf()})`
    const todo = by === undefined ? 'mend them' : 'put it above that one, or take one of them away'
    return { path, line: lineOf(), message: `routes[${index}] can never match: ${why}${above}; ${todo}` }
  })
}
