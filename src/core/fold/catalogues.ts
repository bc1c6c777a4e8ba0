/** Catalogues on the log: announced whole or in parts, and which one is in force (protocol rule 11). */
import type { Catalogue } from '../catalogue.ts'
import type { Part } from '../catalogue-parts.ts'
import type { Fact } from '../entry.ts'
import { lookAgain } from '../expiries.ts'
import type { State } from '../state.ts'
import { catalogueLooked } from './sweep.ts'

export const foldAnnounced = (state: State, catalogue: Catalogue): void => {
  if (!state.catalogues.has(catalogue.digest)) catalogueLooked(state, catalogue.digest)
  state.catalogues.set(catalogue.digest, catalogue)
}

/** They come in order, since one process sends them; one that lacks the parts before it is of an announcement that failed. */
export const foldPart = (state: State, { announcement, digest, part, of, ...some }: Part): void => {
  if (part === 0 && !state.announcing.has(announcement)) {
    state.announcing.set(announcement, { at: state.at, parts: 0, routes: [], runbooks: {}, policies: {}, revoked: [] })
    lookAgain(state, 'announcement', announcement, state.at)
  }
  const begun = state.announcing.get(announcement)
  if (begun?.parts !== part) return
  begun.parts++
  begun.routes.push(...some.routes)
  Object.assign(begun.runbooks, some.runbooks)
  Object.assign(begun.policies, some.policies)
  begun.revoked.push(...(some.revoked ?? []))
  if (begun.parts < of) return
  const { routes, runbooks, policies, revoked } = begun
  state.announcing.delete(announcement)
  foldAnnounced(state, { digest, routes, runbooks, policies, ...(revoked.length === 0 ? {} : { revoked }) })
}

export const foldActivated = (state: State, entry: Extract<Fact, { kind: 'catalogue activated' }>, position: number): void => {
  if ((state.catalogue?.digest ?? '') !== entry.was || !state.catalogues.has(entry.digest)) return
  for (const digest of [entry.was, entry.digest]) if (digest !== '') state.activatedBefore.set(digest, state.at)
  if (state.catalogue) catalogueLooked(state, state.catalogue.digest)
  state.catalogue = { digest: entry.digest, position, at: state.at }
}
