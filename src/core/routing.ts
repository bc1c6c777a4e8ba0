/**
 * Which route an alert takes: the first that matches, as in Alertmanager. An index finds the few routes that may match,
 * so that ten thousand routes cost little more than ten. What was found for an alert is not kept: an episode is routed
 * once, and for a new alert the looking up would cost more than the index does.
 */
import type { Route } from './catalogue.ts'
import type { Labels } from './labels.ts'
import { MatcherError, mismatch, parseMatchers, type Matchers } from './matcher.ts'
import { indexRoutes } from './route-index.ts'

export interface Routed {
  readonly index: number
  readonly route: Route
}

export interface Routing {
  /** Undefined: no route knows it. */
  route(labels: Labels): Routed | undefined
  /** The same, with the reasons, for people. It looks at every route. */
  explain(labels: Labels): RouteExplanation
}

export interface RouteExplanation {
  readonly taken: Routed | undefined
  /** One sentence. */
  readonly because: string
  /** The first few routes above the one taken, each with the matcher that kept the alert out. */
  readonly passed: readonly PassedRoute[]
}

export interface PassedRoute {
  readonly index: number
  readonly source: string
  readonly matcher: string
  /** What the alert has there; "" where it has no such label. */
  readonly value: string
}

/** Throws `RouteError`: a route whose matchers cannot be read, or that has none. */
export function compileRoutes(routes: readonly Route[]): Routing {
  const compiled = routes.map(compile)
  const first = indexRoutes(compiled.map(({ list }) => list))
  const taken = routes.map((route, index): Routed => ({ index, route }))
  return {
    route: (labels) => taken[first(labels)],
    explain: (labels) => explain(labels, taken, compiled),
  }
}

export class RouteError extends Error {
  override readonly name = 'RouteError'
  readonly index: number
  constructor(index: number, message: string, options?: { cause: unknown }) {
    super(message, options)
    this.index = index
  }
}

function compile({ matchers, source }: Route, index: number): Matchers {
  try {
    const parsed = parseMatchers(matchers)
    // A route acts, and what acts must say on what: only a stop may leave it open.
    if (parsed.list.length > 0) return parsed
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error
    throw new RouteError(index, `${source}: routes[${index}]: ${error.message}`, { cause: error })
  }
  const instead = 'write alertname=~".+" to take every alert that has a name'
  throw new RouteError(index, `${source}: routes[${index}] has no matchers; ${instead}`)
}

const shownAtMost = 5

const aboveIt = (count: number): string =>
  count === 0 ? '' : count === 1 ? '; the one above it does not' : `; none of the ${count} above it does`

function explain(labels: Labels, routes: readonly Routed[], compiled: readonly Matchers[]): RouteExplanation {
  const passed: PassedRoute[] = []
  for (const taken of routes) {
    const { list } = compiled[taken.index]!
    const missed = mismatch(compiled[taken.index]!, labels)
    if (missed === undefined) {
      const held = list.map(({ text }) => text).join(', ')
      return { taken, because: `routes[${taken.index}] (${taken.route.source}) matches: ${held}${aboveIt(taken.index)}`, passed }
    }
    if (passed.length < shownAtMost) {
      passed.push({ index: taken.index, source: taken.route.source, matcher: missed.text, value: labels.get(missed.name) ?? '' })
    }
  }
  return { taken: undefined, because: `none of ${routes.length} routes matches`, passed }
}
