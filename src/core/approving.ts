/**
 * Who may say yes to a plan, and whether what was said counts. The doors ask here before they write it down, so that whoever
 * presses a button is told why it does nothing; the policies count by the same rules.
 */
import type { Catalogue } from './catalogue.ts'
import { isApprover } from './person.ts'
import { mayNotApprove } from './policies/approval.ts'
import { settingsOf } from './policies/judge.ts'
import type { State } from './state.ts'
import type { Workflow } from './workflow.ts'

export interface Answer {
  readonly kind: 'approved' | 'denied'
  readonly workflow: string
  /** The digest of the plan that was shown. */
  readonly plan: string
  readonly who: string
  readonly why: string
}

export type NotCounted = { readonly reason: 'not asking' | 'plan changed' | 'may not'; readonly detail: string }

/** Why this answer would count for nothing; undefined where it would. */
export const whyNot = (state: State, { kind, workflow: id, plan, who }: Answer): NotCounted | undefined => {
  const workflow = state.workflows.get(id)
  if (workflow?.state !== 'asking') return { reason: 'not asking', detail: `It does not ask any more${workflow ? `: it is ${workflow.state}${workflow.detail ? ` (${workflow.detail})` : ''}` : ''}.` }
  if (workflow.plan?.digest !== plan) return { reason: 'plan changed', detail: 'The plan has changed since this was shown: look at the new one.' }
  const detail = kind === 'approved' ? mayNot(workflow, state.catalogue && state.catalogues.get(state.catalogue.digest), { who, at: state.at }) : undefined
  return detail === undefined ? undefined : { reason: 'may not', detail }
}

/** Undefined where one question is left that this person can answer. */
const mayNot = (workflow: Workflow, catalogue: Catalogue | undefined, by: { who: string; at: number }): string | undefined => {
  if (!isApprover(workflow, by.who)) return `Only ${workflow.approvers!.join(', ')} may approve what this route runs, and ${by.who} is not among them.`
  const asked = (workflow.decision?.verdicts ?? []).filter(({ verdict }) => verdict === 'ask')
  const entries = catalogue?.policies[workflow.runbook.name] ?? []
  const why = asked.map(({ policy }) => {
    const entry = entries.find(({ name, type }) => name === policy && type === 'approval')
    const settings = entry && settingsOf(entry)
    return settings === undefined ? undefined : mayNotApprove(settings as never, by, { requester: workflow.request?.who, approvals: workflow.approvals })
  })
  return why.length > 0 && why.every((one) => one !== undefined) ? why[0] : undefined
}

/** Whether it did count, once it is folded; else somebody was faster, and the timeline says who. */
export const counted = (workflow: Workflow, { kind, who, why }: Answer): boolean => (kind === 'approved'
  ? workflow.approvals.some((one) => one.who === who)
  : workflow.reason === 'denied' && workflow.detail === `${who}: ${why}`)
