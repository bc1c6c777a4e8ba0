/**
 * A catalogue as the log keeps it. One that fits is a single entry; a larger one is announced in parts, each a catalogue of
 * some of its routes, runbooks and policies, and is known once the last of them is there.
 */
import type { Catalogue } from './catalogue.ts'
import type { Fact } from './entry.ts'
import { utf8Size } from './told.ts'

type CataloguePart = Omit<Catalogue, 'digest'>
export type Part = Extract<Fact, { kind: 'catalogue part' }>

export interface Growing {
  readonly routes: Catalogue['routes'][number][]
  readonly runbooks: Record<string, Catalogue['runbooks'][string]>
  readonly policies: Record<string, Catalogue['policies'][string]>
  readonly revoked: string[]
}

/** What one entry holds of a catalogue, as JSON: with the rest of the entry it fits into what the log takes as one. */
export const mostPartBytes = 250_000

/** In the order in which they are to be appended. `announcement`: a new id, so that two who announce the same do not mix theirs. */
export const announced = (catalogue: Catalogue, announcement: string, maxBytes = mostPartBytes): (Extract<Fact, { kind: 'catalogue announced' }> | Part)[] => {
  if (sizeOf(catalogue) <= maxBytes) return [{ kind: 'catalogue announced', catalogue }]
  const parts = pack(catalogue, maxBytes)
  return parts.map((part, index) => ({ kind: 'catalogue part', announcement, digest: catalogue.digest, part: index, of: parts.length, ...part }))
}

/** No route, runbook or list of policies is larger by itself: `check` refuses it. */
const pack = ({ routes, runbooks, policies, revoked = [] }: Catalogue, maxBytes: number): CataloguePart[] => {
  const parts: Growing[] = []
  let size = Infinity
  const room = (item: unknown) => {
    const more = sizeOf(item) + 1
    if (size + more > maxBytes) {
      parts.push({ routes: [], runbooks: {}, policies: {}, revoked: [] })
      size = 0
    }
    size += more
    return parts.at(-1)!
  }
  for (const route of routes) room(route).routes.push(route)
  for (const [id, runbook] of Object.entries(runbooks)) room([id, runbook]).runbooks[id] = runbook
  for (const [name, entries] of Object.entries(policies)) room([name, entries]).policies[name] = entries
  for (const id of revoked) room(id).revoked.push(id)
  return parts
}

export const sizeOf = (value: unknown): number => utf8Size(JSON.stringify(value))
