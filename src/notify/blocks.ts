/** A card as Slack's Block Kit. Every limit of Slack's holds by construction: there is no other way to make a block. */
import { labelOf, valueOf, type Action } from './action.ts'
import type { Card, Part } from './card.ts'
import { safeAddress, slackCode, slackText } from './text.ts'

/**
 * Slack's own are 50 blocks, 3000 characters a section, 150 a header, 75 on a button and 2000 behind it. All blocks
 * together may have some 13,000 characters, which Slack refuses (`msg_blocks_too_long`) without documenting it.
 */
const limits = { blocks: 50, section: 3000, header: 150, button: 75, value: 2000, together: 9000 } as const

interface Markdown {
  readonly type: 'mrkdwn'
  readonly text: string
  /** Nothing in the text becomes a link, a channel or a person by itself. */
  readonly verbatim: true
}
interface Plain {
  readonly type: 'plain_text'
  readonly text: string
  readonly emoji: false
}
interface Button {
  readonly type: 'button'
  readonly text: Plain
  readonly action_id: string
  readonly value: string
  readonly style?: 'danger' | 'primary'
}
export type Block =
  | { readonly type: 'header'; readonly text: Plain }
  | { readonly type: 'section'; readonly text: Markdown }
  | { readonly type: 'context'; readonly elements: readonly Markdown[] }
  | { readonly type: 'actions'; readonly elements: readonly Button[] }

export interface Message {
  /** For notifications, and where blocks cannot be shown. */
  readonly text: string
  readonly blocks: readonly Block[]
}

export const toBlocks = (card: Card): Message => {
  const text = slackText(`${card.icon} ${card.line}`, { limit: limits.section })
  const first: Block = card.heading === undefined
    ? section(text) : { type: 'header', text: plainText(slackText(`${card.icon} ${card.heading}`, { limit: limits.header })) }
  const last: Block[] = []
  const footer = card.footer.filter((one) => one !== '')
  if (footer.length > 0) last.push(context(footer))
  if (card.actions.length > 0) last.push({ type: 'actions', elements: card.actions.slice(0, 5).map(button) })
  const blocks: Block[] = [first]
  let left = limits.together - JSON.stringify([first, ...last]).length
  for (const part of card.parts) {
    const block = section(ofPart(part))
    left -= JSON.stringify(block).length
    if (left < 0 || blocks.length + last.length >= limits.blocks - 1) {
      blocks.push(context(['… the rest is on the log']))
      break
    }
    if (block.text.text !== '') blocks.push(block)
  }
  return { text, blocks: [...blocks, ...last] }
}

/** A line of text only, for where blocks were refused and for short answers. */
export const toLine = (text: string): Message => {
  const shown = slackText(text, { limit: limits.section, lines: true })
  return { text: shown, blocks: [section(shown)] }
}

const ofPart = (part: Part): string => {
  switch (part.part) {
    case 'text': return `${part.title === undefined ? '' : `*${slackText(part.title, { limit: 80 })}:* `}${slackText(part.text, { limit: 1500, lines: true })}`
    case 'facts':
      return fitting(part.facts.slice(0, 20).map(([name, value]) => `*${slackText(name, { limit: 80 })}:* ${slackText(value, { limit: 400 })}`), limits.section - 10).join('\n')
    case 'code': return boxed(part)
    case 'list': {
      const items = part.items.slice(0, 12).map((item) => `• ${slackText(item, { limit: 220 })}`)
      const more = part.items.length - items.length
      return [`*${slackText(part.title, { limit: 80 })}*`, ...items, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
    }
    case 'link': return link(part)
  }
}

const boxed = ({ title, lines, keep }: Part & { part: 'code' }): string => {
  const all = lines.map((line) => slackCode(line, { limit: 300 }))
  const shown = keep === 'end' ? fitting(all.toReversed(), 1500).toReversed() : fitting(all, 1500)
  const more = lines.length - shown.length
  const rest = more === 0 ? [] : [`… and ${more} more`]
  return `*${slackText(title, { limit: 80 })}*\n\`\`\`${[...(keep === 'end' ? rest : []), ...shown, ...(keep === 'end' ? [] : rest)].join('\n')}\`\`\``
}

/** The first lines that have room together, whole. */
const fitting = (lines: readonly string[], room: number): readonly string[] => {
  let left = room
  const end = lines.findIndex((line) => (left -= line.length + 1) < 0)
  return end < 0 ? lines : lines.slice(0, end)
}

/** The host is shown: what a link is called may lie about where it leads. */
const link = ({ name, address }: Part & { part: 'link' }): string => {
  const safe = safeAddress(address)
  const shown = slackText(name, { limit: 80 })
  if (!safe) return `*${shown}:* ${slackText(address, { limit: 200 })} (not a link that can be shown as one)`
  return `*${shown}:* <${safe.href.replaceAll('&', '&amp;')}|${slackText(safe.host, { limit: 100 })}>`
}

const button = (action: Action, index: number): Button => ({
  type: 'button', text: plainText(slackText(labelOf(action), { limit: limits.button })),
  action_id: `${action.action}:${index}`, value: valueOf(action).slice(0, limits.value),
  ...(action.action === 'stop' ? { style: 'danger' } : action.action === 'approve' || action.action === 'exec' || action.action === 'promote' ? { style: 'primary' } : {}),
})

const markdown = (text: string): Markdown => ({ type: 'mrkdwn', text, verbatim: true })
const plainText = (text: string): Plain => ({ type: 'plain_text', text, emoji: false })
const section = (text: string): Block & { type: 'section' } => ({ type: 'section', text: markdown(text) })
const context = (texts: readonly string[]): Block => ({ type: 'context', elements: texts.slice(0, 10).map((text) => markdown(slackText(text, { limit: 300 }))) })
