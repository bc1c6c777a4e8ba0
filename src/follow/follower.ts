/**
 * The one loop: read, fold, see what is due, do it, append what came of it. A restart takes the same way as a normal
 * turn, so there is no code for recovery.
 */
import type { Entry } from '../core/entry.ts'
import { evolve } from '../core/evolve.ts'
import type { State } from '../core/state.ts'
import { every, type Clock } from '../log/clock.ts'
import type { Log, Recorded } from '../log/log.ts'
import { createHold } from './hold.ts'

/** Sees what is due and does it. Called after every batch, and while the log is quiet ten times a second. */
export type Actor = () => void

export interface FollowerOptions {
  readonly log: Log<Entry>
  /** What was folded before: a snapshot, or nothing. */
  readonly state: State
  readonly clock: Clock
  /** Steady time that goes on while the machine sleeps, in milliseconds. */
  readonly steady: () => number
  /** After each entry, while the state still says what that one did (`state.did`). */
  readonly onFolded?: (recorded: Recorded<Entry>) => void
  readonly onEntries: (entries: readonly Recorded<Entry>[]) => void
  readonly onProblem: (problem: unknown) => void
}

const quietTurnMs = 100
/** So long the fold keeps the thread for itself. */
const sliceMs = 20

export const startFollower = (options: FollowerOptions) => {
  const ended = new AbortController()
  const { state } = options
  const { hold, held } = createHold(options)
  const actors: { readonly act: Actor; readonly always: boolean }[] = []
  const caughtUp = Promise.withResolvers<void>()
  const waiters: { position: number; resolve: () => void }[] = []
  const watchers = new Set<{ check: () => boolean; resolve: () => void }>()
  const time = logTime(options)
  let live = false

  const turn = (): void => {
    if (live) time.during(() => {
      for (const { act, always } of actors) {
        if (!always && state.unknownEntry !== undefined) continue
        try {
          act()
        } catch (problem) {
          options.onProblem(problem)
        }
      }
    })
  }

  const follow = async (): Promise<void> => {
    for await (const batch of options.log.follow(state.position, ended.signal)) {
      if (batch === 'caught up') caughtUp.resolve()
      if (batch === 'caught up') continue
      await foldBatch(batch, options, { onRead: time.read, held })
      options.onEntries(batch)
      while (waiters.length > 0 && waiters[0]!.position < state.position) waiters.shift()!.resolve()
      for (const watcher of watchers) if (watcher.check() && watchers.delete(watcher)) watcher.resolve()
      turn()
    }
  }
  const failed = Promise.withResolvers<unknown>()
  const following = follow().catch((problem: unknown) => {
    if (ended.signal.aborted) return
    live = false // nobody acts on a state that stands still
    caughtUp.reject(problem)
    failed.resolve(problem)
  })
  const stopTurning = every(options.clock, quietTurnMs, turn)

  return {
    state,
    caughtUp: caughtUp.promise,
    /** Resolves when the log cannot be followed any further, with why. Only a new start helps, if anything does. */
    failed: failed.promise,
    /** From here on what is due is done: on a log that is too new for us only by whom it is said `always` of (protocol rule 10). */
    act: (list: readonly Actor[], { always = false } = {}): void => {
      actors.push(...list.map((act) => ({ act, always })))
      live = true
      turn()
    },
    /** Resolves once `position` was folded. */
    folded: (position: number): Promise<void> =>
      new Promise((resolve) => {
        if (position < state.position) return resolve()
        waiters.push({ position, resolve })
        waiters.sort((a, b) => a.position - b.position)
      }),
    /** Resolves once `check` holds of what was folded. */
    when: (check: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        if (check()) return resolve()
        watchers.add({ check, resolve })
      }),
    hold, now: time.now,
    close: async (): Promise<void> => {
      live = false
      stopTurning()
      ended.abort()
      await following
    },
  }
}

/** Log time: what was folded, carried on by steady time since. Never the wall clock. */
const logTime = ({ state, steady }: Pick<FollowerOptions, 'state' | 'steady'>) => {
  let readAt = steady()
  let turnAt: number | undefined
  return {
    now: (): number => state.at + Math.max(0, (turnAt ?? steady()) - readAt),
    read: (): void => void (readAt = steady()),
    /** A turn has one time: all ask for it, and the clock that goes on while the machine sleeps is a file that is read. */
    during: (turn: () => void): void => {
      turnAt = steady()
      turn()
      turnAt = undefined
    },
  }
}

/** A long batch lets everybody else have the thread in between: whatever is folded is a state like any other. */
const foldBatch = async (
  batch: readonly Recorded<Entry>[], { state, clock, onFolded }: FollowerOptions, { onRead, held }: { onRead: () => void; held: () => Promise<unknown> | undefined },
): Promise<void> => {
  let over = clock.steady() + sliceMs
  for (const recorded of batch) {
    for (let looking = held(); looking; looking = held()) await looking
    evolve(state, recorded)
    onFolded?.(recorded)
    if (clock.steady() < over) continue
    onRead()
    await new Promise((resolve) => setImmediate(resolve))
    over = clock.steady() + sliceMs
  }
  for (let looking = held(); looking; looking = held()) await looking
  onRead()
}

export type Follower = ReturnType<typeof startFollower>
