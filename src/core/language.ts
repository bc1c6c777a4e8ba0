/** What can be read off an automaton: all that it accepts, if that is little, and how all of it begins and ends. */
import { lastCodePoint, type Automaton } from './automaton.ts'

/** All that is accepted, if that is at most `limit` texts. */
export function language(automaton: Automaton, limit: number): string[] | undefined {
  const letters = fewLetters(automaton, 8)
  const live = liveStates(automaton)
  const texts: string[] = []
  const open = [{ state: automaton.start, text: '', length: 0 }]
  while (open.length > 0) {
    const { state, text, length } = open.pop()!
    if (automaton.accepts[state] === 1) texts.push(text)
    if (texts.length > limit || open.length > limit || length > live.size) return undefined
    for (let kind = 0; kind < automaton.classes; kind++) {
      const after = automaton.next[state * automaton.classes + kind]!
      if (!live.has(after)) continue
      const few = letters[kind]
      if (few === undefined) return undefined
      for (const letter of few) open.push({ state: after, text: text + letter, length: length + 1 })
    }
  }
  return texts.sort()
}

/** What every accepted text begins with. */
export function prefix(automaton: Automaton): string {
  const letters = fewLetters(automaton, 1)
  const live = liveStates(automaton)
  let text = ''
  for (let state = automaton.start; automaton.accepts[state] === 0 && text.length < 64;) {
    const ways = Array.from({ length: automaton.classes }, (_, kind) => kind)
      .filter((kind) => live.has(automaton.next[state * automaton.classes + kind]!))
    const letter = ways.length === 1 ? letters[ways[0]!]?.[0] : undefined
    if (letter === undefined) return text
    text += letter
    state = automaton.next[state * automaton.classes + ways[0]!]!
  }
  return text
}

/** What every accepted text ends with. */
export function suffix(automaton: Automaton): string {
  const letters = fewLetters(automaton, 1)
  const before = incoming(automaton)
  let states = new Set<number>()
  automaton.accepts.forEach((end, state) => { if (end === 1) states.add(state) })
  let text = ''
  while (states.size > 0 && !states.has(automaton.start) && text.length < 64) {
    const ways = [...states].flatMap((state) => before.get(state) ?? [])
    const kind = ways[0]?.kind
    const letter = kind === undefined || ways.some((way) => way.kind !== kind) ? undefined : letters[kind]?.[0]
    if (letter === undefined) return text
    text = letter + text
    states = new Set(ways.map(({ from }) => from))
  }
  return text
}

/** By class: its characters, where they are few. */
function fewLetters({ bounds, classOf, classes }: Automaton, limit: number): (readonly string[] | undefined)[] {
  const letters = Array.from({ length: classes }, (): string[] => [])
  bounds.forEach((start, i) => {
    const of = letters[classOf[i]!]!
    const end = bounds[i + 1] ?? lastCodePoint + 1
    for (let point = start; point < end && of.length <= limit; point++) of.push(String.fromCodePoint(point))
  })
  return letters.map((of) => of.length <= limit ? of : undefined)
}

/** The states from which something is still accepted. */
function liveStates(automaton: Automaton): Set<number> {
  const before = incoming(automaton)
  const live = new Set<number>()
  automaton.accepts.forEach((end, state) => { if (end === 1) live.add(state) })
  for (const state of live) for (const { from } of before.get(state) ?? []) live.add(from)
  return live
}

/** By state, from where and by which class it is reached. */
function incoming({ next, classes }: Automaton): Map<number, { from: number; kind: number }[]> {
  const before = new Map<number, { from: number; kind: number }[]>()
  next.forEach((after, i) => {
    if (after === 0) return
    const way = { from: Math.floor(i / classes), kind: i % classes }
    const ways = before.get(after)
    if (ways === undefined) before.set(after, [way])
    else ways.push(way)
  })
  return before
}
