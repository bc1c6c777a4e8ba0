/** One request as handlers see it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from './errors.ts'
import type { Ports } from './ports.ts'
import type { BigBodies } from './big.ts'
import type { Shares } from './shares.ts'
import type { SignatureOptions } from './signature.ts'
import type { Caller } from './tokens.ts'

export interface Call {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly caller: Caller
  readonly ports: Ports
  readonly door: Door
  /** Of the address. */
  readonly id: string
  readonly query: URLSearchParams
}

/** What all calls of one server share. */
export interface Door {
  readonly budget: Shares
  readonly big: BigBodies
  /** Aborts when the server ends. */
  readonly ending: AbortSignal
  readonly grafana?: SignatureOptions
  /** Event streams that are open. */
  streams: number
}

/** By the whole id, or by its last characters, at least six, where no other ends so. */
export function findId(ids: Iterable<string>, wanted: string): string {
  const found: string[] = []
  for (const id of ids) {
    if (id === wanted) return id
    if (wanted.length >= 6 && id.endsWith(wanted)) found.push(id)
  }
  if (found.length === 1) return found[0]!
  if (found.length === 0) throw new Refusal('NOT_FOUND', 'Nothing has this id.')
  throw new Refusal('AMBIGUOUS_ID', `${found.length} ids end in this: give more of it.`, { more: { ids: found.slice(0, 20) } })
}

const mostItems = 500
const usualItems = 100

export interface Page<V> {
  readonly items: V[]
  readonly next: string | null
}

export const unknownAfter = '`after` names nothing that is still known: begin again without it.'

/** Newest first, from `after` on. `all` is walked only as far as it must be. */
export function pageOf<T extends { readonly id: string }, V>(query: URLSearchParams, all: readonly T[], { keep = () => true, view }: { keep?: (item: T) => boolean; view: (item: T) => V }): Page<V> {
  const limit = limitOf(query)
  const after = query.get('after')
  let index = 0
  if (after !== null) {
    index = all.findIndex(({ id }) => id === after) + 1
    if (index === 0) throw new Refusal('BAD_QUERY', unknownAfter)
  }
  const items: V[] = []
  let last: string | undefined
  for (; index < all.length; index++) {
    const item = all[index]!
    if (!keep(item)) continue
    if (items.length === limit) return { items, next: last! }
    items.push(view(item))
    last = item.id
  }
  return { items, next: null }
}

export function limitOf(query: URLSearchParams): number {
  const given = query.get('limit')
  if (given === null) return usualItems
  const limit = Number(given)
  if (!Number.isSafeInteger(limit) || limit < 1) throw new Refusal('BAD_QUERY', '`limit` must be a whole number from 1.')
  return Math.min(limit, mostItems)
}
