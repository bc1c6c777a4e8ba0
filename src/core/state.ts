/** What the log amounts to. `evolve` makes it, nothing else does; it is updated in place, so that an entry costs O(1). */
import type { Catalogue } from './catalogue.ts'
import type { Growing } from './catalogue-parts.ts'
import type { Suspension, Trust, Watched } from './trust.ts'
import type { Drill, Drilled, StopOrder, SwitchMode } from './entry.ts'
import type { Matchers } from './matcher.ts'
import type { Notice } from './notice.ts'
import type { End } from './reason.ts'
import { isClaimed, liveStates, type Episode, type StepState, type Workflow, type WorkflowState } from './workflow.ts'

export interface Stop extends StopOrder {
  readonly compiled: Matchers
  readonly position: number
  readonly at: number
  lifted?: { readonly at: number; readonly who: string; readonly why: string }
  readonly acknowledgements: { runner: string; name: string; killed: number; survivors: number; tookMs: number; at: number }[]
  /** Runners that were declared lost without an answer: what they ran was let go of by its deadline. */
  readonly lost: { runner: string; name: string; at: number }[]
  /** What it kept from starting, filled when it is lifted; and what it killed. */
  readonly held: string[]
  readonly killed: string[]
}

export interface Counter {
  /** What was counted at which log time, ascending, each with the sum up to and with it. */
  readonly counted: { readonly at: number; readonly amount: number; readonly sum: number }[]
  /** Names that count once, each with the log time of its last count, ascending. */
  readonly last: Map<string, number>
  /** The longest window that was ever asked of it. */
  keptMs: number
  /** When it last changed, log time. */
  usedAt: number
  /** Who has a share now; with `keepMs` its end is counted, where `ends` has it. */
  readonly holders: Map<string, { readonly amount: number; readonly values: readonly string[]; readonly keepMs?: number; readonly ends?: readonly End[] }>
  batch: { taken: number; endedAt?: number }
  /** Shut since then, until a person clears it. */
  latchedAt?: number
  /** Who waits for this key, first come first. */
  readonly line: string[]
}

export interface Announcing extends Growing {
  readonly at: number
  /** How many are here. */
  parts: number
}

/** What the newest entry did, for whoever counts. The next entry clears it. */
export interface Did {
  /** Workflows that came into a state, with the line of their timeline that says so. */
  readonly moved: { readonly workflow: Workflow; readonly line: Workflow['timeline'][number] }[]
  readonly answered: Episode[]
  readonly jobs: { readonly workflow: Workflow; readonly step: StepState; readonly outcome: 'done' | 'failed' | 'in doubt' | 'given back' }[]
  /** A claim that did not fit. */
  voided: boolean
  /** What was over, as it was at last: whoever keeps a history takes it now. */
  readonly forgotten: { readonly episodes: Episode[]; readonly workflows: Workflow[]; readonly stops: Stop[] }
}

/** What is ever forgotten. `workflow`: one that answers no episode; the others go with theirs. */
export type Kept = 'episode' | 'workflow' | 'notice' | 'counter' | 'key' | 'stop' | 'process' | 'heartbeat' | 'catalogue' | 'watched' | 'announcement'
export type Expiry = readonly [kept: Kept, id: string]

