/**
 * Alertmanager's notation for matchers, read by both of its parsers: the classic one (all versions, the only one before
 * 0.27) and the UTF-8 one (preferred since). What both read alike means that. What only the classic one reads means what
 * Alertmanager's default makes of it, with a warning. What they read differently is refused: whoever wrote it meant one
 * of the two.
 */
export type Operator = '=' | '!=' | '=~' | '!~'

export interface Term {
  readonly name: string
  readonly operator: Operator
  readonly value: string
}

export interface Reading {
  readonly terms: readonly Term[]
  readonly warning: string | undefined
}

/** `at` is an index into the text, from 0. */
export class NotationError extends Error {
  override readonly name = 'NotationError'
  readonly at: number
  readonly code: 'syntax' | 'ambiguous'
  constructor(message: string, at: number, code: 'syntax' | 'ambiguous' = 'syntax') {
    super(message)
    this.at = at
    this.code = code
  }
}

/** One entry of a list of matchers, which may hold several: `{a="1",b=~"x|y"}`. Throws `NotationError`. */
export function readMatchers(text: string): Reading {
  const classic = attempt(() => classicTerms(text))
  const utf8 = attempt(() => utf8Terms(text))
  if (classic instanceof NotationError) {
    if (utf8 instanceof NotationError) throw classic
    return { terms: onlyUtf8(utf8), warning: undefined }
  }
  if (utf8 instanceof NotationError) {
    return { terms: classic, warning: `only Alertmanager's classic parser reads this; write ${writeTerms(classic)}` }
  }
  if (writeTerms(classic) !== writeTerms(utf8)) {
    throw new NotationError(`Alertmanager's two parsers read this differently; write ${writeTerms(classic)} ` +
      `(its classic parser's reading) or ${writeTerms(utf8)} (its UTF-8 parser's)`, 0, 'ambiguous')
  }
  return { terms: classic, warning: undefined }
}

/** In the one way that both parsers read alike. */
export const writeTerms = (terms: readonly Term[]): string => terms.map(writeTerm).join(',')

export const writeTerm = ({ name, operator, value }: Term): string =>
  `${isClassicName(name) ? name : quote(name)}${operator}${quote(value)}`

const quote = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

const isClassicName = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)

function attempt<T>(read: () => T): T | NotationError {
  try {
    return read()
  } catch (error) {
    if (error instanceof NotationError) return error
    throw error
  }
}

/** Names that need quotes must have them; otherwise an older Alertmanager would refuse what a newer one takes. */
function onlyUtf8(terms: readonly QuotedTerm[]): readonly Term[] {
  for (const { name, quoted, at } of terms) {
    if (!quoted && !isClassicName(name)) throw new NotationError(`the label name ${name} needs quotes: "${name}"`, at)
  }
  return terms.map(({ name, operator, value }) => ({ name, operator, value }))
}

// The classic parser (Alertmanager's pkg/labels/parse.go): tolerant, OpenMetrics escapes.

function classicTerms(text: string): Term[] {
  const start = text.startsWith('{') ? 1 : 0
  const end = text.length > start && text.endsWith('}') ? text.length - 1 : text.length
  const terms: Term[] = []
  let from = start
  let quoted = false
  let escaped = false
  for (let i = start; i < end; i++) {
    const character = text[i]
    if (character === ',' && !quoted) {
      terms.push(classicTerm(text.slice(from, i), from))
      from = i + 1
    } else if (character === '"') {
      if (!escaped) quoted = !quoted
      escaped = false
    } else escaped = character === '\\' ? !escaped : character === ',' ? escaped : false
  }
  // Go's TrimSpace, on the last one only: what looks like a space is not part of a value that stands at the end.
  const begin = skipSpace(text.slice(0, end), from)
  let stop = end
  while (stop > begin && space.test(text[stop - 1]!)) stop--
  if (stop > begin) terms.push(classicTerm(text.slice(begin, stop), begin))
  return terms
}

function classicTerm(text: string, at: number): Term {
  const head = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*/.exec(text)
  if (head === null) {
    const shown = text.trim()
    throw new NotationError(shown === '' ? 'a matcher is missing between two commas'
      : `${shown.slice(0, 80)} is no matcher: write name="value", with =, !=, =~ or !~`, at)
  }
  let end = text.length
  while (end > head[0].length && '\t\n\f\r '.includes(text[end - 1]!)) end--
  const value = classicValue(text.slice(head[0].length, end), at + head[0].length)
  return { name: head[1]!, operator: head[2] as Operator, value }
}

