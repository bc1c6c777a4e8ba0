/**
 * What was read of the outside for a plan. A fact that is needed and was not read is a refusal; one that was read too long
 * ago is worth nothing, and the plan is made again.
 */
import type { Json } from '../plan.ts'
import { observedForMs, type FactName, type Judged, type Verdict } from '../policy.ts'
import { touched } from './settings.ts'

/** The verdict of whoever lacks a fact; undefined when all that is needed is there and fresh. */
export function lacking(needs: readonly FactName[], judged: Judged, policy: string): Verdict | undefined {
  for (const [name, target] of needs.flatMap((need) => wanted(need, judged))) {
    const found = observed(judged, name, target)
    const text = target === undefined ? name : `${name} of ${target}`
    if (found === undefined) return { policy, verdict: 'refuse', reason: 'fact missing', detail: `${text} could not be read` }
    if (judged.at - found.readAt > observedForMs) {
      return { policy, verdict: 'wait', reason: 'fact missing', detail: `${text} was read ${Math.round((judged.at - found.readAt) / 1000)} s ago`, until: judged.at, again: true }
    }
  }
  return undefined
}

const wanted = (need: FactName, judged: Judged): [FactName, string?][] =>
  ofAll.includes(need) ? [[need]] : touched(judged.plan).map(({ name }): [FactName, string] => [need, name])

/** Facts of no single target. */
const ofAll: readonly FactName[] = ['fleet', 'alerts']

const observed = (judged: Judged, name: FactName, target?: string) =>
  judged.plan.observed.find((fact) => fact.name === name && fact.target === target)

/** Throws where it is not there or has another form: what cannot be judged does not run. */
export function fact(judged: Judged, name: FactName, target?: string): Json {
  const found = observed(judged, name, target)
  if (found === undefined) throw new Error(`${name}${target === undefined ? '' : ` of ${target}`} was not read`)
  return found.value
}

export const sizeOf = (judged: Judged, target: string) => {
  const size = fact(judged, 'size', target) as { replicas?: Json; ready?: Json }
  if (typeof size?.replicas !== 'number' || typeof size.ready !== 'number') throw new Error(`the size of ${target} has no replicas or no ready`)
  return { replicas: size.replicas, ready: size.ready }
}

export const labelOf = (judged: Judged, target: string, label: string): string => {
  const labels = fact(judged, 'labels', target)
  if (typeof labels !== 'object' || labels === null) throw new Error(`the labels of ${target} are not labels`)
  const value: unknown = Object.hasOwn(labels, label) ? (labels as Record<string, unknown>)[label] : undefined
  return typeof value === 'string' ? value : ''
}

export interface Member {
  readonly name: string
  readonly id: string
  readonly healthy: boolean
  readonly labels: Readonly<Record<string, string>>
}

export const fleetOf = (judged: Judged): readonly Member[] => {
  const fleet = fact(judged, 'fleet')
  if (!Array.isArray(fleet)) throw new Error('the fleet is not a list')
  return fleet as unknown as Member[]
}

export interface Resize {
  readonly name: string
  readonly id: string
  readonly from: number
  readonly to: number
}

/**
 * The plan as changes of sizes. From what was observed, not from what the script says was there: one that lies about
 * where it starts would pass every limit. Undefined if a change is none of a size.
 */
export function resizes(judged: Judged): Resize[] | undefined {
  const all = judged.plan.changes.map(({ target, id, to }) =>
    typeof to === 'number' && Number.isSafeInteger(to) && to >= 0 ? { name: target, id, from: sizeOf(judged, target).replicas, to } : undefined)
  return all.every((one) => one !== undefined) ? all : undefined
}

export const noSize = 'the plan changes something that is not a size, so nothing can be said of it'
