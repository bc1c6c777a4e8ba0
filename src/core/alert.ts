/** What a sender told of one alert, in one form for Alertmanager's and Grafana's ways of saying it. */
import type { Labels } from './labels.ts'

export interface Alert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Labels
  readonly annotations: Labels
  /** RFC 3339, in UTC, to the nanosecond, without zeros at the end: compared as text, never as a Date. */
  readonly startsAt: string
  /** The same; "" while it fires. */
  readonly endsAt: string
  /** Ours: FNV-1a 64 over the sorted labels, 16 hex digits. The sender's own word is not taken. */
  readonly fingerprint: string
  /** Derived from fingerprint and startsAt, so that every server names the same episode alike. A UUID of version 7. */
  readonly episode: string
  /** As sent, not checked: it may be `javascript:…`. */
  readonly generatorURL: string
}

/** One notification: what one request carried, or one part of it where it was too large for one entry. */
export interface Notification {
  readonly source: 'alertmanager' | 'grafana'
  readonly receiver: string
  readonly groupKey: string
  readonly externalURL: string
  /** How many alerts the sender left out. */
  readonly truncated: number
  readonly alerts: readonly Alert[]
}

/** What is wrong with one alert of a notification, or with all of it (`index` -1). */
export interface AlertProblem {
  readonly index: number
  readonly field: string
  readonly problem: string
}
