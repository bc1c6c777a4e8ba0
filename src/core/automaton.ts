/**
 * What a pattern accepts, as a table: one state, one character, the next state. It costs the same few nanoseconds for
 * each character whatever the pattern is, so neither a hostile pattern nor a hostile label can make a judge slow; and
 * two tables can be compared, which is how `paramedic check` knows that a route can never match.
 */
import { classAt, classFinder, onlyClassFrom, type CharClasses } from './char-classes.ts'

export interface Automaton extends CharClasses {
  /** State 0 is dead: nothing is accepted from there on. */
  readonly start: number
  readonly classes: number
  /** `next[state * classes + class]` */
  readonly next: Uint16Array
  /** 1 where a text may end. */
  readonly accepts: Uint8Array
  /** The class of a character, for those below 128 by a table. */
  readonly ascii: Uint16Array
  readonly find: (point: number) => number
  /** The one class of all characters from 128 on; -1 where the pattern tells them apart. */
  readonly beyond: number
}

export const lastCodePoint = 0x10ffff

export function accepts(automaton: Automaton, text: string): boolean {
  const { next, ascii, classes, find, beyond } = automaton
  let state = automaton.start
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    let kind: number
    if (unit < 128) kind = ascii[unit]!
    else {
      const point = unit < 0xd800 || unit > 0xdfff ? unit : text.codePointAt(i)!
      if (point > 0xffff) i++
      kind = beyond < 0 ? find(point) : beyond
    }
    state = next[state * classes + kind]!
    if (state === 0) return false
  }
  return automaton.accepts[state] === 1
}

/** What `accepts` looks characters up in. */
export const lookups = (classes: CharClasses): Pick<Automaton, 'ascii' | 'find' | 'beyond'> => ({
  ascii: Uint16Array.from({ length: 128 }, (_, point) => classAt(classes, point)),
  find: classFinder(classes),
  beyond: onlyClassFrom(classes, 128),
})

/** Accepts this text and no other. */
export function literalAutomaton(text: string): Automaton {
  const points = Array.from(text, (character) => character.codePointAt(0)!)
  const distinct = [...new Set(points)].sort((a, b) => a - b)
  const starts = [...new Set([0, ...distinct, ...distinct.map((point) => point + 1)])].sort((a, b) => a - b)
  const bounds = Int32Array.from(starts.filter((point) => point <= lastCodePoint))
  const classOf = Uint16Array.from(bounds, (point) => distinct.indexOf(point) + 1)
  const classes = distinct.length + 1
  const next = new Uint16Array((points.length + 2) * classes)
  points.forEach((point, i) => { next[(i + 1) * classes + distinct.indexOf(point) + 1] = i + 2 })
  const ends = new Uint8Array(points.length + 2)
  ends[points.length + 1] = 1
  return { start: 1, bounds, classOf, classes, next, accepts: ends, ...lookups({ bounds, classOf }) }
}

export interface Demand {
  readonly automaton: Automaton
  /** Whether the text must be accepted, or must not be. */
  readonly accepted: boolean
}

/** Pairs of states beyond which a comparison is given up: what is not known is never reported. */
const maxPairs = 4096

/**
 * A shortest text that meets every demand; `'none'` if there is none; `'unknown'` if finding out would take too long.
 * "Whatever A accepts, B accepts too" is: no text is accepted by A and not by B.
 */
export function witness(demands: readonly Demand[]): { readonly text: string } | 'none' | 'unknown' {
  const letters = commonLetters(demands)
  if (letters === undefined) return 'unknown'
  const first = demands.map(({ automaton }) => automaton.start)
  const queue = [{ states: first, text: '' }]
  const seen = new Set([first.join()])
  for (let at = 0; at < queue.length; at++) {
    const { states, text } = queue[at]!
    if (demands.every(({ automaton, accepted }, i) => (automaton.accepts[states[i]!] === 1) === accepted)) return { text }
    for (const { point, kinds } of letters) {
      const after = demands.map(({ automaton }, i) => automaton.next[states[i]! * automaton.classes + kinds[i]!]!)
      if (demands.some(({ accepted }, i) => accepted && after[i] === 0)) continue
      const key = after.join()
      if (seen.has(key)) continue
      if (seen.size >= maxPairs) return 'unknown'
      seen.add(key)
      queue.push({ states: after, text: text + String.fromCodePoint(point) })
    }
  }
  return 'none'
}

/** One character for each way in which the automata tell characters apart. */
function commonLetters(demands: readonly Demand[]): { point: number; kinds: number[] }[] | undefined {
  const starts = new Set<number>()
  for (const { automaton } of demands) for (const point of automaton.bounds) starts.add(point)
  if (starts.size > maxPairs) return undefined
  const letters = new Map<string, { point: number; kinds: number[] }>()
  for (const start of starts) {
    const kinds = demands.map(({ automaton }) => classAt(automaton, start))
    const key = kinds.join()
    if (!letters.has(key)) letters.set(key, { point: start, kinds })
  }
  return [...letters.values()]
}