function classicValue(raw: string, at: number): string {
  const quoted = raw.startsWith('"')
  const end = raw.length - 1
  let value = ''
  let closed = !quoted
  for (let i = quoted ? 1 : 0; i < raw.length; i++) {
    const character = raw[i]!
    if (character === '\\' && i < end) {
      const escaped = raw[++i]!
      value += escaped === 'n' ? '\n' : escaped === '"' || escaped === '\\' ? escaped : `\\${escaped}`
    } else if (character !== '"') value += character
    else if (quoted && i === end) closed = true
    else throw new NotationError('a double quote within a value needs a backslash before it', at + i)
  }
  if (!closed) throw new NotationError('the closing double quote is missing', at + raw.length)
  return value
}

// The UTF-8 parser (Alertmanager's matcher/parse): strict, Go's escapes, quoted names.

interface QuotedTerm extends Term {
  readonly quoted: boolean
  readonly at: number
}

const space = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/
const reserved = new RegExp(`${space.source.slice(0, -1)}{}!=~,\\\\"'\`]`)

function utf8Terms(text: string): QuotedTerm[] {
  const terms: QuotedTerm[] = []
  let at = skipSpace(text, 0)
  const braces = text[at] === '{'
  if (braces) at = skipSpace(text, at + 1)
  while (at < text.length && text[at] !== '}') {
    const name = word(text, at, 'a label name')
    const operator = /^(=~|=|!=|!~)/.exec(text.slice(skipSpace(text, name.end)))?.[0] as Operator | undefined
    if (operator === undefined) throw new NotationError('one of = != =~ !~ is missing', name.end)
    const value = word(text, skipSpace(text, skipSpace(text, name.end) + operator.length), 'a value')
    terms.push({ name: name.text, operator, value: value.text, quoted: name.quoted, at })
    at = skipSpace(text, value.end)
    if (text[at] === ',') {
      at = skipSpace(text, at + 1)
      if (text[at] === ',') throw new NotationError('a matcher is missing between two commas', at)
    } else if (at < text.length && text[at] !== '}') throw new NotationError('a comma is missing', at)
  }
  if (braces !== (text[at] === '}')) throw new NotationError(`the ${braces ? 'closing' : 'opening'} brace is missing`, at)
  if (braces) at = skipSpace(text, at + 1)
  if (at < text.length) throw new NotationError('nothing may follow the closing brace', at)
  return terms
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && space.test(text[at]!)) at++
  return at
}

function word(text: string, from: number, what: string): { text: string; end: number; quoted: boolean } {
  let end = from
  if (text[from] !== '"') {
    while (end < text.length && !reserved.test(text[end]!)) end++
    if (end === from) throw new NotationError(`${what} is missing`, from)
    return { text: text.slice(from, end), end, quoted: false }
  }
  for (end++; text[end] !== '"'; end++) {
    if (text[end] === '\\') end++
    if (end >= text.length) throw new NotationError('the closing double quote is missing', text.length)
  }
  return { text: unquote(text.slice(from + 1, end), from + 1), end: end + 1, quoted: true }
}

const simpleEscapes: Readonly<Record<string, string>> =
  { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"' }

const escapes = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[^])/g

/** Go's strconv.Unquote of what stands between double quotes. */
function unquote(raw: string, at: number): string {
  if (raw.includes('\n')) throw new NotationError('a line feed within quotes must be written \\n', at + raw.indexOf('\n'))
  return raw.replace(escapes, (whole, escape: string, index: number) => {
    const simple = escape.length === 1 ? simpleEscapes[escape] : undefined
    if (simple !== undefined) return simple
    const point = escape.length === 1 ? -1 : /^[xuU]/.test(escape) ? parseInt(escape.slice(1), 16) : parseInt(escape, 8)
    // \x and octal escapes above 127 would be single bytes, hence not UTF-8 text.
    const limit = /^[uU]/.test(escape) ? 0x10ffff : 127
    if (point >= 0 && point <= limit && (point < 0xd800 || point > 0xdfff)) return String.fromCodePoint(point)
    throw new NotationError(`${whole} is no escape that the UTF-8 parser knows; a backslash is written \\\\`, at + index)
  })
}
