/**
 * What Alertmanager (webhook, version 4) and Grafana (alerting) post, parsed once at the door and again whenever the log
 * is read. Unknown fields are ignored, deep ones never entered. A bad alert is named by its index and field; the good
 * ones beside it are kept. The status is each alert's own: that of a truncated group says "resolved" while alerts fire.
 */
import type { Alert, AlertProblem, Notification } from './alert.ts'
import { fingerprintText, hashFlat, type LabelHash } from './fingerprint.ts'
import { parseInstant, unset, type Instant } from './instant.ts'
import { labelMap, type Labels } from './labels.ts'
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
    if (alert instanceof ToldAlert) alerts.push(alert)
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

function parseAlert(json: unknown): ToldAlert | AlertFault {
  if (!isObject(json)) return { field: '', problem: 'must be an object' }
  const { status } = json
  if (status !== 'firing' && status !== 'resolved') return { field: 'status', problem: 'must be "firing" or "resolved"' }
  const startsAt = startOf(json.startsAt)
  if ('problem' in startsAt) return { field: 'startsAt', problem: startsAt.problem }
  const told = labelsOf(json.labels)
  if ('problem' in told) return told
  let flat = told
  let hash = hashFlat(flat)
  if (hash.broken) {
    flat = wellFormed(flat)
    hash = hashFlat(flat)
  }
  return new ToldAlert({ status, startsAt, hash, flat, json })
}

/** Labels and annotations are put into maps when somebody asks for them: of an alert that is known already nobody does. */
class ToldAlert implements Alert {
  readonly status: Alert['status']
  readonly startsAt: string
  readonly endsAt: string
  readonly fingerprint: string
  readonly episode: string
  readonly generatorURL: string
  readonly #flat: readonly string[]
  readonly #annotations: unknown

  constructor({ status, startsAt, hash, flat, json }: { status: Alert['status']; startsAt: Instant; hash: LabelHash; flat: readonly string[]; json: Record<string, unknown> }) {
    this.status = status
    this.startsAt = startsAt.text
    this.endsAt = endOf(json.endsAt)
    this.fingerprint = fingerprintText(hash)
    this.episode = episodeOf(hash, startsAt.text, startsAt.ms)
    this.generatorURL = textOf(json.generatorURL, 2048)
    this.#flat = flat
    this.#annotations = json.annotations
  }

  get labels(): Labels {
    return labelMap(this.#flat)
  }

  get annotations(): Labels {
    return annotationsOf(this.#annotations)
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
const wellFormed = (flat: readonly string[]): readonly string[] => [...labelMap(flat.map((text) => text.toWellFormed()))].flat()

const isObject = (json: unknown): json is Record<string, unknown> => typeof json === 'object' && json !== null

const textOf = (json: unknown, limit: number): string => typeof json === 'string' ? cut(json, limit) : ''

/** Alertmanager sends a receiver's name quoted for a regular expression: `team-a\.web`. */
const unquoteMeta = (text: string): string => text.includes('\\') ? text.replace(/\\([\\.+*?()|[\]{}^$])/g, '$1') : text

export const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
