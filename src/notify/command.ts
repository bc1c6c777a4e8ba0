/**
 * `/paramedic …` as people type it, on a phone, at night. The first word without a matcher's operator starts the why.
 * A scope that cannot be read stops everything, and the answer says how to narrow it.
 */
import { parseDuration } from '../core/duration.ts'
import { MatcherError } from '../core/matcher.ts'
import { doubleQuotes, readScope, straightQuotes } from '../core/scope.ts'

export type SlackCommand =
  | { readonly command: 'stop' | 'pause'; readonly matchers: readonly string[]; readonly forMs?: number; readonly why: string; readonly hint?: string }
  /** `except`: with `all`, what stays stopped. */
  | { readonly command: 'go'; readonly id: string; readonly except?: readonly string[]; readonly why: string; readonly hint?: string }
  | { readonly command: 'resume'; readonly id: string; readonly why: string }
  | { readonly command: 'status' }
  | { readonly command: 'why'; readonly about: string }
  | { readonly command: 'approve' | 'deny'; readonly id: string }
  | { readonly command: 'run'; readonly runbook: string; readonly target: string; readonly why: string }
  | { readonly command: 'help'; readonly unknown?: string }

const longestWhy = 1000

/** Undefined if the text is no text: a key sent twice makes a list. */
export const parseCommand = (text: unknown): SlackCommand | undefined => {
  if (typeof text !== 'string') return undefined
  const straight = straightQuotes(unescape(text)).trim()
  const [first = '', rest] = headOf(straight)
  const [second = '', after] = headOf(rest)
  switch (first.toLowerCase()) {
    case 'stop': return stopOrder('stop', rest)
    case 'pause': return pauseOrder(rest)
    case 'go': return lift(second, after)
    case 'resume': return { command: 'resume', id: second, why: after.slice(0, longestWhy) }
    case 'status': return { command: 'status' }
    case 'why': return { command: 'why', about: rest }
    case 'approve': return { command: 'approve', id: second }
    case 'deny': return { command: 'deny', id: second }
    case 'run': {
      const [target, why] = headOf(after)
      return { command: 'run', runbook: second, target, why: why.slice(0, longestWhy) }
    }
    case 'help':
    case '': return { command: 'help' }
    default: return { command: 'help', unknown: first }
  }
}

/** Slack sends these three escaped. */
const unescape = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

const headOf = (text: string): [string, string] => {
  const [, head = '', rest = ''] = /^(\S*)\s*([^]*)$/.exec(text) ?? []
  return [head, rest.trim()]
}

const stopOrder = (command: 'stop' | 'pause', text: string): SlackCommand => {
  const { matchers, why } = scopeAndWhy(doubleQuotes(text))
  const order = { command, why: why.slice(0, longestWhy) } as const
  try {
    readScope(matchers)
  } catch (problem) {
    if (!(problem instanceof MatcherError)) throw problem
    return { ...order, matchers: [], why: text.slice(0, longestWhy), hint: `the scope could not be read (${problem.message}), so everything is covered` }
  }
  const doubt = matchers.length === 0 && /[=!]~|!=|=\s*"|^\s*\S+\s*=/.test(why)
  return doubt ? { ...order, matchers, hint: 'no matcher stands before the why, so everything is covered' } : { ...order, matchers }
}

/** `for 2h` stands before the scope. What is no duration begins the why, and the pause stands until it is lifted. */
const pauseOrder = (text: string): SlackCommand => {
  const [, lasts = '', rest = ''] = /^for\s+(\S+)\s*([^]*)$/i.exec(text) ?? []
  const forMs = parseDuration(lasts)
  return forMs === undefined ? stopOrder('pause', text) : { ...stopOrder('pause', rest), forMs } as SlackCommand
}

/** `all except runbook="x" WHY`. What cannot be read lifts nothing. */
const lift = (id: string, text: string): SlackCommand => {
  const [word, rest] = headOf(text)
  if (id.toLowerCase() !== 'all' || word.toLowerCase() !== 'except') return { command: 'go', id, why: text.slice(0, longestWhy) }
  const { matchers, why } = scopeAndWhy(doubleQuotes(rest))
  const order = { command: 'go', id: 'all', why: why.slice(0, longestWhy) } as const
  try {
    return matchers.length === 0 ? { ...order, hint: 'no matcher stands after `except`' } : { ...order, except: readScope(matchers) }
  } catch (problem) {
    if (!(problem instanceof MatcherError)) throw problem
    return { ...order, hint: problem.message }
  }
}

/** How to narrow a stop that covers more than was meant. */
export const howToNarrow = 'A scope is one word per matcher, without spaces around the operator: `/paramedic stop runbook="scale-service" target=~"web|api" because …`. Pull the narrower stop first, then lift this one.'

const scopeAndWhy = (text: string): { matchers: string[]; why: string } => {
  const matchers: string[] = []
  let rest = text
  for (let word = wordOf(rest); word !== '' && isMatcher(word); word = wordOf(rest)) {
    const bare = word.replace(/,$/, '')
    if (bare !== '') matchers.push(bare)
    rest = rest.slice(word.length).trimStart()
  }
  return { matchers, why: rest }
}

/** Up to the first space that is not between double quotes or braces. */
const wordOf = (text: string): string => {
  let quoted = false
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (quoted && character === '\\') i++
    else if (character === '"') quoted = !quoted
    else if (!quoted && character === '{') depth++
    else if (!quoted && character === '}') depth--
    else if (!quoted && depth <= 0 && /\s/.test(character)) return text.slice(0, i)
  }
  return text
}

/** Has an operator after what could be a name. */
const isMatcher = (word: string): boolean => /^[{,]*\s*("(?:\\.|[^"\\])*"|[^\s"=!~]+)\s*(=~|!=|!~|=)/.test(word)
