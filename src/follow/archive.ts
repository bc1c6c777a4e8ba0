/**
 * What the fold forgets is handed to a file (`archive-file.ts`) in a thread of its own, so that old alerts and workflows can
 * be shown for as long as the log is kept. The log is the record: the file is made of it anew where it is missing or wrong.
 */
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { State } from '../core/state.ts'
import { realClock, every } from '../log/clock.ts'
import type { Position } from '../log/log.ts'
import { alive, forgets, rowsOf, type Archived, type ArchivedKind, type ArchiveRow, type PageAsked } from './archive-file.ts'
import type { SnapshotPlace } from './snapshot-store.ts'

export type { Archived, ArchivedKind } from './archive-file.ts'

/** It crosses to the thread as a copy. */
export interface ArchiveOrder {
  readonly path: string
  readonly place: SnapshotPlace
  /** Of which log it is. */
  readonly beganAt: number
  /** From here on this server hands over what it forgets. */
  readonly begin: Position
  /** What the server has folded. */
  readonly position: Position
}

export type ToArchive =
  | { readonly kind: 'put'; readonly rows: readonly ArchiveRow[]; readonly upTo: Position; readonly before?: number }
  | { readonly kind: 'find'; readonly id: number; readonly what: ArchivedKind; readonly wanted: string }
  | { readonly kind: 'page'; readonly id: number; readonly page: PageAsked }
  | { readonly kind: 'close' }
export type FromArchive = { readonly kind: 'rows'; readonly id: number; readonly rows: readonly ArchiveRow[] } | { readonly kind: 'problem'; readonly text: string }

export interface Archive {
  /** By the whole id, or those that end so; the same id is there once. */
  find<K extends ArchivedKind>(kind: K, id: string): Promise<Archived[K][]>
  /** Newest first. */
  page<K extends ArchivedKind>(page: PageAsked & { readonly kind: K }): Promise<Archived[K][]>
}

export const noArchive: FedArchive = { take: () => {}, find: async () => [], page: async () => [], close: async () => {} }

export interface FedArchive extends Archive {
  /** After each entry was folded. */
  take(): void
  close(): Promise<void>
}

export interface ArchiveOptions {
  readonly state: State
  readonly path: string
  readonly place: () => SnapshotPlace
  readonly retentionMs?: number | undefined
  readonly onProblem: (problem: unknown) => void
}

const lookEveryMs = 1000
/** A start is left to what is needed at once. */
const afterStartMs = 60_000
const mostWaiting = 1000
const answerWithinMs = 5000

export const createArchive = ({ state, path, place, retentionMs, onProblem }: ArchiveOptions): FedArchive => {
  const begin = state.position
  const began = performance.now()
  const asked = new Map<number, (rows: readonly ArchiveRow[]) => void>()
  let waiting: ArchiveRow[] = []
  let worker: Worker | undefined
  let number = 0
  let closed = false
  let saidAt = 0

  const thread = (): Worker => {
    if (worker) return worker
    const order: ArchiveOrder = { path, place: place(), beganAt: state.beganAt, begin, position: state.position }
    const started = worker = new Worker(script, { workerData: order })
    started.on('message', (message: FromArchive) => {
      if (message.kind === 'problem') return onProblem(new Error(message.text))
      asked.get(message.id)?.(message.rows)
      asked.delete(message.id)
    })
    started.on('error', onProblem)
    started.once('exit', () => {
      for (const answer of asked.values()) answer([])
      asked.clear()
      if (worker === started) worker = undefined
    })
    return started
  }
  const say = (message: ToArchive): void => thread().postMessage(message)

  const hand = (): void => {
    const now = Math.floor(state.at / afterStartMs)
    const cut = retentionMs === undefined || now === saidAt ? {} : { before: state.at - retentionMs }
    saidAt = now
    say({ kind: 'put', rows: waiting, upTo: state.position, ...cut })
    waiting = []
  }

  /** Also where nothing was forgotten: then it is known that nothing was. */
  const stopLooking = every(realClock, lookEveryMs, () => {
    const settled = performance.now() - began > afterStartMs
    if (!closed && (waiting.length > 0 || (settled && state.beganAt > 0 && Math.floor(state.at / afterStartMs) !== saidAt))) hand()
  })

  const ask = async (question: (id: number) => ToArchive): Promise<readonly ArchiveRow[]> => {
    if (closed || (worker === undefined && waiting.length === 0 && !existsSync(path))) return []
    if (waiting.length > 0) hand()
    const id = ++number
    const { promise, resolve } = Promise.withResolvers<readonly ArchiveRow[]>()
    asked.set(id, resolve)
    const late = setTimeout(() => resolve([]), answerWithinMs)
    say(question(id))
    return promise.finally(() => (clearTimeout(late), asked.delete(id)))
  }

  return {
    take: () => {
      if (!forgets(state.did)) return
      waiting.push(...rowsOf(state.did.forgotten))
      if (waiting.length >= mostWaiting) hand()
    },
    find: async (kind, id) => (await ask((number) => ({ kind: 'find', id: number, what: kind, wanted: id }))).map(({ body }) => alive[kind](body)),
    page: async (page) => (await ask((id) => ({ kind: 'page', id, page }))).map(({ body }) => alive[page.kind](body)),
    close: async () => {
      stopLooking()
      if (waiting.length > 0 || worker) hand()
      closed = true
      if (!worker) return
      const exited = new Promise((resolve) => worker!.once('exit', resolve))
      say({ kind: 'close' })
      const late = setTimeout(() => void worker?.terminate(), answerWithinMs)
      await exited
      clearTimeout(late)
    },
  }
}

/** In a checkout beside this file, in a build under its folder's name. */
const script = import.meta.url.endsWith('.ts') ? new URL('./archive-worker.ts', import.meta.url) : new URL('./follow/archive-worker.js', import.meta.url)
