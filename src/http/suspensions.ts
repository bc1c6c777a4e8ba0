/** What a person changed by hand, and the runbooks that leave it alone until a person says go on. */
import type { Suspension } from '../core/trust.ts'
import { answer } from './answer.ts'
import { findId, pageOf, type Call } from './call.ts'
import type { Form } from './schemas.ts'
import { time } from './times.ts'
import { record, wordOf } from './word.ts'

export function showSuspensions({ res, ports, query }: Call): void {
  answer(res, 200, pageOf(query, [...ports.read().state.suspensions.values()].reverse(), { view: viewSuspension }))
}

export async function resume(call: Call): Promise<void> {
  const { res, ports } = call
  const { suspensions } = ports.read().state
  const suspended = suspensions.get(findId(suspensions.keys(), call.id))!
  await record(call, [{ kind: 'resumed', suspension: suspended.id, ...(await wordOf(call)) }], 'it stays suspended')
  answer(res, 202, viewSuspension(suspended))
}

const viewSuspension = ({ id, provider, target, at, runbooks, from, to }: Suspension): Form<'Suspension'> =>
  ({ id, provider, target, at: time(at), runbooks: runbooks.map(({ name }) => name), workflows: runbooks.map(({ workflow }) => workflow), from, to })
