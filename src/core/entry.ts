/**
 * Everything that happens is one of these, on one log. Kinds are few and in the past tense; `docs/entries.md` lists them.
 * Ids are UUIDv7. An entry carries what the fold needs, so that the fold contains no policy and no catalogue.
 */
import type { AlertProblem, Notification } from './alert.ts'
import { parseNotification } from './notification.ts'
import type { Catalogue, Mode, ParamValue, Promotion, StepManifest } from './catalogue.ts'
import type { Json, Plan, Take } from './plan.ts'
import type { Verdict } from './policy.ts'
import type { End, Reason } from './reason.ts'

export interface StopOrder {
  readonly id: string
  /** Alertmanager's notation; none: everything. */
  readonly matchers: readonly string[]
  /** kill: what runs dies now. pause: it finishes, and nothing new starts. */
  readonly effect: 'kill' | 'pause'
  /** A pause lifts itself after so long, by log time. A kill never does. */
  readonly forMs?: number
  readonly who: string
  readonly why: string
}

/** Under it a notification carries what is known of it where it was taken in: never written, gone when it is read back. */
const atHand = Symbol('at hand')

export type Received = {
  readonly kind: 'received'
  readonly source: Notification['source']
  /** The notification as it was sent, its bad alerts left out. */
  readonly payload: unknown
  readonly problems?: readonly AlertProblem[]
  readonly sender?: string
  readonly [atHand]?: AtHand
}

interface AtHand {
  /** Its payload as it came: a body is never serialised a second time. */
  readonly text: string
  /** What the payload was parsed to: where the fold is handed this very entry, it is not parsed again. */
  readonly notification?: Notification
}

/** What is run, on what. */
export type Rung = {
  readonly runbook: { readonly name: string; readonly version: number; readonly digest: string }
  readonly provider: string
  readonly targets: readonly string[]
  readonly params: Readonly<Record<string, ParamValue>>
  readonly steps: readonly StepManifest[]
  readonly healedWithinMs: number
  /** The script brings its own probe: the alert's end alone proves nothing. */
  readonly probe: boolean
  /** By what it may come to run by itself; without it it may already. */
  readonly trust?: 'asks' | Promotion
  /** It is taken as a canary, which may fail so often. */
  readonly canary?: number
}

/** What a workflow is of, whoever asked for it. */
type Wanted = Rung & {
  readonly workflow: string
  readonly catalogue: string
  readonly mode: Mode
}

export type Matched = Wanted & {
  readonly kind: 'matched'
  readonly episode: string
  readonly route: string
  readonly channel?: string
  /** Since fold version 2. */
  readonly approvers?: readonly string[]
  /** What runs next, one after the other, if it fails or the alert stays. */
  readonly ladder?: readonly Rung[]
}

/** A person's or a program's request: planned and judged like any other, and run only when `exec asked` says so. */
export type Submitted = Wanted & {
  readonly kind: 'submitted'
  /** What the request says of itself, for matchers and policies. Pairs, because any name is legal. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly who: string
  readonly why: string
  /** The sender's own name for it, under the sender's name: saying it again gives the same workflow. */
  readonly key: string
  /** Its budget, from when it is executed on. Since fold version 2. */
  readonly deadlineMs?: number
  /** sha256 of what was asked for: another body under the same key is refused. */
  readonly body: string
}

/** `turn` here and below: what the workflow had come to when this was said of it. Once it has moved on, the word is void. */
export type Decided = {
  readonly kind: 'decided'
  readonly workflow: string
  readonly turn: number
  readonly outcome: 'start' | 'submitted' | 'wait' | 'ask' | 'refuse' | 'rehearse' | 'obsolete' | 'plan again'
  readonly reason?: Reason
  readonly detail: string
  /** The digest of the plan that was judged, the position up to which the log was known, and what was in force. */
  readonly plan: string
  readonly judgedAt: number
  readonly catalogue: string
  readonly verdicts: readonly Verdict[]
  readonly takes: readonly Take[]
  readonly until?: number
  readonly key?: string
  /** To start: the budget of the workflow, from its first step on. Since fold version 2. */
  readonly deadlineMs?: number
  /** What the judge was handed beside the log: whoever judges it again is handed the same. */
  readonly given?: Given
}

export interface Given {
  /** Log time in milliseconds, carried on to the moment of judging. */
  readonly at: number
  /** False where nothing could kill without survivors: then nobody runs by itself. */
  readonly canKill: boolean
  readonly forceDryRun: boolean
}

