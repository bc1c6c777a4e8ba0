/** A stop as the API shows it, with its proof: who let go of what, and who has not answered. */
import type { Catalogue, Route } from '../../core/catalogue.ts'
import type { StopOrder } from '../../core/entry.ts'
import { compiledOf, covers, heldBy } from '../../core/fold/stops.ts'
import { became, liftsAt } from '../../core/lifting.ts'
import { parseMatchers, type Matchers } from '../../core/matcher.ts'
import type { State, Stop } from '../../core/state.ts'
import type { Workflow } from '../../core/workflow.ts'
import type { Peer, Readable } from '../ports.ts'
import type { Form } from '../schemas.ts'
import { maybe, time } from '../times.ts'

export function listStops({ state, unrecorded }: Readable): { id: string }[] {
  const waiting = unrecorded.filter(({ id }) => !state.stops.has(id))
  return [...waiting, ...[...state.stops.values()].reverse()]
}

/** `archived`: as it was at last, where memory has forgotten it. */
export function viewStop(readable: Readable, id: string, archived?: Stop): Form<'Stop'> | undefined {
  const { state, unrecorded, forced } = readable
  const stop = state.stops.get(id) ?? archived
  const order = stop ?? unrecorded.find((one) => one.id === id)
  if (order === undefined) return undefined
  const compiled = stop ?? { ...order, compiled: compiledOf(order) }
  const lifted = stop?.lifted
  const acknowledgements = acknowledged(readable, id, stop)
  return {
    id,
    matchers: [...order.matchers],
    kind: order.effect,
    who: order.who,
    why: order.why,
    ...maybe('at', stop?.at, time),
    ...maybe('liftsItself', stop && liftsAt(stop), time),
    durable: stop !== undefined || forced.includes(id),
    inForce: lifted === undefined,
    ...maybe('lifted', lifted, (one) => ({ ...one, at: time(one.at) })),
    covers: lifted === undefined ? countCovered(state, compiled) : { running: 0, waiting: 0, routes: 0 },
    acknowledgements: acknowledgements.map(({ at, ...one }) => ({ ...one, at: time(at) })),
    lost: (stop?.lost ?? []).map(({ at, ...one }) => ({ ...one, at: time(at) })),
    missing: lifted === undefined ? missing(readable, acknowledgements) : [],
    held: lifted === undefined ? held(state, compiled) : [...(stop?.held ?? [])],
    killed: [...(stop?.killed ?? [])],
    ...maybe('became', lifted && stop?.held, (ids) => Object.fromEntries(became(state, ids))),
  }
}

type Covering = Pick<Stop, 'compiled' | 'matchers'>

const held = (state: State, stop: Covering): string[] => heldBy(state, stop as Stop).map(({ id }) => id)

/** Running counts what it is killing as well. */
function countCovered(state: State, stop: Covering & StopOrder): Form<'Stop'>['covers'] {
  const running = (['running', 'stopping', 'verifying'] as const).flatMap((name): Workflow[] => [...state.live.get(name)!])
  const killed = 'killed' in stop ? (stop as Stop).killed.filter((id) => !state.live.get('stopping')!.has(state.workflows.get(id)!)).length : 0
  const catalogue = state.catalogue && state.catalogues.get(state.catalogue.digest)
  return {
    running: running.filter((workflow) => covers(stop, workflow)).length + killed,
    waiting: heldBy(state, stop as unknown as Stop).length,
    routes: catalogue === undefined ? 0 : routesCovered(catalogue, stop.compiled),
  }
}

export const routesCovered = (catalogue: Catalogue, stop: Matchers): number =>
  catalogue.routes.filter((route) => route.runbook !== undefined && route.mode !== 'off' && mayCover(stop, route, targetsOf(catalogue, route))).length

/** Unless it is certain that no alert on this route is one that the stop means. */
function mayCover(stop: Matchers, route: Route, targets: readonly string[] | undefined): boolean {
  return stop.list.every((matcher) => {
    if (matcher.name === 'runbook') return matcher.test(route.runbook!.name)
    if (matcher.name === 'target') return targets === undefined || targets.some((target) => matcher.test(target))
    const values = matchersOf(route).filter(({ name }) => name === matcher.name).flatMap((one) => (one.values === undefined ? [] : [one.values]))
    return values.every((list) => list.some((value) => matcher.test(value)))
  })
}

/** A catalogue may have many thousand routes, and a stop is looked at again and again until it is proved. */
const matchersOf = (route: Route): Matchers['list'] => {
  const list = parsed.get(route) ?? parseMatchers(route.matchers).list
  parsed.set(route, list)
  return list
}
const parsed = new WeakMap<Route, Matchers['list']>()

/** All that its policies let it touch; undefined where they name nothing. */
function targetsOf({ policies }: Catalogue, { runbook }: Route): readonly string[] | undefined {
  const lists = (policies[runbook!.name] ?? []).filter(({ type }) => type === 'targets').map(({ settings }) => settings['names'] as string[])
  return lists.length === 0 ? undefined : lists.reduce((all, list) => all.filter((name) => list.includes(name)))
}

/** On the log, or only heard so far. */
const acknowledged = ({ heard }: Readable, id: string, stop: Stop | undefined): Stop['acknowledgements'] => {
  const recorded = stop?.acknowledgements ?? []
  return [...recorded, ...heard(id).filter(({ runner }) => !recorded.some((one) => one.runner === runner))]
}

const missing = ({ state, peers }: Readable, acknowledged: Stop['acknowledgements']): Form<'Stop'>['missing'] =>
  peers.filter((peer) => mustAnswer(state, peer) && !acknowledged.some(({ runner }) => runner === peer.id))
    .map(({ id, name }) => ({ runner: id, name }))

const mustAnswer = (state: State, { id, roles }: Peer): boolean =>
  roles.includes('run') && state.processes.get(id)?.lost !== true
