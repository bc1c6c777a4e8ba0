/**
 * What Alertmanager (webhook, version 4) and Grafana (alerting) post, parsed once at the door and again whenever the log
 * is read. Unknown fields are ignored, deep ones never entered. A bad alert is named by its index and field; the good
 * ones beside it are kept. The status is each alert's own: that of a truncated group says "resolved" while alerts fire.
 */
import type { Alert, AlertProblem, Notification } from './alert.ts'
import { fingerprintText, hashFlat, hashLabels } from './fingerprint.ts'
import { parseInstant, unset, type Instant } from './instant.ts'
import type { Labels } from './labels.ts'
import { annotationsOf, cut, labelsOf } from './told.ts'
import { episodeOf } from './uuid.ts'

export interface ParsedNotification {
  /** Undefined if the body is none at all: then there is one problem, of index -1. */
  readonly notification: Notification | undefined
  readonly problems: readonly AlertProblem[]
}

const senders = {
  alertmanager: "the webhook of Alertmanager, without a payload of one's own",
  grafana: 'the webhook of Grafana alerting',
} as const

/** From here on bad alerts are counted only. */
const maxProblems = 100

/** Never throws, whatever JSON it is handed. */
export function parseNotification(source: Notification['source'], json: unknown): ParsedNotification {
  if (!isObject(json)) return none('', 'the body must be a JSON object')
  if (!Array.isArray(json.alerts)) {
    return none('alerts', `must be a list: is this ${senders[source]}?`)
  }
  const alerts: Alert[] = []
  const problems: AlertProblem[] = []
  let bad = 0
  let last = -1
  json.alerts.forEach((one: unknown, index) => {
    const alert = parseAlert(one)
    if (isAlert(alert)) alerts.push(alert)
    else if (++bad < maxProblems) problems.push({ index, ...alert })
    else last = index
  })
  if (last >= 0) problems.push({ index: last, field: '', problem: `and ${bad - maxProblems + 1} bad alerts up to this one` })
  const { truncatedAlerts: truncated } = json
  return {
    notification: {
      source,
      receiver: source === 'alertmanager' ? unquoteMeta(textOf(json.receiver, 1024)) : textOf(json.receiver, 1024),
      groupKey: textOf(json.groupKey, 1024),
      externalURL: textOf(json.externalURL, 2048),
      truncated: typeof truncated === 'number' && truncated > 0 && truncated < 1e9 ? Math.floor(truncated) : 0,
      alerts,
    },
    problems,
  }
}

const none = (field: string, problem: string): ParsedNotification =>
  ({ notification: undefined, problems: [{ index: -1, field, problem }] })

type AlertFault = Omit<AlertProblem, 'index'>

const isAlert = (parsed: Alert | AlertFault): parsed is Alert => 'episode' in parsed

function parseAlert(json: unknown): Alert | AlertFault {
  if (!isObject(json)) return { field: '', problem: 'must be an object' }
  const { status } = json
  if (status !== 'firing' && status !== 'resolved') return { field: 'status', problem: 'must be "firing" or "resolved"' }
  const startsAt = startOf(json.startsAt)
  if ('problem' in startsAt) return { field: 'startsAt', problem: startsAt.problem }
  const told = labelsOf(json.labels)
  if ('problem' in told) return told
  let { labels } = told
  let hash = hashFlat(told.flat)
  if (hash.broken) {
    labels = wellFormed(labels)
    hash = hashLabels(labels)
  }
  return {
    status,
    labels,
    annotations: annotationsOf(json.annotations),
    startsAt: startsAt.text,
    endsAt: endOf(json.endsAt),
    fingerprint: fingerprintText(hash),
    episode: episodeOf(hash, startsAt.text, startsAt.ms),
    generatorURL: textOf(json.generatorURL, 2048),
  }
}

function startOf(json: unknown): Instant | { problem: string } {
  if (typeof json !== 'string') return { problem: 'must be a time as text (RFC 3339)' }
  const instant = parseInstant(json)
  if (instant === undefined) return { problem: 'must be a time as of RFC 3339: 2026-11-22T02:16:39.5Z' }
  return instant === unset ? { problem: 'is not set (year 1), so nothing tells this firing from others' } : instant
}

/** "" while the alert fires, which senders write as the year 1. It only informs, so nothing is refused for it. */
function endOf(json: unknown): string {
  if (typeof json !== 'string' || json === '0001-01-01T00:00:00Z') return ''
  const instant = parseInstant(json)
  return instant === undefined || instant === unset ? '' : instant.text
}

/** Half of a surrogate pair cannot be written as UTF-8: what keeps it would read back another text. */
const wellFormed = (labels: Labels): Labels =>
  new Map(Array.from(labels, ([name, value]) => [name.toWellFormed(), value.toWellFormed()]))

const isObject = (json: unknown): json is Record<string, unknown> => typeof json === 'object' && json !== null

const textOf = (json: unknown, limit: number): string => typeof json === 'string' ? cut(json, limit) : ''

/** Alertmanager sends a receiver's name quoted for a regular expression: `team-a\.web`. */
const unquoteMeta = (text: string): string => text.includes('\\') ? text.replace(/\\([\\.+*?()|[\]{}^$])/g, '$1') : text

export const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
