/**
 * What a message says, before it is Slack's or a terminal's. Whoever writes a card writes text as it is: escaping and
 * limits are the work of those who show it, so nothing hostile can be forgotten here.
 */
import type { Action } from './action.ts'

export type Part =
  | { readonly part: 'text'; readonly title?: string; readonly text: string }
  | { readonly part: 'facts'; readonly facts: readonly (readonly [name: string, value: string])[] }
  /** As it is, in a box. Where not all of it has room, what is kept is its beginning, or its end. */
  | { readonly part: 'code'; readonly title: string; readonly lines: readonly string[]; readonly keep?: 'end' }
  | { readonly part: 'list'; readonly title: string; readonly items: readonly string[] }
  /** From an annotation: shown as a link only if it leads where people can be sent. */
  | { readonly part: 'link'; readonly name: string; readonly address: string }

export interface Card {
  readonly icon: string
  /** With a heading it is a message to read; without one it is a line. */
  readonly heading?: string
  /** All of it in one sentence: the notification on a phone, the line in a digest and on stderr. */
  readonly line: string
  readonly parts: readonly Part[]
  /** Small, at the end. */
  readonly footer: readonly string[]
  readonly actions: readonly Action[]
}
