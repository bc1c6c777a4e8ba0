/** A person says that a version may run by itself from now on: only where it has earned the proposal. */
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { Refusal } from './errors.ts'
import { record, wordOf } from './word.ts'

export async function promote(call: Call): Promise<void> {
  const { res, ports, caller, id } = call
  if (!caller.person) throw new Refusal('MAY_NOT_APPROVE', `${caller.name} is a machine: only the tokens of persons, which the setting \`people\` names, promote.`)
  const { state } = ports.read()
  const trust = state.trust.get(id)
  const known = Object.keys(state.catalogues.get(state.catalogue?.digest ?? '')?.runbooks ?? {})
  if (!trust && !known.includes(id)) throw new Refusal('NOT_FOUND', `There is no ${id}; there are: ${known.slice(0, 20).join(', ') || 'none'}.`)
  if (!trust?.proposed) {
    const why = trust?.promoted ? `${id} is promoted already.` : `${id} is not proposed: it has ${trust?.heals.length ?? 0} verified heals since it last failed, and its route says how many it takes.`
    throw new Refusal('NOT_PROPOSED', why)
  }
  const { heals, inMs } = trust.proposed
  await record(call, [{ kind: 'promoted', runbook: id, ...(await wordOf(call, { safe: 'why it may run by itself' })), heals, inMs }], 'it is not promoted')
  answer(res, 202, { status: 'promoted' })
}
