/**
 * Finds the first route that matches without looking at all of them. Each route stands in the index under that of its
 * matchers which the fewest share: a value that a label must have, or what the value must begin or end with. Routes that
 * have only looser patterns stand under one of those; which patterns a value passes is kept for the values seen lately.
 */
import type { Labels } from './labels.ts'
import type { Matcher } from './matcher.ts'
import { createJudge, type Judge } from './route-judge.ts'

/** The number of the first list whose matchers all hold; -1 if none does. */
export type FirstMatch = (labels: Labels) => number

export function indexRoutes(lists: readonly (readonly Matcher[])[]): FirstMatch {
  const judge = createJudge(lists)
  const finders = findersOf(lists)
  return (labels) => {
    judge.begin(labels)
    let best = lists.length
    for (let i = 0; i < finders.length; i++) best = finders[i]!(labels, judge, best)
    return best === lists.length ? -1 : best
  }
}

type Finder = (labels: Labels, judge: Judge, best: number) => number

type Key =
  | { readonly by: 'value' | 'prefix' | 'suffix'; readonly name: string; readonly texts: readonly string[] }
  | { readonly by: 'pattern'; readonly name: string; readonly matcher: Matcher }

function findersOf(lists: readonly (readonly Matcher[])[]): Finder[] {
  const shared = countTexts(lists)
  const exact = new Map<string, Map<string, number[]>>()
  const edges = new Map<string, Edge>()
  const patterns = new Map<string, Map<Matcher['text'], { test: Matcher['test']; routes: number[] }>>()
  const others: number[] = []
  lists.forEach((list, route) => {
    const key = keyOf(list, shared)
    if (key === undefined) others.push(route)
    else if (key.by === 'pattern') {
      const { text, test } = key.matcher
      within(within(patterns, key.name, () => new Map()), text, () => ({ test, routes: [] as number[] })).routes.push(route)
    } else if (key.by === 'value') {
      const routes = within(exact, key.name, () => new Map<string, number[]>())
      for (const text of key.texts) within(routes, text, () => []).push(route)
    } else {
      const { by, name, texts: [text = ''] } = key
      const edge = within(edges, `${by} ${text.length} ${name}`, () => ({ by, name, length: text.length, routes: new Map() }))
      within(edge.routes, text, () => []).push(route)
    }
  })
  return [
    ...(others.length > 0 ? [((_labels, judge, best) => judge.firstOf(others, best)) satisfies Finder] : []),
    ...Array.from(exact, ([name, routes]) => byValue(name, routes)),
    ...Array.from(edges.values(), byEdge),
    ...Array.from(patterns, ([name, under]) => byPattern(name, [...under.values()])),
  ]
}

const byValue = (name: string, routes: ReadonlyMap<string, readonly number[]>): Finder => (labels, judge, best) => {
  const found = routes.get(labels.get(name) ?? '')
  return found === undefined ? best : judge.firstOf(found, best)
}

interface Edge {
  readonly by: 'prefix' | 'suffix'
  readonly name: string
  readonly length: number
  readonly routes: Map<string, number[]>
}

function byEdge({ by, name, length, routes }: Edge): Finder {
  // One look at one character spares most values the cutting.
  const firsts = new Set([...routes.keys()].map((text) => text.charCodeAt(0)))
  return (labels, judge, best) => {
    const value = labels.get(name)
    if (value === undefined || value.length < length) return best
    const from = by === 'prefix' ? 0 : value.length - length
    if (!firsts.has(value.charCodeAt(from))) return best
    const found = routes.get(value.slice(from, from + length))
    return found === undefined ? best : judge.firstOf(found, best)
  }
}

/** Beyond these, what is known of values is forgotten and learnt again. */
const rememberedRoutes = 1 << 18
const rememberedValues = 8192
const rememberedLength = 256

function byPattern(name: string, patterns: readonly { test: Matcher['test']; routes: readonly number[] }[]): Finder {
  const known = new Map<string, readonly number[]>()
  let held = 0
  return (labels, judge, best) => {
    const value = labels.get(name) ?? ''
    let routes = known.get(value)
    if (routes === undefined) {
      routes = patterns.flatMap((pattern) => pattern.test(value) ? pattern.routes : []).sort((a, b) => a - b)
      if (value.length <= rememberedLength) {
        if (held + routes.length > rememberedRoutes || known.size >= rememberedValues) {
          known.clear()
          held = 0
        }
        known.set(value, routes)
        held += routes.length
      }
    }
    return judge.firstOf(routes, best)
  }
}

/** With more routes than this under one text, a pattern tells them apart better. */
const crowd = 64

/** Under what a route is found. */
function keyOf(list: readonly Matcher[], shared: ReadonlyMap<string, number>): Key | undefined {
  let best: Key | undefined
  let fewest = Infinity
  let loose: Key | undefined
  for (const matcher of list) {
    for (const key of keysOf(matcher)) {
      const count = Math.max(0, ...key.texts.map((text) => shared.get(sharedAs(key, text))!))
      if (count < fewest) [best, fewest] = [key, count]
    }
    if (matcher.operator === '=~' && matcher.values === undefined) loose ??= { by: 'pattern', name: matcher.name, matcher }
  }
  return fewest > crowd ? loose ?? best : best
}

function keysOf({ name, values, prefix, suffix }: Matcher): Exclude<Key, { by: 'pattern' }>[] {
  if (values !== undefined) return [{ by: 'value', name, texts: values }]
  return [
    ...(prefix === '' ? [] : [{ by: 'prefix', name, texts: [prefix] } as const]),
    ...(suffix === '' ? [] : [{ by: 'suffix', name, texts: [suffix] } as const]),
  ]
}

/** How many routes could be found under a text. */
function countTexts(lists: readonly (readonly Matcher[])[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of lists.flat().flatMap(keysOf)) {
    for (const text of key.texts) counts.set(sharedAs(key, text), (counts.get(sharedAs(key, text)) ?? 0) + 1)
  }
  return counts
}

const sharedAs = (key: Key, text: string): string => `${key.by} ${key.name.length} ${key.name}${text}`

function within<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
