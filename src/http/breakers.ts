/** A breaker that tripped is closed by a person, who says why. */
import { readBody } from './body.ts'
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { LogError } from '../log/log.ts'
import { later, Refusal } from './errors.ts'

const mostBytes = 64 * 1024
const durableWithinMs = 5000

export async function closeBreaker({ req, res, ports, id, caller }: Call): Promise<void> {
  const { state } = ports.read()
  const policies = state.catalogue ? Object.values(state.catalogues.get(state.catalogue.digest)?.policies ?? {}).flat() : []
  const known = [...new Set(policies.filter(({ type }) => type === 'breaker').map(({ name }) => name))]
  if (!known.includes(id)) throw new Refusal('NOT_FOUND', `No policy of the type breaker has this name; there are: ${known.join(', ') || 'none'}.`)
  const { why, who } = read((await readBody(req, { take: () => {}, give: () => {} }, mostBytes)).toString())
  if (why === '') throw new Refusal('WHY_REQUIRED', 'Say why it is safe to go on: {"why": "…"}.')
  try {
    await ports.append([{ kind: 'breaker closed', breaker: id, who: caller.proved ? caller.name : who || caller.name, why }], { deadlineMs: durableWithinMs })
  } catch (problem) {
    if (!(problem instanceof LogError)) throw problem
    throw new Refusal('NOT_DURABLE', 'The log did not take it: the breaker stays as it is.', { headers: later() })
  }
  answer(res, 202, { status: 'closed' })
}

function read(text: string): { why: string; who: string } {
  try {
    const given: unknown = JSON.parse(text || '{}')
    const of = (name: string): string => {
      const value: unknown = typeof given === 'object' && given !== null && Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined
      return typeof value === 'string' ? value.trim().slice(0, 1000) : ''
    }
    return { why: of('why'), who: of('who') }
  } catch {
    throw new Refusal('BAD_JSON', 'Send a JSON object: {"why": "…"}.')
  }
}
