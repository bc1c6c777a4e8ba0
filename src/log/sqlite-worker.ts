/**
 * The thread that waits for the disk. One of its kind commits (`role` 'write'); while a follower reads history, a second
 * one reads ('read'), so that neither waits for the other, and the main thread for none.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Position } from './log.ts'
import { CommitFile, type Opened } from './sqlite-file.ts'
import { HistoryFile, type Chunk } from './sqlite-history.ts'
import { troubleOf, type Trouble } from './sqlite-trouble.ts'

export interface WorkerOrder {
  readonly role: 'write' | 'read'
  readonly path: string
  /** Where the main thread leaves what is to be committed. */
  readonly shared?: SharedArrayBuffer
  /** Chunks are wanted as JSON arrays. */
  readonly asArrays?: boolean
  /** For tests: as if the disk were full after so many pages. */
  readonly maxPages?: number
}

/** A place in the shared memory, or a buffer that was handed over. */
export type CommitFrom = Uint8Array | { readonly offset: number; readonly size: number }

export type ToWorker =
  | { readonly kind: 'commit'; readonly id: number; readonly at: number; readonly count: number; readonly from: CommitFrom }
  | { readonly kind: 'read'; readonly id: number; readonly from: Position }
  | { readonly kind: 'cut'; readonly before: number; readonly below: Position }
  | { readonly kind: 'close' }

export type FromWorker =
  | { readonly kind: 'opened'; readonly opened: Opened }
  | { readonly kind: 'committed'; readonly id: number; readonly first: Position }
  | { readonly kind: 'chunk'; readonly id: number; readonly chunk: Chunk }
  | { readonly kind: 'trouble'; readonly id: number; readonly trouble: Trouble }

const order = workerData as WorkerOrder
const port = parentPort!
const say = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
const trouble = (id: number, error: unknown): void => say({ kind: 'trouble', id, trouble: troubleOf(error, order.path) })

try {
  if (order.role === 'write') serveCommits(new CommitFile(order.path, order.maxPages))
  else serveHistory(new HistoryFile(order.path, order.asArrays === true))
} catch (error) {
  trouble(0, error)
  port.close()
}

function serveCommits(file: CommitFile): void {
  say({ kind: 'opened', opened: file.opened })
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'commit') {
      const { id, at, count, from } = message
      try {
        say({ kind: 'committed', id, first: file.commit(at, count, bytesOf(from)) })
      } catch (error) {
        trouble(id, error)
      }
      attempt(() => file.tidy())
    }
    if (message.kind === 'cut') cut(file, message)
    if (message.kind === 'close') end(file)
  })
}

const bytesOf = (from: CommitFrom): Uint8Array =>
  from instanceof Uint8Array ? from : new Uint8Array(order.shared!, from.offset, from.size)

/** A little at a time, so that a commit never waits long for it. What fails is tried again at the next cut. */
function cut(file: CommitFile, what: { before: number; below: Position }): void {
  const more = attempt(() => file.cut(what))
  attempt(() => file.tidy())
  if (more === true) setImmediate(() => cut(file, what))
}

function serveHistory(file: HistoryFile): void {
  say({ kind: 'opened', opened: { next: 0, lastAt: 0 } })
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'read') {
      try {
        const chunk = file.read(message.from)
        say({ kind: 'chunk', id: message.id, chunk }, [chunk.bytes.buffer])
      } catch (error) {
        trouble(message.id, error)
      }
    }
    if (message.kind === 'close') end(file)
  })
}

function end(file: { close(): void }): void {
  attempt(() => file.close())
  port.close()
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
