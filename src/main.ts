/** Wires the parts and owns their start and their end. One process with every role, or some of them beside others. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Catalogue } from './core/catalogue.ts'
import { entryCodec, numbered, yields, type Entry, type Fact, type StopOrder } from './core/entry.ts'
import { isLifted } from './core/fold/stops.ts'
import type { Seat } from './core/seat.ts'
import type { Silence } from './core/silence.ts'
import { holdsClaims, initialState, type State } from './core/state.ts'
import type { Workflow } from './core/workflow.ts'
import { foldVersion, known } from './core/upgrade.ts'
import { activate } from './follow/activate.ts'
import { createAlarms } from './follow/alarms.ts'
import { createArchive, noArchive } from './follow/archive.ts'
import { begin, type Joined } from './follow/begin.ts'
import { startControl, freshMs } from './follow/control.ts'
import { createDecider } from './follow/decider.ts'
import { digestOf } from './follow/digest.ts'
import { createForced } from './follow/forced.ts'
import { startFollower, type Actor } from './follow/follower.ts'
import { createLifter } from './follow/lifter.ts'
import { createLost } from './follow/lost.ts'
import { createRelay } from './follow/peers.ts'
import { createPrinted } from './follow/printed.ts'
import { createProofs, type Acknowledged } from './follow/proofs.ts'
import { createSeats } from './follow/seats.ts'
import { createSettled } from './follow/settled.ts'
import { createSnapshots, firstState } from './follow/snapshots.ts'
import { createStopping } from './follow/stopping.ts'
import type { Streams, StreamsOptions } from './follow/streams.ts'
import { createUnserved } from './follow/unserved.ts'
import { until } from './log/clock.ts'
import type { Recorded } from './log/log.ts'
import { createWriter } from './log/writer.ts'
import type { Sent } from './log/writer-send.ts'
import type { Hands, RunnerDeps } from './runner/deps.ts'
import type { Jobs } from './runner/jobs.ts'
import { realOutside, type Outside } from './outside.ts'
import { createLatch } from './runner/latch.ts'
import { createPrinting } from './runner/printing.ts'
import { createRunner, type Runner } from './runner/runner.ts'
import { createServing } from './runner/serving.ts'

export type Role = 'intake' | 'decide' | 'run' | 'notify' | 'console'

export interface PartsOptions {
  readonly name: string
  /** `memory:`, `sqlite:PATH`, `kafka://HOST:PORT[,…]/PREFIX`. */
  readonly logUrl: string
  readonly stateDirectory: string
  readonly retentionMs?: number
  readonly security?: StreamsOptions['security']
  readonly roles: readonly Role[]
  readonly address: string
  /** Matchers of the targets that are served here; none: all. */
  readonly runnerTargets?: readonly string[]
  /** See `Tick.stopKey`. */
  readonly stopKey: string
  readonly killAfterMs: number
  readonly lostAfterMs: number
  readonly warm?: number
  /** How many steps this process runs at once. */
  readonly stepsAtOnce?: number
  /** What comes first while a server starts: the processes for jobs are started after it. */
  readonly jobsAfter?: Promise<unknown>
  /** Masked in what steps print; the same list while nothing changes. */
  readonly secrets?: () => readonly string[]
  /** See `RunnerDeps.secretsFor`. */
  readonly secretsFor?: RunnerDeps['secretsFor']
  readonly hands: Hands
  /** How often what workflows changed is read again. */
  readonly watchEveryMs?: number
  /** Whether it fires, asked where it lives; undefined where it is not known. */
  readonly alertFires?: (workflow: Workflow, state: State) => Promise<boolean | undefined>
  readonly alertSilence?: (workflow: Workflow, state: State) => Promise<Silence | undefined>
  readonly activeAlerts?: () => Promise<readonly string[]>
  /** See the entry `joined`. */
  readonly rememberMs?: number
  /** See the setting `staleAfter`. */
  readonly staleAfterMs?: number
  readonly forceStop?: boolean
  readonly forceDryRun: boolean
  /** The demo's: runbooks also start by themselves where nothing kills without survivors. */
  readonly bestEffortKill?: boolean
  readonly tellUnmatched: boolean
  /** Also with every role: who sends what is due to people. */
  readonly notifier?: (parts: Pick<Parts, 'state' | 'append' | 'folded' | 'runners' | 'printedAt'> & { seat: () => Seat; after: Outside['clock']['after'] }) => Actor
  /** After each entry was folded. `mine`: this process wrote it, under this or an earlier identity of its own. */
  readonly onFolded?: (recorded: Recorded<Entry>, state: State, mine: boolean) => void
  /** A batch of this process is durable. */
  readonly onLanded?: (sent: Sent) => void
  readonly onProblem: (problem: unknown) => void
  readonly notify: (text: string) => void
}

