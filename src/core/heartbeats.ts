/**
 * Alerts that always fire: that one stays away is what people are told of. Awaited is what the catalogue in force says;
 * what came, and under which route, is in the state. Pure.
 */
import type { Catalogue, Route } from './catalogue.ts'
import type { Fact } from './entry.ts'
import type { Routing } from './routing.ts'
import { isMyTurn, type Seat } from './seat.ts'
import type { State } from './state.ts'

type Awaited = Route & { readonly heartbeatMs: number }

/** The routes in force that await one. */
export const awaited = (state: State): readonly Awaited[] => {
  const catalogue = state.catalogue && state.catalogues.get(state.catalogue.digest)
  if (!catalogue) return []
  const known = awaitedOf.get(catalogue) ?? catalogue.routes.filter((route): route is Awaited => route.heartbeatMs !== undefined)
  awaitedOf.set(catalogue, known)
  return known
}
/** A catalogue may have many thousand routes, and is asked at each turn of the loop. */
const awaitedOf = new WeakMap<Catalogue, readonly Awaited[]>()

/**
 * Stayed away for too long: since the last one, or since the catalogue that asks for it came into force. `upSince`: what
 * came while nobody was here to take it cannot be missed.
 */
export const heartbeatsDue = (state: State, seat: Seat, upSince: number): Extract<Fact, { kind: 'heartbeat missed' }>[] =>
  awaited(state).flatMap(({ source: route, heartbeatMs: everyMs }) => {
    const known = state.heartbeats.get(route)
    const lastAt = known?.lastAt ?? state.catalogue!.at
    const over = Math.max(lastAt, upSince) + everyMs
    if (known?.missed || seat.now <= over || !isMyTurn(route, over, seat)) return []
    return [{ kind: 'heartbeat missed', route, lastAt, ...(known ? {} : { neverInMs: everyMs }) }]
  })

export const isMissed = (state: State, route: string): boolean =>
  state.heartbeats.get(route)?.missed === true && awaited(state).some(({ source }) => source === route)

/** Came under a route that a new catalogue has elsewhere, or with another time: it is one firing, and is not answered twice. One that is missed is back first. */
export const heartbeatsMoved = (state: State, routing: Routing): Extract<Fact, { kind: 'unmatched' }>[] =>
  [...state.heartbeats].flatMap(([known, { episode: id, everyMs, missed }]) => {
    const episode = id === undefined || missed ? undefined : state.episodes.get(id)
    const route = episode?.heartbeat === known && episode.status === 'firing' ? routing.route(episode.labels)?.route : undefined
    if (!episode || route?.heartbeatMs === undefined || (route.source === known && route.heartbeatMs === everyMs)) return []
    return [heartbeatOf(episode.id, route.source, route.heartbeatMs)]
  })

export const heartbeatOf = (episode: string, route: string, heartbeatMs: number): Extract<Fact, { kind: 'unmatched' }> =>
  ({ kind: 'unmatched', episodes: [episode], route, reason: 'heartbeat', detail: 'it only tells that the way is open', tell: false, heartbeatMs })
