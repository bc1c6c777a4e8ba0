/** Judges routes against the labels of one alert, each matcher and each label at most once, however many routes share it. */
import type { Labels } from './labels.ts'
import type { Matcher } from './matcher.ts'

export interface Judge {
  begin(labels: Labels): void
  /** The first of these routes, which are in order, that matches and comes before `best`; else `best`. */
  firstOf(routes: readonly number[], best: number): number
}

export function createJudge(lists: readonly (readonly Matcher[])[]): Judge {
  const { matchers, names, asked } = numbered(lists)
  const values = new Array<string>(names.length).fill('')
  const read = new Float64Array(names.length)
  /** The round in which it was last judged, and one more if it held. A round is an even number. */
  const judged = new Float64Array(matchers.length)
  let round = 0
  let labels: Labels = new Map()

  const holds = (matcher: number): boolean => {
    const last = judged[matcher]!
    if (last >= round) return last > round
    const { test, name } = matchers[matcher]!
    if (read[name] !== round) {
      read[name] = round
      values[name] = labels.get(names[name]!) ?? ''
    }
    const held = test(values[name]!)
    judged[matcher] = held ? round + 1 : round
    return held
  }

  return {
    begin: (of) => {
      labels = of
      round += 2
    },
    firstOf: (routes, best) => {
      for (let at = 0; at < routes.length && routes[at]! < best; at++) {
        const list = asked[routes[at]!]!
        let i = 0
        while (i < list.length && holds(list[i]!)) i++
        if (i === list.length) return routes[at]!
      }
      return best
    },
  }
}

/** Matchers and label names by number: the same matcher in many routes is one. */
function numbered(lists: readonly (readonly Matcher[])[]) {
  const names = new Map<string, number>()
  const numbers = new Map<string, number>()
  const matchers: { readonly test: Matcher['test']; readonly name: number }[] = []
  const numberOf = ({ text, name, test }: Matcher): number => {
    const known = numbers.get(text)
    if (known !== undefined) return known
    if (!names.has(name)) names.set(name, names.size)
    matchers.push({ test, name: names.get(name)! })
    numbers.set(text, matchers.length - 1)
    return matchers.length - 1
  }
  // What is cheap to ask is asked first; the order of matchers in a route has no meaning.
  const cost = ({ operator }: Matcher): number => operator === '=' ? 0 : operator === '!=' ? 1 : 2
  const asked = lists.map((list) => [...list].sort((a, b) => cost(a) - cost(b)).map(numberOf))
  return { matchers, names: [...names.keys()], asked }
}