export type Parts = Awaited<ReturnType<typeof startParts>>

/** Everything behind the doors: the log, the fold, and whoever acts on it. Doors (HTTP, Slack) are given what it returns. */
export const startParts = async (options: PartsOptions, outside: Outside = realOutside) => {
  const { clock, boottime, newId } = outside
  // The log asks for it while it opens: nothing may go before the first snapshot is known.
  let snapshots: ReturnType<typeof createSnapshots> | undefined
  const streams = await outside.openStreams({ ...options, keepFrom: () => snapshots?.keepFrom() ?? 0 })
  const begun = streams.snapshots ? await firstState(streams.snapshots.store, streams.log, options.notify) : { state: initialState(), replaced: false }
  const held = begun.state.position
  const archive = archiveBeside(streams, begun.state, options)
  const identity = { id: newId() }
  const mine = new Set([identity.id])
  const writer = createWriter<Fact, Entry>(streams.log, { identity: identity.id, codec: entryCodec, stamp: numbered, yields, clock, ...(options.onLanded ? { onLanded: options.onLanded } : {}) })
  const append = async (facts: readonly Fact[], within: { deadlineMs?: number } = {}): Promise<number> => writer.append(known(facts, begun.state), within)
  const follower = startFollower({
    log: streams.log, state: begun.state, clock, steady: boottime, onProblem: options.onProblem,
    onFolded: (recorded) => {
      archive.take()
      alarms.folded(recorded.at, state.at)
      options.onFolded?.(recorded, state, mine.has(recorded.entry.by))
      if (recorded.entry.kind === 'runner lost' && state.processes.get(identity.id)?.lost) startAnew(identity.id, `it was declared lost: ${recorded.entry.why}`)
    },
    onEntries: (entries) => entries.forEach(({ entry }) => entry.kind === 'stop pulled' && latch.trip(entry.stop)),
  })
  const { state, folded, when } = follower
  const alarms = createAlarms({ notify: options.notify, tickAgeMs: () => boottime() - lease.sentAt, killAfterMs: options.killAfterMs, unknownEntry: () => state.unknownEntry })
  const latch = createLatch(state)
  const runs = options.roles.includes('run')
  let lease = { sentAt: Number.NEGATIVE_INFINITY }
  let jobs: Jobs | undefined
  let draining = false
  let controlNumber = 0
  /** Those that this process was before: what they ran is dead. */
  const former = new Set<string>()
  const proofs = createProofs()
  const serving = createServing({ targets: options.runnerTargets ?? [], state, clock, scriptOf: (runbook) => outside.scriptOf(options.stateDirectory, runbook) })

  const onPrinted = createPrinting({ append, clock })
  const startJobs = (): Jobs => {
    const whose = identity.id
    return outside.createJobs({
      ...(options.jobsAfter ? { after: options.jobsAfter } : {}),
      stateDirectory: options.stateDirectory, outputDirectory: join(options.stateDirectory, 'output'), killAfterMs: options.killAfterMs,
      ...(options.warm === undefined ? {} : { warm: options.warm }), ...(options.secrets ? { secrets: options.secrets } : {}),
      onPrinted, onLost: (lost) => startAnew(whose, lost.why),
    })
  }

  /**
   * The lease ran out, the spawner died, or the others have declared us lost: what ran is dead, and this identity is over
   * (rules 1 and 5). Without it whatever we claim from here on would be void, or ours for ever.
   */
  const startAnew = (old: string, why: string): void => {
    if (draining || old !== identity.id) return
    options.notify(`this process starts anew under another identity: ${why}`)
    former.add(old)
    identity.id = newId()
    mine.add(identity.id)
    writer.renew(identity.id)
    lease = { sentAt: Number.NEGATIVE_INFINITY }
    jobs?.close().catch(options.onProblem)
    if (jobs) jobs = startJobs()
    append([{ kind: 'runner lost', runner: old, name: options.name, why }, joined(options)]).catch(options.onProblem)
  }

  const control = startControl({
    log: streams.control, clock, boottime, onProblem: options.onProblem, onStop: (stop) => latch.hear(stop),
    tick: () => ({ ...tickOf(options), by: identity.id, catalogue: state.catalogue?.digest ?? '', ...serving.told() }),
    onLease: (sentAt) => {
      // Also where nothing runs that a spawner would have killed: an identity lives as long as its lease.
      if (sentAt - lease.sentAt > options.killAfterMs && lease.sentAt > Number.NEGATIVE_INFINITY) return startAnew(identity.id, 'no tick of it came back in time: its lease is over')
      lease = { sentAt }
      jobs?.extend(sentAt)
    },
  })
  /** Whoever may still hold a lease: it joined, and has not been declared lost, however long it has been silent. */
  const peers = () => [...control.peers()].filter(([id]) => !former.has(id) && state.processes.get(id)?.lost === false).map(([, peer]) => peer)
  const hear = (stop: string, acknowledged: Acknowledged): void => proofs.hear(stop, { ...acknowledged, at: follower.now() })
  const relay = createRelay({
    clock, tellPeer: outside.tellPeer, notify: options.notify, hear, over: (stop) => isLifted(state, stop),
    peers: () => peers().map(({ tick }) => tick).filter(({ by }) => by !== identity.id),
  })
  const stopping = createStopping({
    state, append, folded, clock, newId, onProblem: options.onProblem, file: outside.stopFile(join(options.stateDirectory, 'stops.jsonl')),
    trip: (stop) => latch.trip(stop), inForce: () => latch.inForce(), unrecorded: () => latch.unrecorded(), unheard: () => latch.unheard(),
    sendOnControl: (stop) => control.sendStop(stop, identity.id, ++controlNumber), sendToPeers: relay.send,
  })
  await Promise.all([follower.caughtUp, control.caughtUp])
  const common = { state, append, folded, onProblem: options.onProblem }
  await begin({ ...common, me: identity.id, joined: joined(options), newId, embedded: streams.embedded, replaced: begun.replaced, unrecorded: latch.unrecorded(), peers: control.peers(), notify: options.notify })

  const printedAt = createPrinted(streams.log)
  if (runs) jobs = startJobs()
  let way: Awaited<Jobs['ready']> | undefined
  const seat = createSeats({ state, me: () => identity.id, peers: control.peers, now: follower.now, clock, boottime, own: serving.own })
  /** Those that run and are not lost: from them a stop wants proof. */
  const runners = (): { id: string; name: string }[] => peers().filter(({ tick }) => tick.roles.includes('run')).map(({ tick }) => ({ id: tick.by, name: tick.name }))
  const pullStop = (stop: Omit<StopOrder, 'id'>) => stopping.pull({ ...stop, id: newId() })
  const forced = createForced({ wanted: options.forceStop === true, state, inForce: latch.inForce, pull: pullStop })
  const obeying: Actor[] = [forced.act, stopping.record, alarms.act]
  const actors: Actor[] = [
    ...(options.roles.includes('decide') ? [createLifter({ ...common, seat: seat('decide'), staleAfterMs: options.staleAfterMs })] : []),
    createLost({ ...common, me: () => identity.id, boottime, ownSentAt: () => lease.sentAt, peers: control.peers, lostAfterMs: options.lostAfterMs }),
  ]
  const later: Actor[] = [] // what needs the jobs, or what is known of them
  let runner: Runner | undefined
  if (runs) {
    runner = createRunner({
      ...common, name: options.name, seat: seat('run'), me: () => identity.id, newId, clock, boottime, when, jobs: () => jobs!, hands: options.hands, latch, hear, watchEveryMs: options.watchEveryMs, stepsAtOnce: options.stepsAtOnce,
      lease: { sentAt: () => lease.sentAt, fresh: () => !draining && boottime() - lease.sentAt < freshMs }, forceDryRun: options.forceDryRun,
      scriptOf: serving.scriptOf, secretsFor: options.secretsFor ?? (() => ({})),
      alertFires: options.alertFires && ((workflow) => options.alertFires!(workflow, state)), alertSilence: options.alertSilence && ((workflow) => options.alertSilence!(workflow, state)), activeAlerts: options.activeAlerts,
    })
    obeying.push(runner.obey)
    later.push(...runner.actors, serving.act)
  }
  if (options.roles.includes('decide')) {
    later.push(createUnserved({ ...common, seat: seat('decide'), runners: seat('run'), waitMs: streams.embedded ? 0 : options.lostAfterMs }))
    later.unshift(createDecider({
      ...common, seat: seat('decide'), newId, canKill: () => options.bestEffortKill === true || way === undefined || way.way !== 'none',
      forceDryRun: options.forceDryRun, tellUnmatched: options.tellUnmatched, ...(runner ? { claimWith: runner.claimWith } : {}),
    }))
  }
  if (options.roles.includes('notify') && options.notifier) actors.push(options.notifier({ state, seat: seat('notify'), append, folded, runners, printedAt, after: (ms, act) => clock.after(ms, act) }))
  if (streams.snapshots) {
    snapshots = createSnapshots({ ...common, seat: seat('decide'), place: streams.snapshots.place, held })
    actors.push(snapshots.actor)
  }
  if (!streams.embedded) actors.push(createSettled({ state, seat: seat('decide'), control, boottime, onProblem: options.onProblem }))
  follower.act(obeying, { always: true })
  follower.act(actors)
  // Alerts are taken while the first child boots: nothing is decided before it is known how what runs is killed.
  const up = Promise.resolve(jobs?.ready).then((found) => {
    way = found
    if (!draining) follower.act(later)
  })
  up.catch(() => {})

  return {
    state, append, folded, writer, latch, peers, proofs, runners, now: follower.now,
    failed: Promise.race([follower.failed, control.failed]),
    /** When what is due is done here, all of it; rejects where nothing can run. */
    up,
    /** How what runs is killed; undefined before that, and where nothing runs. */
    way: () => way, jobs: () => jobs,
    me: () => identity.id,
    lease: () => ({ ageMs: boottime() - lease.sentAt, fresh: boottime() - lease.sentAt < freshMs }),
    /** Entries on the log that are not folded yet. */
    lag: async () => Math.max(0, (await streams.log.end()) - state.position),
    printedAt, archive, digest: (position?: number) => follower.hold(() => digestOf(state), { position, withinMs: digestWithinMs }),
    entriesFrom: (from: number, signal: AbortSignal) => streams.log.follow(from, signal),
    /** Stops of the configuration: nobody lifts them from outside. */
    forced: forced.ids,
    pullStop,
    /** A stop that another process passes on. */
    obeyStop: (stop: StopOrder) => stopping.obey(stop),
    liftStop: async (stop: string, who: string, why: string): Promise<void> => folded(await append([{ kind: 'stop lifted', stop, who, why }])),
    activate: (catalogue: Catalogue) => activate(catalogue, { state, append, folded, newId }),
    /** Ends in order: no step begins any more, one that runs may finish within `drainMs`, then it is killed. */
    close: async (drainMs: number): Promise<void> => {
      draining = true
      await letGo({ clock, jobs, drainMs, holdsNone: () => !holdsClaims(state, identity.id) })
      await append([{ kind: 'runner lost', runner: identity.id, name: options.name, why: 'it was shut down, and let go of all it ran' }], { deadlineMs: leaveWithinMs })
        .catch(() => options.notify('the log could not be told of this end: others go on after lostAfter'))
      relay.close()
      await snapshots?.close()
      for (const part of [follower, archive, control, writer, streams]) await part.close()
    },
  }
}

