/** Who somebody is. Entries name people as people read them; four eyes and lists of names count persons. */
import type { Workflow } from './workflow.ts'

export const tokenRoles = ['sender', 'stopper', 'viewer', 'responder', 'operator'] as const
export type TokenRole = (typeof tokenRoles)[number]

/** One person or one machine. */
export interface TokenEntry {
  readonly name: string
  readonly role: TokenRole
  /** 64 hex digits, of the token's text. */
  readonly sha256: string
  /** Those of one team share what one of them may hold at the door. */
  readonly team?: string
  /** Milliseconds since 1970; after it the token is worth nothing. */
  readonly expiresAt?: number
}

/** Of the setting `people`: the name of a person's tokens, and their account in Slack. */
export interface KnownPerson {
  readonly name: string
  readonly team?: string
  readonly user?: string
}

/** A person or a group of Slack: by id, never by name. */
export type SlackGrant = { readonly team: string } & ({ readonly user: string } | { readonly group: string })

/** What an entry calls somebody of Slack whom the setting `people` does not know. */
export const slackPerson = ({ name, team, user }: { readonly name: string; readonly team: string; readonly user: string }): string => `${name || user} (Slack ${team}/${user})`

/** By Slack's own id where there is one: what it shows as the name changes as its owner likes. */
export const personOf = (who: string): string => / \(Slack ([TE][A-Z0-9]+\/[UW][A-Z0-9]+)\)$/.exec(who)?.[1] ?? who

/** Anybody, where nobody is named. */
export const isApprover = ({ approvers }: { readonly approvers?: readonly string[] }, who: string): boolean =>
  approvers === undefined || approvers.includes(who) || approvers.includes(personOf(who))

/** Of those who may: where the route names them, nobody else's yes counts. */
export const approvalsOf = (workflow: Pick<Workflow, 'approvals' | 'approvers'>): Workflow['approvals'] => workflow.approvals.filter(({ who }) => isApprover(workflow, who))

/** Somebody who may said yes to this very plan. */
export const isApproved = (workflow: Pick<Workflow, 'approvals' | 'approvers' | 'approved' | 'plan'>): boolean =>
  workflow.approved !== undefined && workflow.approved === workflow.plan?.digest && approvalsOf(workflow).length > 0
