/**
 * Text that came from outside, made fit to be shown: nothing invisible, nothing that turns the direction of writing,
 * nothing that mentions, and never longer than there is room for.
 */

/** Control and format characters, line and paragraph separators, halves of pairs; not the two joiners that scripts need. */
const unseen = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/** What cannot be seen is written out, `\u202e`, so that people see that it was there. */
const seen = (character: string): string => {
  if (!unseen.test(character)) return character
  const code = character.codePointAt(0)!.toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}

const inLine = (character: string): string => (character === '\n' ? '\\n' : character === '\t' ? ' ' : seen(character))
const inLines = (character: string): string => (character === '\n' ? '\n' : character === '\t' ? ' ' : seen(character))

/** Slack's own: with these three written so, no text is a mention, a link or a command. */
const escaped: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const escape = (text: string): string => (text.length === 1 ? (escaped[text] ?? text) : text)

export interface Fit {
  /** Characters that the result may have, its "…" among them. */
  readonly limit: number
  /** Line feeds stay what they are. */
  readonly lines?: boolean
}

/** For a terminal or a log. */
export const plain = (text: string, { limit, lines = false }: Fit): string => within(text, limit, lines ? inLines : inLine)

/** For Slack: escaped, and the escapes count as Slack counts them. */
export const slackText = (text: string, { limit, lines = false }: Fit): string => {
  const shown = lines ? inLines : inLine
  return within(text, limit, (character) => escape(shown(character)))
}

/** For what stands between backticks in Slack. */
export const slackCode = (text: string, fit: Fit): string => slackText(text.replaceAll('`', "'"), fit)

/** Stops as soon as it is full, however long the text is; never within a character or an escape. */
const within = (text: string, limit: number, shown: (character: string) => string): string => {
  let out = ''
  let cut = ''
  for (const character of text) {
    out += shown(character)
    if (out.length > limit) return `${cut}…`
    if (out.length < limit) cut = out
  }
  return out
}

/** Longer than what Slack takes, an address is no longer one. */
const maxAddress = 2000

/** Where a link of an annotation leads, if people can be sent there: http or https, nobody's name or password in it. */
export const safeAddress = (text: string): { readonly href: string; readonly host: string } | undefined => {
  const url = URL.parse(text.trim())
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '' || url.password !== '') return undefined
  const href = url.href.replaceAll('|', '%7C')
  if (href.length > maxAddress || /[\s<>]/.test(href)) return undefined
  return { href, host: url.host }
}
