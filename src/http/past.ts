/** Alerts, workflows and stops, whether memory still has them or the archive: found by id, and listed newest first. */
import type { State } from '../core/state.ts'
import type { Archived, ArchivedKind } from '../follow/archive.ts'
import { findId, limitOf, unknownAfter, type Call, type Page } from './call.ts'
import { Refusal } from './errors.ts'

type Kind = ArchivedKind
const remembered = <K extends Kind>(state: State, kind: K): ReadonlyMap<string, Archived[K]> =>
  ({ episode: state.episodes, workflow: state.workflows, stop: state.stops } satisfies { [One in Kind]: ReadonlyMap<string, Archived[One]> } as { [One in Kind]: ReadonlyMap<string, Archived[One]> })[kind]

/** As `findId`; what memory has goes before what is only in the archive. */
export async function findOne<K extends Kind>({ ports, id }: Call, kind: K): Promise<Archived[K]> {
  const known = remembered(ports.read().state, kind)
  const here = known.get(id) ?? (id.length < 6 || [...known.keys()].some((one) => one.endsWith(id)) ? known.get(findId(known.keys(), id)) : undefined)
  if (here) return here
  const found = new Map((await ports.archive.find(kind, id)).map((one) => [one.id, one]))
  return found.get(findId(found.keys(), id))!
}

export interface Listing<T, V> {
  readonly keep?: (item: T) => boolean
  readonly view: (item: T) => V
  /** See `PageAsked`. */
  readonly tag?: string | undefined
  /** What only memory can hold is not looked for elsewhere. */
  readonly onlyRemembered?: boolean
}

/** Rows of the archive are read in such pieces, and no more than so many for one page: the next one goes on from there. */
const pieceOf = 200
const mostRead = 5000

export async function listOf<K extends Kind, V>({ ports, query }: Call, kind: K, { keep = () => true, view, tag, onlyRemembered = false }: Listing<Archived[K], V>): Promise<Page<V>> {
  const known = remembered(ports.read().state, kind)
  const limit = limitOf(query)
  const after = query.get('after')
  const begin = after === null ? undefined : (known.get(after) ?? (await ports.archive.find(kind, after)).find(({ id }) => id === after))
  if (after !== null && !begin) throw new Refusal('BAD_QUERY', unknownAfter)
  const here = [...known.values()].reverse().sort(newestFirst).filter((one) => begin === undefined || newestFirst(begin, one) < 0)
  const items: V[] = []
  let last: Archived[K] | undefined
  /** Whether the page is full. */
  const take = (one: Archived[K]): boolean => {
    if (!keep(one)) return false
    if (items.length === limit) return true
    items.push(view(one))
    last = one
    return false
  }
  let [next, below, read] = [0, begin, 0]
  for (let more = !onlyRemembered; more;) {
    const piece = await ports.archive.page({ kind, below, tag, limit: pieceOf })
    for (const one of piece) {
      while (next < here.length && newestFirst(here[next]!, one) < 0) if (take(here[next++]!)) return { items, next: last!.id }
      // It was told of again since: the newer one is the one that is shown.
      if (!known.has(one.id) && take(one)) return { items, next: last!.id }
    }
    below = piece.at(-1)
    read += piece.length
    if (read >= mostRead) return { items, next: below!.id }
    more = piece.length === pieceOf
  }
  while (next < here.length) if (take(here[next++]!)) return { items, next: last!.id }
  return { items, next: null }
}

const newestFirst = (a: { readonly position: number; readonly id: string }, b: typeof a): number => b.position - a.position || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
