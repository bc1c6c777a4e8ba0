/**
 * The regular expressions of matchers: RE2's, anchored at both ends, as Prometheus and Alertmanager have them. re2js
 * parses them (JS's own RegExp misreads `(?i)`, `\pL`, `[[:alpha:]]`, and backtracks); what it makes of them is turned
 * into an automaton once, when the pattern is read. A pattern that needs too large a one is refused there and then, so
 * that any accepted pattern judges any label in less than a millisecond.
 */
import { RE2JS } from 're2js'
import { accepts, literalAutomaton, type Automaton } from './automaton.ts'
import { language, prefix, suffix } from './language.ts'
import { subsetAutomaton, TooComplicated } from './subset.ts'

export interface Pattern {
  /** Whether it takes little memory: then more is known of it, too. */
  readonly small: boolean
  test(value: string): boolean
  /** All that it accepts, where that is a short list: `critical|page`. */
  readonly values: readonly string[] | undefined
  /** What every value that it accepts begins and ends with; often "". */
  readonly prefix: string
  readonly suffix: string
  /** Made on first use for what needs none to be tested. */
  automaton(): Automaton
}

export class PatternError extends Error {
  override readonly name = 'PatternError'
}

export const maxPatternLength = 4096
const maxValues = 256

/** Throws `PatternError`, saying what to write instead. */
export function compilePattern(source: string): Pattern {
  const known = recent.get(source)
  if (known !== undefined) return known
  const pattern = /^[\w \-/:@,|]*$/.test(source) ? listed(source) : compiled(source)
  if (recent.size >= maxRecent) recent.clear()
  if (pattern.small) recent.set(source, pattern)
  return pattern
}

/** The same few patterns stand in many routes and stops. A cache of a pure function: it changes no answer. */
const recent = new Map<string, Pattern>()
const maxRecent = 2000

/** Plain words with bars between them mean themselves. */
function listed(source: string): Pattern {
  refuseLong(source)
  const values = [...new Set(source.split('|'))].sort()
  return values.length > maxValues ? compiled(source) : among(values, () => automatonOf(source))
}

function compiled(source: string): Pattern {
  const automaton = automatonOf(source)
  const small = automaton.next.length <= 1 << 14
  const values = small ? language(automaton, maxValues) : undefined
  if (values !== undefined) return among(values, () => automaton)
  return {
    small,
    test: (value) => accepts(automaton, value),
    values: undefined,
    prefix: small ? prefix(automaton) : '',
    suffix: small ? suffix(automaton) : '',
    automaton: () => automaton,
  }
}

function among(values: readonly string[], make: () => Automaton): Pattern {
  let automaton: Automaton | undefined
  const only = values.length === 1 ? values[0]! : undefined
  const set = new Set(values)
  return {
    small: true,
    test: only === undefined ? (value) => set.has(value) : (value) => value === only,
    values,
    prefix: only ?? '',
    suffix: only ?? '',
    automaton: () => automaton ??= only === undefined ? make() : literalAutomaton(only),
  }
}

function refuseLong(source: string): void {
  if (source.length <= maxPatternLength) return
  throw new PatternError(`the regular expression has ${source.length} characters; at most ${maxPatternLength}`)
}

function automatonOf(source: string): Automaton {
  refuseLong(source)
  try {
    // Alertmanager puts the text between `^(?:` and `)$`, where an open \Q would swallow the end.
    if (source.includes('\\Q')) RE2JS.compile(`^(?:${source})$`)
    return subsetAutomaton(RE2JS.compile(source))
  } catch (error) {
    if (error instanceof TooComplicated) throw new PatternError(error.message)
    const why = error instanceof Error ? error.message : String(error)
    throw new PatternError(`not a regular expression of RE2: ${why}. See https://github.com/google/re2/wiki/Syntax`)
  }
}