/** The end of what a job printed, secrets masked; `bytes`: all of it. */
export interface Printed {
  readonly tail: string
  readonly bytes: number
}

/** How a job left a target that it changed: whatever it is later and was not then, somebody else made it. */
export type Left = {
  readonly target: string
  readonly id: string
  /** As its provider says it: it changes with every change. */
  readonly version: string
  readonly replicas?: number
}

/** `configured`: as the configuration of each process says. */
export type SwitchMode = 'on' | 'off' | 'mock' | 'direct' | 'configured'

/** What a workflow changed is another now, and no workflow made it so. */
export type ChangedByHand = Left & { readonly kind: 'changed by hand'; readonly suspension: string; readonly provider: string; readonly was: string }

/** What is rehearsed. */
export const drills = ['stop', 'breaker', 'duplicates'] as const
export type Drill = (typeof drills)[number]
export type Drilled = {
  readonly kind: 'drilled'
  readonly drill: Drill
  readonly ok: boolean
  readonly detail: string
  readonly who: string
  readonly tookMs: number
  readonly survivors: number
}

/** `who`: whose token it was, where it is a known one that may not do this. */
export interface RefusedLogin {
  readonly from: string
  readonly call: string
  readonly code: string
  readonly who?: string
  readonly times: number
}

export type Fact =
  | Received
  | { readonly kind: 'catalogue announced'; readonly catalogue: Catalogue }
  | { readonly kind: 'catalogue part'; readonly announcement: string; readonly digest: string
      /** From 0; the last one of `of` makes it whole. */
      readonly part: number
      readonly of: number; readonly routes: Catalogue['routes']; readonly runbooks: Catalogue['runbooks']; readonly policies: Catalogue['policies']; readonly revoked?: readonly string[] }
  | { readonly kind: 'catalogue activated'; readonly digest: string; readonly was: string }
  | { readonly kind: 'catalogue refused'; readonly problems: readonly string[] }
  | Matched
  | Submitted
  | { readonly kind: 'climbed'; readonly workflow: string; readonly after: string }
  | { readonly kind: 'exec asked'; readonly workflow: string; readonly exec: string; readonly plan: string; readonly who: string }
  | { readonly kind: 'cancelled'; readonly workflow: string; readonly who: string; readonly why: string }
  | { readonly kind: 'noted'
      /** Or the episode, where it is about an alert. */
      readonly workflow: string; readonly who: string; readonly text: string }
  | { readonly kind: 'unmatched'; readonly episodes: readonly string[]; readonly reason: Reason; readonly tell: boolean
      readonly route: string; readonly detail: string; readonly heartbeatMs?: number; readonly channel?: string }
  | { readonly kind: 'planned'; readonly workflow: string; readonly turn: number; readonly plan: Plan }
  | Decided
  | { readonly kind: 'claimed'; readonly workflow: string; readonly step: number; readonly job: number; readonly claim: string }
  | { readonly kind: 'step done'; readonly workflow: string; readonly step: number; readonly job: number
      readonly claim: string; readonly output: Json; readonly tookMs: number; readonly printed?: Printed; readonly left?: readonly Left[] }
  | { readonly kind: 'step failed'; readonly workflow: string; readonly step: number; readonly job: number
      readonly claim: string; readonly reason: Reason; readonly detail: string; readonly tookMs: number; readonly printed?: Printed; readonly left?: readonly Left[] }
  | { readonly kind: 'let go'; readonly workflow: string; readonly claim: string; readonly how: 'never started' | 'killed'
      readonly survivors: number; readonly tookMs: number; readonly printed?: Printed; readonly left?: readonly Left[] }
  | { readonly kind: 'printed'; readonly workflow: string; readonly step: number; readonly target: string; readonly claim: string
      readonly text: string
      /** All that it had printed by then. */
      readonly bytes: number }
  | { readonly kind: 'verified'; readonly workflow: string; readonly turn: number; readonly probe?: boolean; readonly gone?: boolean; readonly detail: string }
  | { readonly kind: 'ended'; readonly workflow: string; readonly turn: number; readonly state: End; readonly reason: Reason; readonly detail: string }
  | { readonly kind: 'stop pulled'; readonly stop: StopOrder }
  | { readonly kind: 'stop lifted'; readonly stop: string; readonly who: string; readonly why: string }
  | { readonly kind: 'stop acknowledged'; readonly stop: string; readonly runner: string; readonly name: string
      readonly killed: number; readonly survivors: number; readonly tookMs: number }
  | { readonly kind: 'approved' | 'denied'; readonly workflow: string; readonly plan: string; readonly who: string; readonly why: string }
  | { readonly kind: 'switched'; readonly edge: string; readonly mode: SwitchMode; readonly who: string; readonly why: string }
  | ChangedByHand
  | { readonly kind: 'promoted'; readonly runbook: string; readonly who: string; readonly why: string; readonly heals: number; readonly inMs: number }
  | { readonly kind: 'demoted'; readonly runbook: string; readonly workflow: string; readonly was: 'promoted' | 'canary'
      /** Since it last failed, and of the canary all its failures. */
      readonly heals: number; readonly failures: number }
  | { readonly kind: 'resumed'; readonly suspension: string; readonly who: string; readonly why: string }
  | { readonly kind: 'breaker closed'; readonly breaker: string; readonly who: string; readonly why: string }
  | { readonly kind: 'runner lost'; readonly runner: string; readonly name: string; readonly why: string }
  | { readonly kind: 'joined'; readonly name: string; readonly host: string; readonly roles: readonly string[]; readonly foldVersion: number
      /** How long it wants what was answered to be remembered: longer than any resend. A day, where it says nothing. */
      readonly rememberMs?: number }
  | { readonly kind: 'logins refused'; readonly times: number; readonly some: readonly RefusedLogin[] }
  | Drilled
  | { readonly kind: 'fold version'; readonly version: number }
  | { readonly kind: 'snapshot made'; readonly position: number; readonly digest: string }
  | { readonly kind: 'message sent'; readonly notice: string; readonly revision: number; readonly channel: string; readonly ts: string
      /** People were called: by a new message or a reminder. A change of a message in place calls nobody. */
      readonly rang?: true }
  | { readonly kind: 'taken'; readonly notice: string; readonly who: string }
  | { readonly kind: 'heartbeat missed'; readonly route: string
      readonly lastAt: number
      /** It never came: not in this long since its route came into force, at `lastAt`. */
      readonly neverInMs?: number }

