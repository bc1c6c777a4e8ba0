/**
 * The newest commits, in memory for the followers that are at the end of the log: they are woken by the commit and read
 * nothing from the disk. Bounded by the ring; a follower that falls behind it reads history again.
 */
import type { Position, Recorded } from './log.ts'
import type { Place } from './ring.ts'
import { Waiting } from './waiting.ts'

/** What one follower is handed at once. A commit is never split. */
const batchEntries = 1_000
/** So many commits keep their entries decoded: long enough for whoever is at the end, and dead before they grow old. With two, half of what comes grows old. */
const keptDecoded = 1

interface Commit<E> {
  readonly first: Position
  readonly count: number
  readonly at: number
  readonly place: Place
  decoded?: readonly Recorded<E>[] | undefined
}

export type DecodeCommit<E> = (commit: { readonly first: Position; readonly at: number; readonly place: Place }) => readonly Recorded<E>[]

export class Tail<E> {
  next: Position
  readonly #decode: DecodeCommit<E>
  readonly #waiting = new Waiting()
  #commits: Commit<E>[] = []
  #head = 0

  constructor(next: Position, decode: DecodeCommit<E>) {
    this.next = next
    this.#decode = decode
  }

  push(commit: Commit<E>): void {
    this.#commits.push(commit)
    const old = this.#commits.length - 1 - keptDecoded
    if (old >= this.#head) this.#commits[old]!.decoded = undefined
    this.#advance(commit.first + commit.count)
  }

  /** For a commit that is not in memory. */
  skip(first: Position, count: number): void {
    this.#commits = []
    this.#head = 0
    this.#advance(first + count)
  }

  /** Commits at a lower address are overwritten now. */
  forget(address: number): void {
    while (this.#head < this.#commits.length && this.#commits[this.#head]!.place.address < address) this.#head++
    if (this.#head < 1_000) return
    this.#commits = this.#commits.slice(this.#head)
    this.#head = 0
  }

  holds(position: Position): boolean {
    return this.#find(position) !== undefined
  }

  /** Entries from `position` on, or undefined if that is history. */
  from(position: Position): readonly Recorded<E>[] | undefined {
    let index = this.#find(position)
    if (index === undefined) return undefined
    const first = this.#read(this.#commits[index]!)
    const skip = position - first[0]!.position
    const batch = skip === 0 ? first : first.slice(skip)
    const next = this.#commits[++index]
    if (next === undefined || batch.length + next.count > batchEntries) return batch
    const merged = [...batch]
    for (let more: Commit<E> | undefined = next; more && merged.length + more.count <= batchEntries; more = this.#commits[++index]) {
      for (const recorded of this.#read(more)) merged.push(recorded)
    }
    return merged
  }

  wake(): void {
    this.#waiting.wake()
  }

  /** Resolves when something was appended, or `signal` aborted, or the log was closed. */
  wait(signal: AbortSignal): Promise<void> {
    return this.#waiting.wait(signal)
  }

  #advance(next: Position): void {
    this.next = next
    this.wake()
  }

  #read(commit: Commit<E>): readonly Recorded<E>[] {
    return commit.decoded ??= this.#decode(commit)
  }

  #find(position: Position): number | undefined {
    let low = this.#head
    let high = this.#commits.length - 1
    if (high < low || position < this.#commits[low]!.first || position >= this.next) return undefined
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#commits[middle]!.first <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}
