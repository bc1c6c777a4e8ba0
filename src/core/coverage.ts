/**
 * Which route answers the alerts of a rule. A rule fixes some labels; others come with the series that it finds, and what
 * they hold nobody knows before it fires. So a route answers a rule surely, for some of its alerts, or never.
 */
import type { Route } from './catalogue.ts'
import type { Labels } from './labels.ts'
import { parseMatchers, type Matcher } from './matcher.ts'

export interface Rule {
  /** `alertname` and the labels that the rule itself writes. */
  readonly labels: Labels
  /** Labels whose text is made when it fires: `{{ $labels.team }}`. */
  readonly templated: ReadonlySet<string>
}

export interface Covered {
  /** The first that takes every alert of the rule; undefined: some or all of them have no route. */
  readonly route: number | undefined
  /** Those before it that take the alerts whose other labels fit, and what they ask for. */
  readonly some: readonly { readonly route: number; readonly needs: readonly string[] }[]
}

/** `routes` are compiled once, for any number of rules. */
export function coverage(routes: readonly Pick<Route, 'matchers'>[]): (rule: Rule) => Covered {
  const lists = routes.map(({ matchers }) => parseMatchers(matchers).list)
  return (rule) => {
    const some: { route: number; needs: string[] }[] = []
    for (const [route, list] of lists.entries()) {
      if (!list.every((matcher) => isOpen(matcher, rule) || matcher.test(rule.labels.get(matcher.name) ?? ''))) continue
      const needs = list.filter((matcher) => isOpen(matcher, rule)).map(({ text }) => text)
      if (needs.length === 0) return { route, some }
      some.push({ route, needs })
    }
    return { route: undefined, some }
  }
}

const isOpen = ({ name }: Matcher, { labels, templated }: Rule): boolean => templated.has(name) || !labels.has(name)
