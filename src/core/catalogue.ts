/**
 * The catalogue: what the operators wrote down. Routes, the manifests of runbooks, policies. It is an entry on the log
 * in the form below, so plain JSON: whoever judges a past decision again finds here what was in force.
 */

/** Of a route. The more careful of two is the one further left. */
export const modes = ['off', 'dry-run', 'approve', 'auto'] as const
export type Mode = (typeof modes)[number]

/** What repeating a step does: nothing at all, the same again, or harm. */
export const effects = ['read', 'repeatable', 'once'] as const
export type Effect = (typeof effects)[number]

export type ParamValue = string | number | boolean

export interface ParamSpec {
  readonly type: 'integer' | 'number' | 'string' | 'boolean'
  readonly default?: ParamValue
  readonly min?: number
  readonly max?: number
  /** RE2, anchored: what a string must match. */
  readonly pattern?: string
  readonly oneOf?: readonly ParamValue[]
}

export interface StepManifest {
  readonly name: string
  readonly effect: Effect
  readonly timeoutMs: number
  /** One job per target, `concurrency` of them at a time. */
  readonly each: boolean
  readonly concurrency: number
  readonly onError: 'stop' | 'continue'
  readonly memoryMb: number
}

/** A runbook as its script declares it; the script itself is known by its digest. */
export interface RunbookManifest {
  readonly name: string
  readonly version: number
  /** sha256 over the script and every file of its version's folder: 64 hex digits. */
  readonly digest: string
  /** The first comment of the script, for people. */
  readonly about: string
  /** The label that names what is touched, or several of them: `namespace/deployment`. */
  readonly target: string
  /** Which provider `scale` is: `local` unless the script says otherwise. */
  readonly provider: string
  readonly params: Readonly<Record<string, ParamSpec>>
  readonly steps: readonly StepManifest[]
  /** Names of what its steps are handed. */
  readonly secrets?: readonly string[]
  /** Whether the script brings its own probe. */
  readonly verify: boolean
  readonly planTimeoutMs: number
  readonly healedWithinMs: number
  /** How far it may go by itself, whatever a route says; `auto` unless it says otherwise. */
  readonly mode?: Mode
  /** What all its steps together may take; see `core/deadline.ts`. */
  readonly deadlineMs?: number
}

export interface Promotion {
  readonly heals: number
  readonly inMs: number
}

export interface Route {
  /** Alertmanager's notation, all of them must match. */
  readonly matchers: readonly string[]
  readonly runbook?: { readonly name: string; readonly version: number }
  /** Other hands than its script says, and the label (or labels, joined by `/`) by which those know the target. */
  readonly provider?: string
  readonly target?: string
  readonly mode: Mode
  readonly params: Readonly<Record<string, ParamValue>>
  /** What runs next, one after the other, if the runbook fails or the alert stays. */
  readonly ladder?: readonly { readonly runbook: { readonly name: string; readonly version: number }; readonly params: Readonly<Record<string, ParamValue>> }[]
  /** `granted`: it runs by itself from the first time on. Without it a version asks, until it was promoted. */
  readonly trust?: 'granted'
  /** So many verified heals in that time propose the promotion of a version. */
  readonly promote?: Promotion
  /** This version is taken for so many of a hundred targets, until it failed so often. */
  readonly canary?: { readonly runbook: { readonly name: string; readonly version: number }; readonly share: number; readonly failures: number }
  /** A heartbeat is never answered; that it stays away this long is. */
  readonly heartbeatMs?: number
  /** What happens to alerts that take this route and have no runbook. */
  readonly unmatched?: 'tell' | 'record'
  readonly owner?: string
  /** Who may approve what it runs: names of persons, or accounts of Slack, TEAM/USER. Unset: whoever may act. */
  readonly approvers?: readonly string[]
  readonly channel?: string
  /** Where it stands, for people: `runbooks/routes.yaml:12`. */
  readonly source: string
}

/** One policy of one runbook. `settings` were checked against the type's own schema when the catalogue was read. */
export interface PolicyEntry {
  readonly type: string
  /** Named in verdicts; the type's name unless the file says otherwise. */
  readonly name: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly source: string
}

export interface Catalogue {
  /** sha256 of everything below, 64 hex digits. */
  readonly digest: string
  readonly routes: readonly Route[]
  /** Versions that never run, whatever a route says: `name@version`. */
  readonly revoked?: readonly string[]
  /** By `name@version`. */
  readonly runbooks: Readonly<Record<string, RunbookManifest>>
  /** By exact runbook name. No entry, or an empty list: refused. */
  readonly policies: Readonly<Record<string, readonly PolicyEntry[]>>
}

/** As JSON. Every process holds it in memory, with those that it replaced in the last 30 days. */
export const mostCatalogueBytes = 6_000_000

export const runbookId = (of: { name: string; version: number }): string => `${of.name}@${of.version}`
