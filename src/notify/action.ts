/** What a button carries, and how what was pressed is read back. It is at most what Slack takes as a button's value. */
import { createHash } from 'node:crypto'

export type Action =
  | { readonly action: 'take'; readonly notice: string }
  | { readonly action: 'fixed'; readonly episode: string }
  | { readonly action: 'promote'; readonly runbook: string }
  | { readonly action: 'lift'; readonly stop: string }
  | { readonly action: 'resume'; readonly suspension: string }
  | { readonly action: 'stop'; readonly label: string; readonly matchers: readonly string[] }
  | { readonly action: 'approve' | 'deny' | 'exec' | 'cancel'; readonly workflow: string; readonly plan: string }

export interface Pressed {
  readonly action: Action['action']
  readonly values: readonly string[]
}

const maxValue = 2000

export const labelOf = (action: Action): string => {
  switch (action.action) {
    case 'take': return 'Take'
    case 'fixed': return 'Fixed by hand'
    case 'lift': return 'Lift'
    case 'resume': return 'Resume'
    case 'promote': return 'Promote'
    case 'stop': return action.label
    case 'approve': return 'Approve'
    case 'deny': return 'Deny'
    case 'exec': return 'Run it'
    case 'cancel': return 'Drop it'
  }
}

export const valueOf = (action: Action): string => {
  switch (action.action) {
    case 'take': return JSON.stringify([shortKey(action.notice)])
    case 'fixed': return JSON.stringify([action.episode])
    case 'promote': return JSON.stringify([action.runbook])
    case 'lift': return JSON.stringify([action.stop])
    case 'resume': return JSON.stringify([action.suspension])
    case 'stop': {
      // A scope that does not fit is not cut: the button then stops everything.
      const value = JSON.stringify(action.matchers)
      return value.length <= maxValue ? value : '[]'
    }
    case 'approve':
    case 'deny':
    case 'exec':
    case 'cancel': return JSON.stringify([action.workflow, action.plan])
  }
}

/** Undefined for a button that this version does not know. */
export const readPressed = (actionId: unknown, value: unknown): Pressed | undefined => {
  const action = typeof actionId === 'string' ? /^(take|fixed|lift|resume|promote|stop|approve|deny|exec|cancel)(?::\d+)?$/.exec(actionId)?.[1] : undefined
  if (action === undefined || typeof value !== 'string') return undefined
  return { action: action as Pressed['action'], values: textsOf(value) }
}

/** What cannot be read is an empty list: for a stop that means everything. */
const textsOf = (value: string): string[] => {
  try {
    const read: unknown = JSON.parse(value)
    return Array.isArray(read) && read.every((one) => typeof one === 'string') ? read : []
  } catch {
    return []
  }
}

const longestKey = 300

/** A notice's key holds an alert's name, which may be as long as it likes. */
export const shortKey = (key: string): string => (key.length <= longestKey ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`)
