/** What is told, as Slack shows it and as a terminal does. Pure over a view. */
import { toBlocks, type Message } from './blocks.ts'
import type { Card, Part } from './card.ts'
import { digestCard } from './card-digest.ts'
import { noticeCard } from './cards.ts'
import { clock, long } from './figures.ts'
import type { NoticeView, View } from './message.ts'
import { plain, safeAddress } from './text.ts'

export const cardOf = (view: View): Card => (view.kind === 'digest' ? digestCard(view) : withTake(noticeCard(view), view))

export const render = (view: View): Message => toBlocks(cardOf(view))

/** Told again, because nobody took it: the same, and since when it waits. */
export const renderAgain = (view: NoticeView, waitedMs: number): Message => {
  const card = cardOf(view)
  return toBlocks(waitedMs <= 0 ? card : { ...card, line: `Nobody took this for ${long(waitedMs)}: ${card.line}`, footer: [`Nobody took this for ${long(waitedMs)}.`, ...card.footer] })
}

const withTake = (card: Card, { taken, key, urgency, open }: NoticeView): Card => {
  if (taken) return { ...card, footer: [`Taken by ${taken.who} at ${clock(taken.at)}`, ...card.footer] }
  return urgency === 'page' && open ? { ...card, actions: [{ action: 'take', notice: key }, ...card.actions] } : card
}

/** The plain-text twin, for stderr and the log: the line first, what belongs to it indented under it. */
export const renderText = (view: View): string => {
  const card = cardOf(view)
  const line = plain(`${card.icon} ${card.line}`, { limit: 1000 })
  if (card.heading === undefined) return line
  const under = [...card.parts.flatMap(linesOf), ...card.footer.map((text) => plain(text, { limit: 300 }))]
  return [line, ...under.map((text) => `  ${text.replaceAll('\n', '\n  ')}`)].join('\n')
}

const linesOf = (part: Part): string[] => {
  switch (part.part) {
    case 'text': return [plain(`${part.title === undefined ? '' : `${part.title}: `}${part.text}`, { limit: 1500, lines: true })]
    case 'facts': return part.facts.map(([name, value]) => `${plain(name, { limit: 80 })}: ${plain(value, { limit: 400 })}`)
    case 'code': return indented(part.title, part.lines)
    case 'list': return indented(part.title, part.items)
    case 'link': return [`${plain(part.name, { limit: 80 })}: ${safeAddress(part.address)?.href ?? plain(part.address, { limit: 200 })}`]
  }
}

const mostLines = 30

const indented = (title: string, lines: readonly string[]): string[] => {
  const more = lines.length - mostLines
  return [`${plain(title, { limit: 80 })}:`, ...lines.slice(0, mostLines).map((line) => `  ${plain(line, { limit: 220 })}`), ...(more > 0 ? [`  … and ${more} more`] : [])]
}
