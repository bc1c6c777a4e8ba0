/** Catalogues on the log: announced whole or in parts, and which one is in force (protocol rule 11). */
import type { Catalogue } from '../catalogue.ts'
import type { Part } from '../catalogue-parts.ts'
import type { Fact } from '../entry.ts'
import { lookAgain } from '../expiries.ts'
import type { State } from '../state.ts'
import { isMended, touch } from './notices.ts'
import { catalogueLooked } from './sweep.ts'

export const foldAnnounced = (state: State, catalogue: Catalogue): void => {
  if (!state.catalogues.has(catalogue.digest)) catalogueLooked(state, catalogue.digest)
  state.catalogues.set(catalogue.digest, catalogue)
  forgetOldest(state)
}

/** Where they change several times a day, a month of them is more than memory should hold. One that is forgotten is announced again by whoever has it. */
const mostKept = 20

/** In the order in which they were in force last. What runs may still need what only an old one says of its runbook. */
const forgetOldest = (state: State): void => {
  if (state.foldVersion < 2 || state.catalogues.size <= mostKept) return
  const now = state.catalogues.get(state.catalogue?.digest ?? '')
  const known = new Set(digestsOf(now))
  const needed = new Set([...state.live.values()].flatMap((some) => [...some]).map(({ runbook }) => runbook.digest).filter((digest) => !known.has(digest)))
  for (const [digest, one] of [...state.catalogues].slice(0, -1)) {
    if (state.catalogues.size <= mostKept) return
    if (one !== now && !digestsOf(one).some((runbook) => needed.has(runbook))) state.catalogues.delete(digest)
  }
}

const digestsOf = (catalogue: Catalogue | undefined): string[] => Object.values(catalogue?.runbooks ?? {}).map(({ digest }) => digest)

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

/** The one that is in force may be put there again: what was wrong in the folders was put back. */
export const foldActivated = (state: State, entry: Extract<Fact, { kind: 'catalogue activated' }>, position: number): void => {
  const found = state.catalogues.get(entry.digest)
  if ((state.catalogue?.digest ?? '') !== entry.was || !found) return
  if (state.foldVersion >= 2) state.catalogues.delete(entry.digest)
  state.catalogues.set(entry.digest, found)
  for (const digest of [entry.was, entry.digest]) if (digest !== '') state.activatedBefore.set(digest, state.at)
  if (state.catalogue) catalogueLooked(state, state.catalogue.digest)
  const told = [...state.notices.values()].filter(({ about, lastAt }) => about.kind === 'catalogue' && !isMended(state, lastAt))
  state.catalogue = { digest: entry.digest, position, at: state.at }
  if (state.foldVersion >= 2) for (const { key } of told) touch(state, key)
}