/** How long a position is waited for. */
const digestWithinMs = 3000

/** How long the log is given at the end. */
const leaveWithinMs = 2000

interface LettingGo {
  readonly clock: Outside['clock']
  readonly jobs: Jobs | undefined
  readonly drainMs: number
  readonly holdsNone: () => boolean
}

/** What runs may finish; what was killed then is let go of. After it this identity ends by its own word, and others go on at once. */
const letGo = async ({ clock, jobs, drainMs, holdsNone }: LettingGo): Promise<void> => {
  await until(clock, holdsNone, drainMs, 20)
  await jobs?.close()
  await until(clock, holdsNone, leaveWithinMs, 20)
}

/** A log in memory has none: with it everything is gone at the end. */
const archiveBeside = ({ snapshots }: Streams, state: State, { stateDirectory, retentionMs, onProblem }: PartsOptions) =>
  snapshots ? createArchive({ state, path: snapshots.archive ?? join(stateDirectory, 'archive.db'), place: snapshots.place, retentionMs, onProblem }) : noArchive

const tickOf = ({ name, address, stopKey, roles }: PartsOptions) => ({ name, host: hostname(), address, stopKey, roles, foldVersion })

const joined = ({ name, roles, rememberMs }: PartsOptions): Joined =>
  ({ kind: 'joined', name, host: hostname(), roles, foldVersion, ...(rememberMs === undefined ? {} : { rememberMs }) })
