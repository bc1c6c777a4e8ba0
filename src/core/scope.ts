/**
 * The scope of a stop, as somebody in a hurry types it: quotes come curled by a phone, or single as in a shell. Alertmanager's
 * notation takes those as part of the value, and such a stop would cover nothing. So what quotes a value is a quote, and
 * where a quote is left over nobody knows what was meant.
 */
import { MatcherError, parseMatchers } from './matcher.ts'

/** As matchers that `parseMatchers` takes. Throws `MatcherError` where the scope cannot be read: then everything is meant. */
export function readScope(texts: readonly string[]): string[] {
  const straight = texts.map((text) => (text.includes('"') ? text : doubleQuotes(straightQuotes(text))))
  straight.forEach((text, index) => {
    for (const { value } of parseMatchers([text]).list) {
      if (!leftOver.test(value)) continue
      throw new MatcherError('MATCHER_AMBIGUOUS', 'the quotes of its value are no pair of double ones', { index, at: 0, text })
    }
  })
  return straight
}

export const straightQuotes = (text: string): string =>
  text.replace(/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/g, '"').replace(/[\u2018\u2019\u201a\u201b\u2032]/g, "'")

/** Of values in single quotes: `runbook='scale-service'`. */
export const doubleQuotes = (text: string): string => text.replace(/([=!]~|!?=)(\s*)'([^'"]*)'(?=[\s,}]|$)/g, '$1$2"$3"')

const leftOver = /^['`\u2018-\u201f\u00ab]|['`\u2018-\u201f\u00bb]$/
