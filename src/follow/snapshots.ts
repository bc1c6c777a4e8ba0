/**
 * What a server begins with instead of the whole log, and what lets the log be cut at the end of its retention: the folded
 * state, written every now and then. It is folded once more for that, in a thread of its own (`snapshot-worker.ts`), so that
 * nothing which runs or must be stopped ever waits for it.
 */
import { Worker } from 'node:worker_threads'
import type { Entry, Fact } from '../core/entry.ts'
import { restoreState } from '../core/snapshot.ts'
import { rank } from '../core/rendezvous.ts'
import type { Seat } from '../core/seat.ts'
import { initialState, type State } from '../core/state.ts'
import type { Log, Position } from '../log/log.ts'
import type { Actor } from './follower.ts'
import type { SnapshotPlace, SnapshotStore } from './snapshot-store.ts'

/** Everything that a thread needs which makes one; it crosses to that thread as a copy. */
export interface SnapshotOrder {
  readonly place: SnapshotPlace
  readonly until: Position
}

export type FromSnapshotWorker =
  | { readonly kind: 'written'; readonly position: Position; readonly digest: string }
  | { readonly kind: 'problem'; readonly text: string }

export interface SnapshotsOptions {
  readonly state: State
  readonly seat: () => Seat
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly place: () => SnapshotPlace
  /** The position of the snapshot that this process began with. */
  readonly held: Position
  readonly onProblem: (problem: unknown) => void
}

/** So many entries are folded again in a fraction of a second. */
const entriesBetween = 20_000
const hourMs = 3_600_000
/** One that fails is not begun again at once; and while the preferred process makes it, the others wait this long, each in its turn. */
const turnMs = 60_000

export const createSnapshots = (options: SnapshotsOptions) => {
  const { state } = options
  let { held } = options
  let beganAt = -Infinity
  let dueSince: number | undefined
  let worker: Worker | undefined

  /** What comes with every snapshot (its own entry) is no reason to make another. */
  const due = (now: number): boolean => {
    const entries = state.position - (state.snapshot?.position ?? 0)
    return entries >= entriesBetween || (entries > 2 && now - (state.snapshot?.at ?? state.beganAt) >= hourMs)
  }

  const begin = (): void => {
    const order: SnapshotOrder = { place: options.place(), until: state.position }
    worker = new Worker(script, { workerData: order })
    worker.on('message', (message: FromSnapshotWorker) => {
      if (message.kind === 'problem') return options.onProblem(new Error(message.text))
      held = message.position
      options.append([{ kind: 'snapshot made', position: held, digest: message.digest }]).catch(options.onProblem)
    })
    worker.on('error', options.onProblem)
    worker.once('exit', () => (worker = undefined))
  }

  const actor: Actor = () => {
    const { me, live, now } = options.seat()
    if (worker !== undefined || !due(now)) return void (dueSince = undefined)
    dueSince ??= now
    if (now - dueSince < rank('snapshot', me, live) * turnMs || now - beganAt < turnMs) return
    beganAt = now
    begin()
  }

  /** The last entry that a snapshot is known to hold: from here on the log must be kept. */
  const keepFrom = (): Position => Math.max(0, held - 1)

  return { actor, keepFrom, close: async () => void (await worker?.terminate()) }
}

/** In a checkout beside this file, in a build under its folder's name. */
const script = import.meta.url.endsWith('.ts') ? new URL('./snapshot-worker.ts', import.meta.url) : new URL('./follow/snapshot-worker.js', import.meta.url)

/** The newest state that was written; a state of nothing where there is none. */
export async function loadState(store: SnapshotStore): Promise<State> {
  const snapshot = await store.read()
  return snapshot ? restoreState(snapshot.lines) : initialState()
}

/** The state to begin with. A snapshot that is not of this log says that an older log, or another one, was put in its place. */
export async function firstState(store: SnapshotStore, log: Log<Entry>, onProblem: (text: string) => void): Promise<{ state: State; replaced: boolean }> {
  const state = await loadState(store)
  if (state.position === 0 || (await isOf(state, log))) return { state, replaced: false }
  onProblem(`the snapshots ${store.where} are not of this log: it was restored or replaced, and is read from its beginning`)
  return { state: initialState(), replaced: true }
}

async function isOf(state: State, log: Log<Entry>): Promise<boolean> {
  if (state.position > (await log.end())) return false
  const ended = new AbortController()
  const reading = log.follow(state.position - 1, ended.signal)[Symbol.asyncIterator]()
  try {
    const { value } = await reading.next()
    const [first] = value === undefined || value === 'caught up' ? [] : value
    return first !== undefined && first.at === state.last?.at && first.entry.by === state.last?.by && first.entry.n === state.last?.n
  } finally {
    ended.abort()
    await reading.return?.()
  }
}
