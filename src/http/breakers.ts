/** A breaker that tripped is closed by a person, who says why. */
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { Refusal } from './errors.ts'
import { record, wordOf } from './word.ts'

export async function closeBreaker(call: Call): Promise<void> {
  const { res, ports, id } = call
  const { state } = ports.read()
  const policies = state.catalogue ? Object.values(state.catalogues.get(state.catalogue.digest)?.policies ?? {}).flat() : []
  const known = [...new Set(policies.filter(({ type }) => type === 'breaker').map(({ name }) => name))]
  if (!known.includes(id)) throw new Refusal('NOT_FOUND', `No policy of the type breaker has this name; there are: ${known.join(', ') || 'none'}.`)
  await record(call, [{ kind: 'breaker closed', breaker: id, ...(await wordOf(call)) }], 'the breaker stays as it is')
  answer(res, 202, { status: 'closed' })
}
