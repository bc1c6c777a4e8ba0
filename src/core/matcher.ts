/**
 * Matchers say of labels whether they are meant. Notation and meaning are Alertmanager's: a missing label is "", a
 * regular expression is RE2 and must match the whole value, `.` is any character but a line feed, all matchers of a
 * list must hold.
 */
import type { Labels } from './labels.ts'
import { NotationError, readMatchers, writeTerm, type Operator, type Term } from './notation.ts'
import { literalAutomaton, type Demand } from './automaton.ts'
import { compilePattern, PatternError, type Pattern } from './regex.ts'

export interface Matcher {
  readonly name: string
  readonly operator: Operator
  readonly value: string
  /** In the one way of writing that leaves no doubt: `severity=~"critical|page"`. */
  readonly text: string
  /** Whether a value passes; "" is what a missing label has. */
  test(value: string): boolean
  /** The values that `=` and a short list of alternatives take, and no others; undefined for all else. */
  readonly values: readonly string[] | undefined
  /** What every value that passes begins and ends with. */
  readonly prefix: string
  readonly suffix: string
  /** What a value must meet, in the form in which matchers are compared with each other. */
  demand(): Demand
}

export interface Matchers {
  readonly list: readonly Matcher[]
  /** What is read, but should be written otherwise. */
  readonly warnings: readonly string[]
}

/** All must hold; an empty list holds for everything: whoever must not mean everything asks for `list.length`. */
export function matches(matchers: Matchers, labels: Labels): boolean {
  const { list } = matchers
  for (let i = 0; i < list.length; i++) {
    const matcher = list[i]!
    if (!matcher.test(labels.get(matcher.name) ?? '')) return false
  }
  return true
}

/** The first that does not hold, for people who ask why. */
export const mismatch = (matchers: Matchers, labels: Labels): Matcher | undefined =>
  matchers.list.find((matcher) => !matcher.test(labels.get(matcher.name) ?? ''))

export type MatcherErrorCode = 'MATCHER_SYNTAX' | 'MATCHER_AMBIGUOUS' | 'MATCHER_PATTERN' | 'MATCHER_TOO_LONG'

/** What is wrong with one entry of a list, and how to write it. */
export class MatcherError extends Error {
  override readonly name = 'MatcherError'
  readonly code: MatcherErrorCode
  /** Which entry of the list, from 0. */
  readonly index: number
  /** Where in it, in characters from 0. */
  readonly at: number
  readonly text: string
  constructor(code: MatcherErrorCode, problem: string, where: { index: number; at: number; text: string }) {
    super(`${where.text.length > 120 ? `${where.text.slice(0, 120)}…` : where.text}: ${problem}`)
    this.code = code
    this.index = where.index
    this.at = where.at
    this.text = where.text
  }
}

const maxTextLength = 16_384

/** A list as it stands in a route or a policy. Throws `MatcherError`. */
export function parseMatchers(texts: readonly string[]): Matchers {
  const list: Matcher[] = []
  const warnings: string[] = []
  texts.forEach((text, index) => {
    if (text.length > maxTextLength) {
      const problem = `has ${text.length} characters; at most ${maxTextLength}`
      throw new MatcherError('MATCHER_TOO_LONG', problem, { index, at: 0, text })
    }
    const { terms, warning } = read(text, index)
    if (warning !== undefined) warnings.push(`${text}: ${warning}`)
    for (const term of terms) list.push(compile(term, { index, at: Math.max(0, text.indexOf(term.name)), text }))
  })
  return { list, warnings }
}

function read(text: string, index: number): ReturnType<typeof readMatchers> {
  try {
    return readMatchers(text)
  } catch (error) {
    if (!(error instanceof NotationError)) throw error
    const code = error.code === 'syntax' ? 'MATCHER_SYNTAX' : 'MATCHER_AMBIGUOUS'
    throw new MatcherError(code, error.message, { index, at: error.at, text })
  }
}

function compile(term: Term, where: { index: number; at: number; text: string }): Matcher {
  const { name, operator, value } = term
  if (name === '') throw new MatcherError('MATCHER_SYNTAX', 'a label name must not be empty', where)
  const matcher = { name, operator, value, text: writeTerm(term) }
  if (operator === '=') return { ...matcher, ...equal(value) }
  if (operator === '!=') return { ...matcher, ...negated(equal(value)) }
  try {
    const pattern = positive(compilePattern(value))
    return { ...matcher, ...(operator === '=~' ? pattern : negated(pattern)) }
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new MatcherError('MATCHER_PATTERN', error.message, where)
  }
}

type Meaning = Pick<Matcher, 'test' | 'values' | 'prefix' | 'suffix' | 'demand'>

const equal = (value: string): Meaning => ({
  test: (other) => other === value,
  values: [value],
  prefix: value,
  suffix: value,
  demand: () => ({ automaton: literalAutomaton(value), accepted: true }),
})

const positive = (pattern: Pattern): Meaning => ({
  test: pattern.test,
  values: pattern.values,
  prefix: pattern.prefix,
  suffix: pattern.suffix,
  demand: () => ({ automaton: pattern.automaton(), accepted: true }),
})

const negated = (meaning: Meaning): Meaning => ({
  test: (value) => !meaning.test(value),
  values: undefined,
  prefix: '',
  suffix: '',
  demand: () => ({ automaton: meaning.demand().automaton, accepted: false }),
})
