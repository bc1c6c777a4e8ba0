/** What the log amounts to. `evolve` makes it, nothing else does; it is updated in place, so that an entry costs O(1). */
import type { Catalogue, Mode, ParamValue, StepManifest } from './catalogue.ts'
import type { Growing } from './catalogue-parts.ts'
import type { Decided, Drill, Drilled, Rung, StopOrder, SwitchMode } from './entry.ts'
import type { End } from './reason.ts'
import type { Labels } from './labels.ts'
import type { Matchers } from './matcher.ts'
import type { Json, Plan } from './plan.ts'
import type { Reason } from './reason.ts'

export interface Episode {
  readonly id: string
  /** Of the entry that first told of it. */
  readonly position: number
  readonly fingerprint: string
  readonly startsAt: string
  readonly labels: Labels
  annotations: Labels
  readonly receiver: string
  readonly source: string
  status: 'firing' | 'resolved'
  readonly firstAt: number
  lastAt: number
  /** How often it was told of. */
  told: number
  resolvedAt?: number
  /** Exactly one, the first on the log. */
  answer?: { readonly workflow: string } | { readonly reason: Reason; readonly detail: string }
  heartbeat?: string
  /** How the workflow that answered it ended, once both are forgotten. */
  ended?: WorkflowState
}

export type WorkflowState = 'planning' | 'ready' | 'asking' | 'waiting' | 'running' | 'stopping' | 'verifying' | End

export interface Job {
  readonly target: string
  state: 'open' | 'claimed' | 'done' | 'failed' | 'in doubt'
  claim?: string
  attempts: number
  output?: Json
  reason?: Reason
  detail?: string
  startedAt?: number
  endedAt?: number
  /** The position of the entry that holds what it printed. */
  printedAt?: number
}

export interface StepState extends StepManifest {
  readonly jobs: Job[]
}

export interface Workflow {
  readonly id: string
  /** Of the entry that began it. */
  readonly position: number
  readonly episode: string | undefined
  readonly runbook: { readonly name: string; readonly version: number; readonly digest: string }
  readonly provider: string
  readonly route: string
  readonly labels: Labels
  readonly targets: readonly string[]
  readonly params: Readonly<Record<string, ParamValue>>
  readonly mode: Mode
  readonly probe: boolean
  readonly healedWithinMs: number
  readonly manifest: readonly StepManifest[]
  readonly createdAt: number
  readonly channel: string | undefined
  /** Who may approve it, where its route names them. */
  readonly approvers?: readonly string[]
  state: WorkflowState
  /** How often it came into a state: whoever speaks of it names the turn that he saw. */
  turn: number
  reason?: Reason
  detail: string
  /** Since when it is in this state, and since when somebody could go on with it (log time). */
  since: number
  startableAt: number
  plan?: Plan
  decision?: Omit<Decided, 'kind' | 'workflow' | 'turn'> & { readonly position: number; readonly at: number }
  wait?: { readonly until?: number; readonly key?: string }
  steps: StepState[]
  /** Who runs it now. */
  holder?: string
  started: boolean
  heldKeys: string[]
  probed: boolean
  gone: boolean
  approved?: string
  /** Who approved the plan of now, each once. */
  approvals: { readonly who: string; readonly at: number }[]
  /** Whose wish it is, where a person asked for it; with `exec` once that plan may run. */
  request?: { readonly who: string; readonly why: string; readonly key: string; readonly deadlineMs?: number; readonly exec?: { readonly id: string; readonly plan: string; readonly who: string } }
  /** When its budget is spent, in log time. */
  deadlineAt?: number
  cancelled?: { readonly who: string; readonly why: string }
  readonly trust?: Rung['trust']
  readonly canary?: number
  /** What answers its episode next, if it does not heal; what it came after, and who took the next rung. */
  readonly ladder?: readonly Rung[]
  readonly after?: string
  next?: string
  /** What people said about it. */
  readonly notes: { readonly at: number; readonly who: string; readonly text: string }[]
  stoppedBy?: string
  timeline: { readonly at: number; readonly state: WorkflowState; readonly reason?: Reason; readonly detail: string; readonly by: string }[]
}

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

