/** A plan and what is recorded, for policies to judge: with the fold's own counters, never a copy of them. */
import { grant, mark, release, room } from '../../src/core/counter.ts'
import type { End } from '../../src/core/reason.ts'
import type { Json, Observed, Plan, Take } from '../../src/core/plan.ts'
import type { Judged } from '../../src/core/policy.ts'
import { initialState, type State } from '../../src/core/state.ts'

export const hour = 3_600_000
export const now = 100 * hour

export const target = (name: string) => ({ name, id: `id-${name}` })
export const plan = (...names: string[]): Plan => ({
  digest: 'd'.repeat(64),
  targets: names.map(target),
  changes: names.map((name) => ({ target: name, id: `id-${name}`, from: 1, to: 2 })),
  observed: [],
})

/** What is recorded under a key: `[at, still running]`, or how the fold would be told of it. */
export type Starts = Record<string, ([at: number, runs: boolean] | ((state: State, key: string) => void))[]>

const timeOf = (start: Starts[string][number]): number => (typeof start === 'function' ? 0 : start[0])

const stateWith = (starts: Starts): State => {
  const state = initialState()
  for (const [key, all] of Object.entries(starts)) {
    for (const [index, start] of all.toSorted((a, b) => timeOf(a) - timeOf(b)).entries()) {
      if (typeof start === 'function') start(state, key)
      else grant(state, { key, max: 9, window: start[1] ? 'until end' : { ms: 1000 * hour }, policy: '', otherwise: 'wait' }, start[0], `other-${index}`)
    }
  }
  return state
}

export interface Of extends Partial<Omit<Judged, 'labels' | 'runbook'>> {
  readonly labels?: Record<string, string>
  readonly starts?: Starts
  readonly runbook?: string
}

export const judged = (of: Of = {}): Judged => {
  const { starts = {}, labels = { service: 'web' }, runbook = 'scale-service', at = now, ...more } = of
  const state = stateWith(starts)
  return {
    workflow: 'w1', provider: 'local', steps: [], approvals: [], plan: plan('web'), at, room: (take) => room(state, take, at, 'w1'),
    ...more, labels: new Map(Object.entries(labels)), runbook: { name: runbook, version: 1 },
  }
}

export const start = (agoMs: number, runs = false): [number, boolean] => [now - agoMs, runs]

/** Counted as these values, so long ago. */
export const values = (agoMs: number, ...all: string[]) => (state: State, key: string): void => {
  for (const value of all) mark(state, { key, keepMs: 1000 * hour, value }, now - agoMs)
}

/** Somebody else has this share now. */
export const held = (holder: string, take: Partial<Take> = {}) => (state: State, key: string): void =>
  grant(state, { key, max: 99, window: 'until end', policy: '', otherwise: 'wait', ...take }, now - hour, holder)

/** It ended so long ago. */
export const ended = (agoMs: number, as: End, take: Partial<Take> = {}) => (state: State, key: string): void => {
  const holder = `ended-${agoMs}-${as}`
  grant(state, { key, max: 99, window: { ms: 1000 * hour, from: 'end' }, policy: '', otherwise: 'wait', ...take }, now - agoMs - 1, holder)
  release(state, key, holder, { at: now - agoMs, as })
}

export const latched = (state: State, key: string): void => mark(state, { key }, now - hour)

export const fact = (name: string, value: Json, target?: string, agoMs = 0): Observed =>
  ({ name, value, readAt: now - agoMs, ...(target === undefined ? {} : { target }) })

/** A plan that sets sizes, of targets that have these now. */
export const resize = (changes: Record<string, [from: number, to: number]>, more: { ready?: number; claims?: number; agoMs?: number } = {}): Plan => ({
  digest: 'd'.repeat(64),
  targets: Object.keys(changes).map(target),
  changes: Object.entries(changes).map(([name, [from, to]]) => ({ target: name, id: `id-${name}`, from: more.claims ?? from, to })),
  observed: Object.entries(changes).map(([name, [from]]) => fact('size', { replicas: from, ready: more.ready ?? from, version: '1' }, name, more.agoMs)),
})

/** A plan that restarts what it names. */
export const restart = (name: string, size: { replicas: number; ready: number }): Plan =>
  ({ ...plan(name), changes: [{ target: name, id: `id-${name}`, from: ['a'], to: 'restarted' }], observed: [fact('size', { ...size, version: '1' }, name)] })

/** A plan with the labels of its targets. */
export const labelled = (labels: Record<string, Record<string, string>>): Plan =>
  ({ ...plan(...Object.keys(labels)), observed: Object.entries(labels).map(([name, own]) => fact('labels', own, name)) })

export interface Row {
  readonly settings: Record<string, unknown>
  readonly of?: Of
  readonly expected: string
  readonly until?: number
  readonly keys?: readonly string[]
  readonly why: string
}
