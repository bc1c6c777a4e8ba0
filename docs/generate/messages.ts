/** Writes docs/messages.md: every message as people read it, in its plain form. */
import { toBlocks } from '../../src/notify/blocks.ts'
import { cardOf, renderText } from '../../src/notify/render.ts'
import { generated } from './markdown.ts'
import { sampleNotices } from './sample-notices.ts'

const introduction = `# What people are told

${generated}

Each message as stderr shows it; in Slack the first line is the heading and the actions are buttons. What heals by itself
is one line, brought up to date in place: nobody is called. Everything else says what Paramedic knows, what it did, and
what to do next. What is urgent and was taken by nobody is told again after 15 minutes, 30 and 60.
`

export const messagesPage = (): string => {
  const shown = sampleNotices().filter(({ again }) => !again).map(({ when, view }) => {
    const buttons = toBlocks(cardOf(view)).blocks.flatMap((block) => (block.type === 'actions' ? block.elements.map(({ text }) => `[ ${text.text} ]`) : []))
    return [`## ${when.replace(/\.$/, '')}`, '', '```text', renderText(view).replaceAll('```', "'''"), ...(buttons.length > 0 ? ['', `  ${buttons.join('  ')}`] : []), '```', ''].join('\n')
  })
  return [introduction, ...shown].join('\n')
}