/** What is refused first when much waits to be written: its sender sends it again, or its outcome has it as well. */
export const yields = ({ kind }: Fact): boolean => kind === 'received' || kind === 'printed' || kind === 'logins refused'

/** `by` wrote it, as its `n`th entry: a follower drops what is not above the last number it saw of that process. */
export type Entry = Fact & { readonly by: string; readonly n: number }

/** An entry as it was read back from the log. `at` is the log's time in milliseconds. */
export interface Read {
  readonly position: number
  readonly at: number
  readonly entry: Entry
}

export const withAtHand = (fact: Received, known: AtHand): Received => ({ ...fact, [atHand]: known })

export const notificationOf = (received: Received): Notification | undefined =>
  received[atHand]?.notification ?? parseNotification(received.source, received.payload).notification

export const entryCodec = {
  encode(entry: Entry): string {
    if (entry.kind !== 'received') return JSON.stringify(entry)
    const known = entry[atHand]
    if (known === undefined) return JSON.stringify(entry)
    const { payload: _, ...rest } = entry
    return `${JSON.stringify(rest).slice(0, -1)},"payload":${known.text}}`
  },
  decode: (text: string): Entry => entryOf(JSON.parse(text)),
  decodeArray: (text: string): readonly Entry[] => {
    const entries = JSON.parse(text) as readonly unknown[]
    for (const entry of entries) entryOf(entry)
    return entries as readonly Entry[]
  },
  /** A webhook was parsed at the door from the very bytes that lie on the log. */
  isSame: (entry: Entry): boolean => entry.kind === 'received',
  othersMayWrite: true as const,
  key: (entry: Entry): string =>
    'workflow' in entry ? entry.workflow : 'stop' in entry ? (typeof entry.stop === 'string' ? entry.stop : entry.stop.id) : entry.by,
  kind: (entry: Entry): string => entry.kind,
}

const entryOf = (json: unknown): Entry => {
  const { kind, by, n } = (typeof json === 'object' ? json ?? {} : {}) as { kind?: unknown; by?: unknown; n?: unknown }
  if (typeof kind !== 'string' || typeof by !== 'string' || !Number.isSafeInteger(n)) throw new TypeError('not an entry of Paramedic')
  return json as Entry
}

export const numbered = (fact: Fact, by: string, n: number): Entry => ({ ...fact, by, n })
