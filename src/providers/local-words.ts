/** What the provider `local` and its keeper say to each other, and what the keeper writes down. Plain JSON, all of it. */
import type { Size } from '../runbook.ts'
import type { Condition, ProviderErrorName } from './provider.ts'

/** One service, as its file declares it. `{port}` and `{id}` stand for the replica's own. */
export interface Declaration {
  readonly command: readonly string[]
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  readonly min: number
  readonly max: number
  /** At the very start; from then on the size is what was last set. */
  readonly replicas: number
  readonly ports: { readonly from: number; readonly to: number } | 'any free'
  readonly health: Health | undefined
  readonly labels: Readonly<Record<string, string>>
  /** Between TERM and KILL. */
  readonly stopWithinMs: number
}

export interface Health {
  readonly check: { readonly url: string } | { readonly command: readonly string[] }
  readonly everyMs: number
  readonly timeoutMs: number
  /** So many failures in a row make a ready replica unready. */
  readonly failures: number
}

export type Declarations = Readonly<Record<string, Declaration>>

export interface Replica {
  readonly id: string
  readonly port: number
  /** When its start was decided. RFC 3339. */
  readonly startedAt: string
  /** Nothing until it is known to run: written before it starts, so that no crash of the keeper forgets one. */
  readonly process?: ProcessName
  readonly ending?: true
}

/** A pid is used again; with its start time it names one process. */
export interface ProcessName {
  readonly pid: number
  readonly start: string
}

export interface Service {
  readonly declared: Declaration
  readonly replicas: number
  /** Grows with each change of the size, of the declaration, and with each restart that was asked for. */
  readonly version: number
  readonly members: readonly Replica[]
}

export interface Kept {
  /** Of this state folder: begins the ids of its targets. */
  readonly keeper: string
  /** Numbers of replicas are never used again. */
  readonly nextReplica: number
  readonly services: Readonly<Record<string, Service>>
}

export type Ask =
  | { readonly verb: 'read'; readonly target: string }
  | { readonly verb: 'list' }
  | ({ readonly verb: 'set'; readonly target: string; readonly replicas: number } & Condition)
  | { readonly verb: 'restart'; readonly target: string; readonly member: string }
  /** With an `owner`, the services end when that process does: for those who start them only for a while. */
  | { readonly verb: 'declare'; readonly services: Declarations; readonly owner?: ProcessName }
  /** Ends every replica, and then the keeper. */
  | { readonly verb: 'end' }

export type Told =
  | { readonly value: Size | readonly { readonly name: string; readonly id: string }[] | null }
  | { readonly error: { readonly name: ProviderErrorName; readonly message: string } }

/** Where the keeper listens: `keeper.json` in the state folder, readable by its owner only. */
export interface Address {
  readonly process: ProcessName
  readonly port: number
  readonly token: string
}

export const addressFile = 'keeper.json'
export const stateFile = 'services.json'
export const lockFile = 'keeper.lock'
