/** The fold. Deterministic: the same entries in the same order give the same state, on every server and for ever. */
import { clear } from './counter.ts'
import type { Read } from './entry.ts'
import { foldActivated, foldAnnounced, foldPart } from './fold/catalogues.ts'
import { foldClaimed, foldLetGo, foldRunnerLost, foldStepDone, foldStepFailed } from './fold/claims.ts'
import { foldReceived, foldUnmatched } from './fold/episodes.ts'
import type { Why } from './fold/move.ts'
import { foldSent, foldTaken, tell } from './fold/notices.ts'
import { foldCancelled, foldExecAsked, foldNoted, foldSubmitted } from './fold/requests.ts'
import { foldDemoted, foldPromoted } from './fold/trust.ts'
import { foldChangedByHand, foldResumed } from './fold/suspensions.ts'
import { foldAcknowledged, foldLostUnderStops, foldStopLifted, foldStopPulled } from './fold/stops.ts'
import { foldAnswered, foldClimbed, foldDecided, foldEnded, foldMatched, foldPlanned, foldVerified } from './fold/workflows.ts'
import { sweep } from './fold/sweep.ts'
import { lookAgain } from './expiries.ts'
import { holdsClaims, leastRememberMs, type Did, type State } from './state.ts'
import { foldVersion } from './upgrade.ts'

export const evolve = (state: State, read: Read): State => {
  forgetWhatWasDone(state.did)
  state.position = read.position + 1
  if (state.beganAt === 0) state.beganAt = read.at
  state.at = Math.max(state.at, read.at)
  state.last = { by: read.entry.by, n: read.entry.n, at: read.at }
  if (state.unknownEntry === undefined) sweep(state)
  if (!isNew(state, read)) {
    state.counts.dropped++
    return state
  }
  if (state.processes.get(read.entry.by)!.lost && !outlives.has(read.entry.kind)) return state
  if (state.unknownEntry === undefined || stopsOnly.has(read.entry.kind)) fold(state, read)
  return state
}

/** What is still folded where the log is too new: who has obeyed a stop says so once. */
const stopsOnly: ReadonlySet<Read['entry']['kind']> = new Set(['stop pulled', 'stop acknowledged'] as const)

const forgetWhatWasDone = (did: Did): void => {
  if (did.moved.length > 0) did.moved.length = 0
  if (did.answered.length > 0) did.answered.length = 0
  if (did.jobs.length > 0) did.jobs.length = 0
  did.voided = false
  const { episodes, workflows, stops } = did.forgotten
  if (episodes.length > 0) episodes.length = 0
  if (workflows.length > 0) workflows.length = 0
  if (stops.length > 0) stops.length = 0
}

/**
 * What a lost process claims or reports is void for good, and what it judged as well: somebody else does it. What people
 * and the world outside told it was accepted, and stays.
 */
const outlives: ReadonlySet<Read['entry']['kind']> = new Set([
  'received', 'stop pulled', 'stop lifted', 'stop acknowledged', 'approved', 'denied', 'submitted', 'exec asked', 'cancelled', 'noted', 'switched', 'changed by hand', 'resumed', 'promoted', 'demoted', 'message sent', 'taken', 'catalogue announced', 'catalogue part', 'catalogue activated', 'catalogue refused', 'runner lost',
] as const)

/** A resend, or a request of a dead client that lands late, is gone before the fold sees it. */
const isNew = (state: State, { entry }: Read): boolean => {
  const process = state.processes.get(entry.by)
  if (!process) {
    state.processes.set(entry.by, { n: entry.n, lost: false })
    return true
  }
  if (entry.n <= process.n) return false
  process.n = entry.n
  return true
}

