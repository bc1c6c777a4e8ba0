/**
 * A notification as the log keeps it: its good alerts, all of them, as JSON texts of bounded size that
 * `parseNotification` reads back into the same alerts. The usual body is kept as it came.
 */
import type { Alert, Notification } from './alert.ts'
import { plainLabels } from './labels.ts'
import { quoteMeta, type ParsedNotification } from './notification.ts'
import { utf8Size } from './told.ts'

export const maxPartBytes = 200_000

/**
 * `text` is the body that was parsed. None if no alert was good. No text has more than `maxBytes`; one alert within the
 * bounds of `told.ts` always fits into the default.
 */
export function notificationParts(parsed: ParsedNotification, text: string, maxBytes: number = maxPartBytes): string[] {
  const { notification, problems } = parsed
  if (notification === undefined) return []
  if (problems.length === 0 && (text.length * 3 <= maxBytes || utf8Size(text) <= maxBytes)) return [text]
  return pack(notification, maxBytes)
}

/** Only what is known is written: an unknown field may be as deep as it likes. */
function pack(notification: Notification, maxBytes: number): string[] {
  const { source, receiver, groupKey, externalURL, truncated, alerts } = notification
  const name = source === 'alertmanager' ? quoteMeta(receiver) : receiver
  const head = JSON.stringify({ version: '4', receiver: name, groupKey, externalURL, truncatedAlerts: truncated })
  const headSize = utf8Size(head) + ',"alerts":[]'.length
  const parts: string[] = []
  let held: string[] = []
  let size = headSize
  const close = (): void => {
    if (held.length > 0) parts.push(`${head.slice(0, -1)},"alerts":[${held.join()}]}`)
    held = []
    size = headSize
  }
  for (const alert of alerts) {
    const text = JSON.stringify(plain(alert))
    const more = utf8Size(text) + 1
    if (size + more > maxBytes) close()
    held.push(text)
    size += more
  }
  close()
  return parts
}

const plain = ({ status, labels, annotations, startsAt, endsAt, generatorURL }: Alert): object =>
  ({ status, labels: plainLabels(labels), annotations: plainLabels(annotations), startsAt, endsAt, generatorURL })
