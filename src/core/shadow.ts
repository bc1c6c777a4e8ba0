/**
 * Routes that can never be taken. Only what is certain is said: that a route's own matchers exclude each other, or that
 * one single route above it takes every alert that it could. Both are exact, since patterns are automata here; that
 * several routes together take everything is not looked for.
 */
import { literalAutomaton, witness, type Demand } from './automaton.ts'
import type { Labels } from './labels.ts'
import type { Matcher } from './matcher.ts'
import { indexRoutes } from './route-index.ts'

export interface Shadow {
  readonly index: number
  /** The route above that takes all; undefined if its own matchers exclude each other. */
  readonly by: number | undefined
  /** One sentence. */
  readonly why: string
}

/** How many routes above a route are held against it, of those that take at least one of its alerts. */
const comparedAtMost = 64

/** A route without matchers (one that could not be read) neither shadows nor is shadowed. */
export function shadowedBy(routes: readonly { readonly matchers: readonly Matcher[] }[]): Shadow[] {
  const lists = routes.map(({ matchers }) => matchers)
  const first = indexRoutes(lists.map((list) => list.length > 0 ? list : [never]))
  return lists.flatMap((list, index): Shadow[] => {
    if (list.length === 0) return []
    const sample = sampleOf(list)
    if (sample === 'unknown') return []
    if (!(sample instanceof Map)) return [{ index, by: undefined, why: `its matchers exclude each other: ${sample.why}` }]
    // A route that takes all of these alerts takes this one: whoever does not, is no candidate.
    if (first(sample) === index) return []
    const by = shadowing(lists, index, sample)
    if (by === undefined) return []
    const why = `routes[${by}] takes every alert that it could: ${textOf(lists[by]!)} holds whenever ${textOf(list)} does`
    return [{ index, by, why }]
  })
}

const textOf = (list: readonly Matcher[]): string => list.map(({ text }) => text).join(', ')

const never: Matcher = {
  name: '', operator: '=', value: '', text: '', values: [], prefix: '', suffix: '', test: () => false,
  demand: () => ({ automaton: literalAutomaton(''), accepted: false }),
}

/** Labels of an alert that the route takes; why there are none. */
function sampleOf(list: readonly Matcher[]): Map<string, string> | 'unknown' | { why: string } {
  const sample = new Map<string, string>()
  for (const [name, matchers] of byName(list)) {
    const found = meeting(matchers)
    if (found === 'none') return { why: `no value of ${name} meets ${textOf(matchers)}` }
    if (found === 'unknown') return 'unknown'
    sample.set(name, found.text)
  }
  return sample
}

function byName(list: readonly Matcher[]): Map<string, Matcher[]> {
  const names = new Map<string, Matcher[]>()
  for (const matcher of list) names.set(matcher.name, [...names.get(matcher.name) ?? [], matcher])
  return names
}

/** A value that meets all of these and, if one is given, not `other`. */
function meeting(matchers: readonly Matcher[], other?: Matcher): ReturnType<typeof witness> {
  // Where only some values come into question, asking them is quicker than comparing automata.
  const values = matchers.find((matcher) => matcher.values !== undefined)?.values
  if (values !== undefined) {
    const text = values.find((value) => matchers.every((matcher) => matcher.test(value)) && other?.test(value) !== true)
    return text === undefined ? 'none' : { text }
  }
  const demands: Demand[] = matchers.map((matcher) => matcher.demand())
  if (other !== undefined) demands.push(opposite(other.demand()))
  return witness(demands)
}

const opposite = ({ automaton, accepted }: Demand): Demand => ({ automaton, accepted: !accepted })

function shadowing(lists: readonly (readonly Matcher[])[], index: number, sample: Labels): number | undefined {
  const own = byName(lists[index]!)
  let compared = 0
  for (let above = 0; above < index && compared < comparedAtMost; above++) {
    const list = lists[above]!
    if (list.length === 0 || !list.every(({ name, test }) => test(sample.get(name) ?? ''))) continue
    compared++
    if (list.every((matcher) => meeting(own.get(matcher.name) ?? [], matcher) === 'none')) return above
  }
  return undefined
}
