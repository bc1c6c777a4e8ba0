/** Bodies as they were recorded, and bodies made by hand. */
import { readFileSync } from 'node:fs'
import type { Alert, Notification } from '../../src/core/alert.ts'
import { parseNotification } from '../../src/core/notification.ts'




export type Source = Notification['source']
export const folder = (source: Source) => new URL(`../fixtures/${source}/`, import.meta.url)
export const textOf = (source: Source, file: string): string => readFileSync(new URL(`${file}.json`, folder(source)), 'utf8')
export const whole = (alert: Alert) => ({ ...alert, labels: alert.labels, annotations: alert.annotations })
export const nameOf = ({ status, labels }: Alert): string => `${status} ${labels.get('alertname') ?? '-'}`
export const good = { status: 'firing', labels: { alertname: 'Good' }, annotations: {}, startsAt: '2026-11-22T02:16:39.5Z', endsAt: '0001-01-01T00:00:00Z' }
export const body = (...alerts: unknown[]) => ({ receiver: 'r', version: '4', groupKey: 'g', alerts })
export const parse = (json: unknown) => parseNotification('alertmanager', json)