export interface State {
  readonly did: Did
  /** The position of the next entry to fold. */
  position: number
  /** Log time: the highest `at` folded so far, in milliseconds. */
  at: number
  /** The log's time of the first entry that was folded. */
  beganAt: number
  /** The last entry that was folded: by it a snapshot is known to be of this log and no other. */
  last?: { readonly by: string; readonly n: number; readonly at: number }
  foldVersion: number
  /** Set when an entry was met that this version does not know: it then decides and starts nothing. */
  unknownEntry?: string
  /** `rememberMs`: what its configuration asks for. */
  readonly processes: Map<string, { n: number; lost: boolean; lostAt?: number; runs?: boolean; rememberMs?: number }>
  readonly catalogues: Map<string, Catalogue>
  /** Catalogues of which not all parts are here, by announcement; forgotten after an hour. */
  readonly announcing: Map<string, Announcing>
  /** The newest snapshot that was written. */
  snapshot?: { readonly position: number; readonly digest: string; readonly at: number }
  catalogue?: { readonly digest: string; readonly position: number; readonly at: number }
  /** Every digest that ever was in force, with the log time at which it last came or went. */
  readonly activatedBefore: Map<string, number>
  /** The digest of each runbook version that ever was to run, by `name@version`: it never comes back as something else. */
  readonly ran: Map<string, string>
  readonly episodes: Map<string, Episode>
  readonly unanswered: Map<string, Episode>
  readonly workflows: Map<string, Workflow>
  /** What was submitted under which key. */
  readonly keys: Map<string, { readonly workflow: string; readonly body: string; readonly at: number }>
  /** The workflows of each state that is not an end. */
  readonly live: Map<WorkflowState, Set<Workflow>>
  /** Those that ended without healing, and whose ladder goes on. */
  readonly climbing: Set<Workflow>
  readonly counters: Map<string, Counter>
  readonly stops: Map<string, Stop>
  /** Ids that were lifted and whose stop is not here: it was forgotten, or has not come yet. They stay lifted for good. */
  readonly lifted: Set<string>
  /** By `provider/id`, for a day. */
  readonly watched: Map<string, Watched>
  readonly suspensions: Map<string, Suspension>
  /** How each drill went when it was last done. */
  readonly drills: Map<Drill, Omit<Drilled, 'kind' | 'drill'> & { readonly at: number }>
  /** How the outside is called, where a person says so: by edge, or `edge/read` and `edge/change`. */
  readonly switches: Map<string, { readonly mode: Exclude<SwitchMode, 'configured'>; readonly at: number; readonly who: string; readonly why: string }>
  /** By `name@version`. */
  readonly trust: Map<string, Trust>
  /** Stops in force. */
  readonly inForce: Set<Stop>
  readonly notices: Map<string, Notice>
  readonly noticesDue: Set<Notice>
  /** Calls that nobody took and that are open, by how often people were called, in the order in which they were: the first of each is the next one to be told again. */
  readonly ringing: readonly Set<Notice>[]
  readonly unknownNotice: Map<string, string>
  /** By route. `episode`: which came last. `late`: how many in a row came after more than half of their time. */
  readonly heartbeats: Map<string, { readonly everyMs: number; readonly episode?: string; lastAt: number; missed: boolean; late: number }>
  /** How long a resend is told from a new firing: what is over is remembered so long (rule 25). */
  rememberMs: number
  /** What is to be looked at when; `swept`: up to where that was done. See `expiries.ts`. */
  readonly expiries: Map<number, Expiry[]>
  swept: number
  counts: { received: number; alerts: number; voids: number; dropped: number }
}

/** Whether this is still what whoever speaks of it saw. A word about a workflow that has moved on is void. */
export const atTurn = (state: State, { workflow, turn }: { readonly workflow: string; readonly turn: number }): Workflow | undefined => {
  const found = state.workflows.get(workflow)
  return found?.turn === turn ? found : undefined
}

export const holdsClaims = (state: State, runner: string): boolean =>
  (['running', 'stopping'] as const).some((name) => [...state.live.get(name)!].some((workflow) => workflow.holder === runner && isClaimed(workflow)))

/** Reminders come after 1, 2, 4 times the time; then a call stands for itself. */
const mostReminders = 3

/** The longest resend of an Alertmanager that is configured as usual, and more. */
export const leastRememberMs = 86_400_000

export const initialState = (): State => ({
  did: { moved: [], answered: [], jobs: [], voided: false, forgotten: { episodes: [], workflows: [], stops: [] } },
  position: 0,
  at: 0,
  beganAt: 0,
  foldVersion: 1,
  processes: new Map(),
  catalogues: new Map(),
  announcing: new Map(),
  activatedBefore: new Map(),
  ran: new Map(),
  episodes: new Map(),
  unanswered: new Map(),
  workflows: new Map(),
  keys: new Map(),
  live: new Map(liveStates.map((name) => [name, new Set()])),
  climbing: new Set(),
  counters: new Map(),
  stops: new Map(),
  lifted: new Set(),
  watched: new Map(),
  suspensions: new Map(),
  drills: new Map(),
  switches: new Map(),
  trust: new Map(),
  inForce: new Set(),
  notices: new Map(),
  noticesDue: new Set(),
  ringing: Array.from({ length: mostReminders }, () => new Set()),
  unknownNotice: new Map(),
  heartbeats: new Map(),
  rememberMs: leastRememberMs,
  expiries: new Map(),
  swept: 0,
  counts: { received: 0, alerts: 0, voids: 0, dropped: 0 },
})
