/** The buttons that stop. They never ask whether one is sure. */
import { writeTerms } from '../core/notation.ts'
import type { Action } from './action.ts'

export const stopAll: Action = { action: 'stop', label: 'Stop everything', matchers: [] }

/** What a workflow's runbook does, wherever it does it. */
export const stopRunbook = (runbook: string): Action => {
  const name = runbook.replace(/@\d+$/, '')
  return { action: 'stop', label: `Stop ${name}`, matchers: [writeTerms([{ name: 'runbook', operator: '=', value: name }])] }
}
