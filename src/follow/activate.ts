/** Puts a catalogue on the log and in force. One that was in force before is never activated by itself (protocol rule 11). */
import type { Catalogue } from '../core/catalogue.ts'
import type { Fact } from '../core/entry.ts'
import type { State } from '../core/state.ts'

export interface ActivateOptions {
  readonly state: State
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
}

/** Whether it is in force afterwards. */
export const activate = async (catalogue: Catalogue, { state, append, folded }: ActivateOptions): Promise<boolean> => {
  if (state.catalogue?.digest === catalogue.digest) return true
  const facts: Fact[] = state.catalogues.has(catalogue.digest) ? [] : [{ kind: 'catalogue announced', catalogue }]
  if (!state.activatedBefore.has(catalogue.digest)) facts.push({ kind: 'catalogue activated', digest: catalogue.digest, was: state.catalogue?.digest ?? '' })
  if (facts.length > 0) await folded(await append(facts))
  return state.catalogue?.digest === catalogue.digest
}
