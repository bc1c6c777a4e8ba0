/** From the text of a body to what goes to the log and what is answered. The same on the main thread and on the one for large bodies. */
import type { AlertProblem, Notification } from '../core/alert.ts'
import { parseNotification } from '../core/notification.ts'
import { notificationParts } from '../core/parts.ts'
import { Refusal } from './errors.ts'

export interface Prepared {
  /** Each is one entry of the log. None: a group without alerts, which is nothing to keep. */
  readonly parts: readonly string[]
  /** Where the body is the only part as it came: what it was parsed to, so that nobody parses it again. */
  readonly asItCame?: { readonly json: unknown; readonly notification: Notification }
  readonly problems: readonly AlertProblem[]
  /** The answer, as JSON. */
  readonly reply: string
}

export function prepare(text: string, source: Notification['source']): Prepared {
  const json = parseJson(text)
  const parsed = parseNotification(source, json)
  const { notification, problems } = parsed
  const parts = notification?.alerts.length === 0 ? [] : notificationParts(parsed, text)
  if (parts.length === 0 && problems.length > 0) throw refused(problems)
  const alerts = notification?.alerts.map(({ fingerprint, episode }) => ({ fingerprint, episode })) ?? []
  const reply = JSON.stringify({ accepted: alerts.length, alerts, ...(problems.length > 0 ? { problems } : {}) })
  return { parts, problems, reply, ...(parts[0] === text ? { asItCame: { json, notification: notification! } } : {}) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own words would repeat a piece of the body.
    throw new Refusal('BAD_JSON', text === '' ? 'The body is empty: was the request redirected?' : 'The body is not JSON.')
  }
}

const refused = (problems: readonly AlertProblem[]): Refusal => {
  const first = problems[0]!
  const where = first.index < 0 ? first.field : `alerts[${first.index}]${first.field === '' ? '' : `.${first.field}`}`
  return new Refusal('BAD_NOTIFICATION', `${where === '' ? '' : `${where} `}${first.problem}`, { more: { problems } })
}

const maxDepth = 64
const bytesPerContainer = 24

/**
 * A hostile body of brackets alone would become a hundred times its size in memory. Bytes are looked at once, without
 * parsing: brackets and braces that are not in a text.
 */
export function checkStructure(body: Uint8Array): void {
  const most = body.length / bytesPerContainer
  let depth = 0
  let count = 0
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]
    if (byte === 0x22) {
      for (i++; i < body.length && body[i] !== 0x22; i++) if (body[i] === 0x5c) i++
    } else if (byte === 0x5b || byte === 0x7b) {
      depth++
      count++
      if (depth > maxDepth || count > most) throw new Refusal('BAD_JSON', 'The body is nested in a way that no notification is.')
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--
    }
  }
}