const fold = (state: State, { entry, position }: Read): void => {
  const why: Why = { at: state.at, by: entry.by, position }
  switch (entry.kind) {
    case 'received': return foldReceived(state, entry, why)
    case 'catalogue announced': return foldAnnounced(state, entry.catalogue)
    case 'catalogue part': return foldPart(state, entry)
    case 'catalogue activated': return foldActivated(state, entry, position)
    case 'catalogue refused':
      return void tell(state, { key: `catalogue:${entry.problems[0]}`, about: { kind: 'catalogue', problems: entry.problems }, urgency: 'page', channel: undefined }, state.at)
    case 'matched': return foldMatched(state, entry, why)
    case 'climbed': return foldClimbed(state, entry, why)
    case 'submitted': return foldSubmitted(state, entry, why)
    case 'exec asked': return foldExecAsked(state, entry, why)
    case 'cancelled': return foldCancelled(state, entry, why)
    case 'noted': return foldNoted(state, entry, why)
    case 'unmatched': return foldUnmatched(state, entry, why)
    case 'planned': return foldPlanned(state, entry, why)
    case 'decided': return foldDecided(state, entry, position, why)
    case 'approved':
    case 'denied': return foldAnswered(state, entry, why)
    case 'claimed': return foldClaimed(state, entry, why)
    case 'step done': return foldStepDone(state, entry, position, why)
    case 'step failed': return foldStepFailed(state, entry, position, why)
    case 'let go': return foldLetGo(state, entry, position, why)
    case 'drilled': return drilled(state, entry)
    case 'logins refused': return // for those who read it
    case 'printed': return // for those who look on; the outcome has it too
    case 'verified': return foldVerified(state, entry)
    case 'ended': return foldEnded(state, entry, why)
    case 'stop pulled': return foldStopPulled(state, entry.stop, position, why)
    case 'stop lifted': return foldStopLifted(state, entry, why)
    case 'stop acknowledged': return foldAcknowledged(state, entry, state.at)
    case 'switched': return foldSwitched(state, entry)
    case 'changed by hand': return foldChangedByHand(state, entry, why)
    case 'resumed': return foldResumed(state, entry)
    case 'promoted': return foldPromoted(state, entry)
    case 'demoted': return foldDemoted(state, entry)
    case 'breaker closed': return clear(state, `breaker:${entry.breaker}`)
    case 'runner lost': return lose(state, entry, why)
    case 'joined': return join(state, entry)
    case 'snapshot made': return void (state.snapshot = { position: entry.position, digest: entry.digest, at: state.at })
    case 'fold version': return raise(state, entry.version)
    case 'message sent': return foldSent(state, entry, state.at)
    case 'taken': return foldTaken(state, entry, state.at)
    case 'heartbeat missed': return missed(state, entry)
  }
  state.unknownEntry = String((entry satisfies never as { kind: unknown }).kind)
}

type Of<Kind extends Read['entry']['kind']> = Extract<Read['entry'], { kind: Kind }>

const lose = (state: State, entry: Of<'runner lost'>, why: Why): void => {
  const process = state.processes.get(entry.runner)
  if (process?.lost) return
  state.processes.set(entry.runner, { n: process?.n ?? 0, lost: true, lostAt: state.at })
  lookAgain(state, 'process', entry.runner, state.at)
  if (process?.runs) foldLostUnderStops(state, entry, state.at)
  // One that held a workflow between two steps interrupted nothing, and calls nobody.
  const held = holdsClaims(state, entry.runner)
  foldRunnerLost(state, entry.runner, why)
  if (held) {
    const about = { kind: 'runner lost' as const, runner: entry.runner, name: entry.name, why: entry.why }
    tell(state, { key: `runner:${entry.runner}`, about, urgency: 'page', channel: undefined }, state.at)
  }
}

const join = (state: State, entry: Of<'joined'>): void => {
  const process = state.processes.get(entry.by)
  if (process) Object.assign(process, { runs: entry.roles.includes('run'), ...(entry.rememberMs === undefined ? {} : { rememberMs: entry.rememberMs }) })
  // Those that were lost count until somebody takes their place: with nobody there, nothing changes.
  state.rememberMs = Math.max(leastRememberMs, ...[...state.processes.values()].map((one) => (one.lost ? 0 : one.rememberMs ?? 0)))
}

const drilled = (state: State, { drill, ok, detail, who, tookMs, survivors }: Of<'drilled'>): void =>
  void state.drills.set(drill, { ok, detail, who, tookMs, survivors, at: state.at })

/** For good: whoever was told of a version later than of a higher one knows both. */
const raise = (state: State, version: number): void => {
  state.foldVersion = Math.max(state.foldVersion, version)
  if (version > foldVersion) state.unknownEntry = `fold version ${version}`
}

/** No edge has such a name beyond these: whoever writes nonsense fills no memory. */
const mostSwitches = 200

const foldSwitched = (state: State, { edge, mode, who, why }: Of<'switched'>): void => {
  if (mode === 'configured') return void state.switches.delete(edge)
  if (state.switches.size < mostSwitches || state.switches.has(edge)) state.switches.set(edge, { mode, who, why, at: state.at })
}

const missed = (state: State, entry: Of<'heartbeat missed'>): void => {
  const { route, lastAt, neverInMs } = entry
  const heartbeat = state.heartbeats.get(route) ?? (neverInMs === undefined ? undefined : { everyMs: neverInMs, lastAt, missed: false, late: 0 })
  if (!heartbeat || heartbeat.missed || heartbeat.lastAt !== lastAt) return
  heartbeat.missed = true
  if (!state.heartbeats.has(route)) lookAgain(state, 'heartbeat', route, state.at + state.rememberMs)
  state.heartbeats.set(route, heartbeat)
  const about = { kind: 'heartbeat' as const, route, lastAt, missing: true, ...(neverInMs === undefined ? {} : { never: true as const }) }
  tell(state, { key: `heartbeat:${route}:${lastAt}`, about, urgency: 'page', channel: undefined }, state.at)
}
