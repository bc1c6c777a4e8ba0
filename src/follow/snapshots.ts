/**
 * What a server begins with instead of the whole log, and what lets the log be cut at the end of its retention: the folded
 * state, written every now and then. It is folded once more for that, in a thread of its own (`snapshot-worker.ts`), so that
 * nothing which runs or must be stopped ever waits for it.
 */
import { Worker } from 'node:worker_threads'
import type { Entry } from '../core/entry.ts'
import { foldVersion } from '../core/evolve.ts'
import { restoreState, snapshotForm } from '../core/snapshot.ts'
import { initialState, type State } from '../core/state.ts'
import type { KafkaSecurity } from '../log/kafka-client.ts'
import type { Log, Position } from '../log/log.ts'
import { readSnapshot, type SnapshotHead } from '../log/snapshot-file.ts'
import type { Actor } from './follower.ts'

/** Where to read from beside the process that has the log open. */
export type SnapshotSource =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'kafka'; readonly brokers: readonly string[]; readonly prefix: string; readonly security: () => KafkaSecurity }

export interface SnapshotOrder {
  readonly source: Exclude<SnapshotSource, { kind: 'kafka' }> | { readonly kind: 'kafka'; readonly brokers: readonly string[]; readonly prefix: string; readonly security: KafkaSecurity }
  readonly folder: string
  readonly until: Position
}

export type FromSnapshotWorker =
  | { readonly kind: 'written'; readonly position: Position; readonly digest: string }
  | { readonly kind: 'problem'; readonly text: string }

export interface SnapshotsOptions {
  readonly state: State
  readonly source: SnapshotSource
  readonly folder: string
  readonly onProblem: (problem: unknown) => void
  /** Steady, milliseconds. */
  readonly now?: () => number
}

/** So many entries are folded again in a fraction of a second. */
const entriesBetween = 20_000
const quietMs = 600_000
/** One that fails is not begun again at once. */
const pauseMs = 10_000

export interface Snapshots {
  readonly actor: Actor
  /** The last entry that the newest snapshot holds: from here on the log must be kept. */
  readonly position: () => Position
  close(): Promise<void>
}

export const createSnapshots = (options: SnapshotsOptions): Snapshots => {
  const { state, now = () => performance.now() } = options
  let { position } = state // what this process began with
  let beganAt = now()
  let worker: Worker | undefined

  const due = (): boolean => {
    const entries = state.position - position
    if (worker !== undefined || entries <= 0) return false
    const passed = now() - beganAt
    return passed >= quietMs || (entries >= entriesBetween && passed >= pauseMs)
  }

  const begin = (): void => {
    beganAt = now()
    const order: SnapshotOrder = { source: plain(options.source), folder: options.folder, until: state.position }
    worker = new Worker(script, { workerData: order })
    worker.on('message', (message: FromSnapshotWorker) => {
      if (message.kind === 'problem') options.onProblem(new Error(message.text))
      else position = message.position
    })
    worker.on('error', options.onProblem)
    worker.once('exit', () => (worker = undefined))
  }

  return {
    actor: () => {
      if (due()) begin()
    },
    position: () => Math.max(0, position - 1),
    close: async () => void (await worker?.terminate()),
  }
}

/** In a checkout beside this file, in a build under its folder's name. */
const script = import.meta.url.endsWith('.ts') ? new URL('./snapshot-worker.ts', import.meta.url) : new URL('./follow/snapshot-worker.js', import.meta.url)

const plain = (source: SnapshotSource): SnapshotOrder['source'] => (source.kind === 'sqlite' ? source : { ...source, security: source.security() })

/** Of this code's form and of a fold that it knows; another one is not used. */
const fits = ({ form, foldVersion: version }: SnapshotHead): boolean => form === snapshotForm && version <= foldVersion

/** The newest state that was written into `folder`; a state of nothing where there is none. */
export async function loadState(folder: string, onProblem: (text: string) => void): Promise<State> {
  const snapshot = await readSnapshot(folder, fits, onProblem)
  return snapshot ? restoreState(snapshot.lines) : initialState()
}

/** The state to begin with. A snapshot that is not of this log says that an older log, or another one, was put in its place. */
export async function firstState(folder: string, log: Log<Entry>, onProblem: (text: string) => void): Promise<{ state: State; replaced: boolean }> {
  const state = await loadState(folder, onProblem)
  if (state.position === 0 || (await isOf(state, log))) return { state, replaced: false }
  onProblem(`the snapshots in ${folder} are not of this log: it was restored or replaced, and is read from its beginning`)
  return { state: initialState(), replaced: true }
}

async function isOf(state: State, log: Log<Entry>): Promise<boolean> {
  if (state.position > (await log.end())) return false
  const ended = new AbortController()
  try {
    for await (const batch of log.follow(state.position - 1, ended.signal)) {
      if (batch === 'caught up') return false
      const [first] = batch
      return first !== undefined && first.at === state.last?.at && first.entry.by === state.last.by && first.entry.n === state.last.n
    }
  } finally {
    ended.abort()
  }
  return false
}
