/**
 * Sees a person's hand: whatever anybody here reads of what workflows changed is held against how they left it, and all of
 * it is read again each minute. The finding is an entry; what follows from it is the fold's.
 */
import { readingHandles } from '../core/handle-names.ts'
import type { Left } from '../core/entry.ts'
import { isWorkedOn, overruled } from '../core/fold/suspensions.ts'
import type { Json } from '../core/plan.ts'
import { rank } from '../core/rendezvous.ts'
import type { Watched } from '../core/trust.ts'
import type { Actor } from '../follow/follower.ts'
import { inFlight } from '../follow/in-flight.ts'
import type { Hands, RunnerDeps } from './deps.ts'
import type { Call } from './jobs.ts'

export type WatchDeps = Pick<RunnerDeps, 'state' | 'seat' | 'append' | 'folded' | 'onProblem' | 'newId' | 'hands'> & { readonly everyMs: number | undefined }

const readMs = 10_000
const readsAtOnce = 8

export const createWatch = (deps: WatchDeps): { readonly hands: Hands; readonly act: Actor } => {
  const { state, everyMs = 60_000 } = deps
  const finding = inFlight(deps)
  const reading = inFlight({ ...deps, onProblem: () => {} }) // what cannot be read now is read in a minute
  const readAt = new Map<string, number>()
  const keyOf = ({ provider, id }: Pick<Watched, 'provider' | 'id'>): string => `${provider}/${id}`

  const saw = (provider: string, found: Json): void => {
    const now = leftOf('', found)
    const watched = now && state.watched.get(keyOf({ provider, id: now.id }))
    if (!watched || overruled(state, watched, now).length === 0 || finding.has(keyOf(watched))) return
    const { target, id, version: was } = watched
    finding.append([keyOf(watched)], [{ kind: 'changed by hand', suspension: deps.newId(), provider, ...now, target, id, was }])
  }
  const call: Hands['call'] = async (provider, name, args, options) => {
    const found = await deps.hands.call(provider, name, args, options)
    if (name === 'scale.read') saw(provider, found)
    return found
  }

  return {
    hands: { call },
    act: () => {
      const { me, live, now } = deps.seat()
      for (const key of readAt.keys()) if (!state.watched.has(key)) readAt.delete(key)
      for (const watched of reading.idle([...state.watched.values()], keyOf)) {
        const key = keyOf(watched)
        // One reads it each minute, the next one every other minute, and so on: the first may have no way to it.
        const dueAt = (readAt.get(key) ?? watched.at) + everyMs * (1 + rank(key, me, live))
        if (reading.size() >= readsAtOnce) return
        if (now < dueAt || isWorkedOn(state, key)) continue
        readAt.set(key, now)
        reading.during([key], () => call(watched.provider, 'scale.read', [watched.target], { deadlineMs: readMs, signal: new AbortController().signal }))
      }
    },
  }
}

const leftOf = (target: string, found: Json): Left | undefined => {
  const { id, version, replicas } = (found ?? {}) as { id?: Json; version?: Json; replicas?: Json }
  return typeof id !== 'string' || typeof version !== 'string' ? undefined : { target, id, version, ...(typeof replicas === 'number' ? { replicas } : {}) }
}

/** The handles of a job, and how they left what they changed: each change is answered with what came of it. */
export const noting = (call: Call): { readonly call: Call; readonly left: () => readonly Left[] } => {
  const noted = new Map<string, Left>()
  return {
    call: async (name, args, signal) => {
      const found = await call(name, args, signal)
      const left = readingHandles.has(name) ? undefined : leftOf(String(args[0]), found)
      if (left) noted.set(left.id, left)
      return found
    },
    left: () => [...noted.values()],
  }
}

const leftReadMs = 2000

/** What a job did by other ways than its handles is seen by reading what it was to change. */
export const readLeft = async (provider: string, targets: readonly string[], hands: Hands): Promise<Left[]> => {
  const all = await Promise.all(targets.map(async (target) =>
    leftOf(target, await hands.call(provider, 'scale.read', [target], { deadlineMs: leftReadMs, signal: new AbortController().signal }).catch(() => null))))
  return all.filter((one) => one !== undefined)
}