/** What a workflow changed, as it left it, and the runbooks that had a hand in it. */
export interface Watched {
  readonly provider: string
  readonly target: string
  readonly id: string
  readonly version: string
  readonly replicas?: number
  readonly at: number
  /** `sized`: what it changed is the size. */
  readonly by: readonly { readonly runbook: string; readonly workflow: string; readonly sized: boolean; readonly at: number }[]
}

/** What a version of a runbook has earned. */
export interface Trust {
  /** When it healed, log time, since it last failed. */
  readonly heals: number[]
  failures: number
  proposed?: { readonly at: number; readonly heals: number; readonly inMs: number }
  promoted?: { readonly at: number; readonly who: string }
  /** It failed, and the entry that says so is yet to come. */
  fallen?: { readonly at: number; readonly workflow: string; readonly was: 'promoted' | 'canary'; readonly heals: number; readonly failures: number; readonly channel?: string }
  /** As a canary. */
  rolledBack?: { readonly at: number; readonly failures: number }
}

/** These runbooks leave that target alone until a person says go on: somebody changed what they had changed. */
export interface Suspension {
  readonly id: string
  readonly provider: string
  readonly target: string
  readonly targetId: string
  readonly at: number
  readonly runbooks: readonly { readonly name: string; readonly workflow: string }[]
  /** As they left it, and as it was found. */
  readonly from: { readonly version: string; readonly replicas?: number }
  readonly to: { readonly version: string; readonly replicas?: number }
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

export interface Notice {
  readonly key: string
  about:
    | { readonly kind: 'unknown'; readonly alertname: string; readonly reason: Reason; readonly detail: string; readonly episodes: string[] }
    | { readonly kind: 'workflow'; readonly workflow: string }
    | { readonly kind: 'stop'; readonly stop: string }
    | { readonly kind: 'catalogue'; readonly problems: readonly string[] }
    | { readonly kind: 'runner lost'; readonly runner: string; readonly name: string; readonly why: string }
    | { readonly kind: 'heartbeat'; readonly route: string; readonly lastAt: number; readonly missing: boolean; readonly never?: true }
    | { readonly kind: 'bad alerts'; readonly problems: readonly string[] }
    | { readonly kind: 'trust'; readonly runbook: string; readonly is: 'proposed' | 'promoted' | 'demoted' | 'rolled back'; readonly heals: number; readonly failures: number; readonly inMs?: number; readonly who?: string; readonly workflow?: string }
    | { readonly kind: 'suspended'; readonly suspension: Suspension; readonly resumed?: { readonly who: string; readonly why: string; readonly at: number } }
  urgency: 'page' | 'info'
  channel: string | undefined
  readonly firstAt: number
  lastAt: number
  count: number
  /** Grows with what there is to say; due while above what was sent. */
  revision: number
  sent?: { readonly revision: number; readonly channel: string; readonly ts: string; readonly at: number }
  /** When people were called last, and how often: told again while nobody takes it. */
  rung?: { readonly at: number; readonly times: number }
  taken?: { readonly who: string; readonly at: number }
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
  /** How the outside is called, where a person says so: by edge, or `edge/read` and `edge/change`. */
  /** How each drill went when it was last done. */
  readonly drills: Map<Drill, Omit<Drilled, 'kind' | 'drill'> & { readonly at: number }>
  readonly switches: Map<string, { readonly mode: Exclude<SwitchMode, 'configured'>; readonly at: number; readonly who: string; readonly why: string }>
  /** By `name@version`. */
  readonly trust: Map<string, Trust>
  /** Stops in force. */
  readonly inForce: Set<Stop>
  /** The position of the newest stop, whatever became of it. */
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

/** A job of it is claimed: its holder runs it, or will in a moment. */
export const isClaimed = ({ steps }: Workflow): boolean => steps.some(({ jobs }) => jobs.some((job) => job.state === 'claimed'))

export const holdsClaims = (state: State, runner: string): boolean =>
  (['running', 'stopping'] as const).some((name) => [...state.live.get(name)!].some((workflow) => workflow.holder === runner && isClaimed(workflow)))

export const isEnd = (state: WorkflowState): state is End => !liveStates.includes(state as (typeof liveStates)[number])
export const liveStates = ['planning', 'ready', 'asking', 'waiting', 'running', 'stopping', 'verifying'] as const

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
