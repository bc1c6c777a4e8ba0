/**
 * A window on what people would read in Slack: answers the few calls that the notifier makes, and keeps each message as
 * text. It listens on loopback, for the time of the demo.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SlackWindow {
  readonly url: string
  close(): Promise<void>
}

const largestBytes = 1 << 20

export async function openSlackWindow(shown: (text: string) => void): Promise<SlackWindow> {
  let count = 0
  const server = createServer((request, response) => {
    void read(request).then((message) => {
      const method = new URL(request.url ?? '/', 'http://slack').pathname.split('/').at(-1) ?? ''
      if (method.startsWith('chat.')) shown(messageText(message))
      const ts = message['ts'] ?? `${Math.floor(Date.now() / 1000)}.${String(++count).padStart(6, '0')}`
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ok: true, ts, channel: message['channel'] ?? 'C0DEMO', user_id: 'U0DEMO', team_id: 'T0DEMO', bot_id: 'B0DEMO' }))
    }, () => response.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    close: () => new Promise((closed) => {
      server.close(() => closed())
      server.closeAllConnections()
    }),
  }
}

/** Form-encoded, as Slack's client sends it, or JSON. */
async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request as AsyncIterable<Buffer>) if ((text += chunk.toString()).length > largestBytes) throw new Error('too long')
  if (text.startsWith('{')) return JSON.parse(text) as Record<string, unknown>
  return Object.fromEntries(new URLSearchParams(text))
}

function messageText(message: Record<string, unknown>): string {
  const attached = listIn(message['attachments']).flatMap((one) => listIn((one as { blocks?: unknown } | null)?.blocks))
  const lines = [...listIn(message['blocks']), ...attached].map(blockText).filter((text) => text !== '')
  return unescape(lines.length > 0 ? lines.join('\n') : String(message['text'] ?? ''))
}

/** A form's fields hold lists as JSON. */
const listIn = (given: unknown): unknown[] => {
  const list: unknown = typeof given === 'string' ? JSON.parse(given) : given
  return Array.isArray(list) ? list : []
}

/** Texts as they stand, buttons in brackets. */
function blockText(block: unknown): string {
  if (typeof block !== 'object' || block === null) return ''
  const { type, text, fields, elements, accessory } = block as Record<string, unknown>
  if (type === 'divider') return '────────'
  if (type === 'button') return `[ ${textOf(text)} ]`
  if (Array.isArray(elements)) return elements.map((one) => blockText(one) || textOf(one)).join('  ')
  return [textOf(text), ...(Array.isArray(fields) ? fields.map(textOf) : []), accessory === undefined ? '' : blockText(accessory)].filter((one) => one !== '').join('\n')
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'object' && value !== null ? textOf((value as { text?: unknown }).text) : ''

const unescape = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
