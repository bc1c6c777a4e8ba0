/** Puts a catalogue on the log and in force. One that was in force before is never activated by itself (protocol rule 11). */
import type { Catalogue } from '../core/catalogue.ts'
import { announced } from '../core/catalogue-parts.ts'
import type { Fact } from '../core/entry.ts'
import type { State } from '../core/state.ts'

export interface ActivateOptions {
  readonly state: State
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly newId: () => string
}

/** Together they fit into one commit of the log. */
const partsAtOnce = 3

/** Whether it is in force afterwards. */
export const activate = async (catalogue: Catalogue, { state, append, folded, newId }: ActivateOptions): Promise<boolean> => {
  const { digest } = catalogue
  if (state.catalogue?.digest === digest) return true
  const facts: Fact[] = state.catalogues.has(digest) ? [] : announced(catalogue, newId())
  if (!state.activatedBefore.has(digest)) facts.push({ kind: 'catalogue activated', digest, was: state.catalogue?.digest ?? '' })
  for (let i = 0; i < facts.length; i += partsAtOnce) {
    // What another process has announced meanwhile is not sent once more.
    const some = facts.slice(i, i + partsAtOnce).filter(({ kind }) => kind !== 'catalogue part' || !state.catalogues.has(digest))
    if (some.length > 0) await folded(await append(some))
  }
  return state.catalogue?.digest === digest
}
