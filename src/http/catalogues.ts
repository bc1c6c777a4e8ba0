/** The catalogues that the log knows, and going back to one of them: servers never do that by themselves. */
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { Refusal } from './errors.ts'
import { busy } from './shares.ts'
import type { Form } from './schemas.ts'
import { record } from './word.ts'

export function showCatalogues({ res, ports }: Call): void {
  answer(res, 200, { items: list(ports), next: null })
}

/** Newest first. */
const list = (ports: Call['ports']): Form<'CatalogueList'>['items'] => {
  const { state } = ports.read()
  return [...state.catalogues.values()].reverse().map(({ digest, routes, runbooks }) => ({
    digest, inForce: digest === state.catalogue?.digest, routes: routes.length, runbooks: Object.keys(runbooks).sort(),
  }))
}

export async function useCatalogue(call: Call): Promise<void> {
  const { res, ports, id } = call
  const found = list(ports).filter(({ digest }) => id.length >= 6 && digest.startsWith(id))
  if (found.length !== 1) throw new Refusal(found.length === 0 ? 'NOT_FOUND' : 'AMBIGUOUS_ID', found.length === 0 ? 'No catalogue on the log begins so.' : 'Give more of the digest.')
  const { digest } = found[0]!
  const was = ports.read().state.catalogue?.digest ?? ''
  if (digest !== was) await record(call, [{ kind: 'catalogue activated', digest, was }])
  if (ports.read().state.catalogue?.digest !== digest) throw busy('Another catalogue took force meanwhile: look, and ask again.')
  answer(res, 202, { digest, problems: [] })
}
