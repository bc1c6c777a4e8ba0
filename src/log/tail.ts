/**
 * The newest commits, kept in memory for the followers that are at the end of the log: they are woken by the commit
 * and read nothing from the disk. Bounded; a follower that falls behind it reads history again.
 */
import type { Position, Recorded } from './log.ts'

const maxBytes = 4_000_000
const maxCommits = 1_000
/** What one follower is handed at once. A commit is never split. */
const batchEntries = 1_000

export interface Commit<E> {
  readonly first: Position
  readonly count: number
  readonly bytes: number
  /** Decoded when the first follower wants it, once for all of them. */
  read(): readonly Recorded<E>[]
}

export class Tail<E> {
  next: Position
  readonly #commits: Commit<E>[] = []
  readonly #waiting = new Set<() => void>()
  #bytes = 0

  constructor(next: Position) {
    this.next = next
  }

  push(commit: Commit<E>): void {
    this.#commits.push(commit)
    this.#bytes += commit.bytes
    while (this.#bytes > maxBytes || this.#commits.length > maxCommits) this.#bytes -= this.#commits.shift()!.bytes
    this.next = commit.first + commit.count
    this.wake()
  }

  wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const go of waiting) go()
  }

  /** Entries from `position` on, or undefined if that is history. */
  from(position: Position): readonly Recorded<E>[] | undefined {
    let index = this.#find(position)
    if (index === undefined) return undefined
    const commit = this.#commits[index]!
    const skip = position - commit.first
    const batch = skip === 0 ? commit.read() : commit.read().slice(skip)
    const next = this.#commits[++index]
    if (next === undefined || batch.length + next.count > batchEntries) return batch
    const merged = [...batch]
    for (let more: Commit<E> | undefined = next; more && merged.length + more.count <= batchEntries; more = this.#commits[++index]) {
      for (const recorded of more.read()) merged.push(recorded)
    }
    return merged
  }

  holds(position: Position): boolean {
    return this.#find(position) !== undefined
  }

  /** Resolves when something was appended, or `signal` aborted, or the log was closed. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go)
        this.#waiting.delete(go)
        resolve()
      }
      if (signal.aborted) return resolve()
      signal.addEventListener('abort', go)
      this.#waiting.add(go)
    })
  }

  #find(position: Position): number | undefined {
    const commits = this.#commits
    if (commits.length === 0 || position < commits[0]!.first || position >= this.next) return undefined
    let low = 0
    let high = commits.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (commits[middle]!.first <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}
