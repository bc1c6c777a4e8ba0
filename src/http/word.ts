/** What somebody says by one call, and why: read, put on the log, and folded here before it is answered. */
import type { Fact } from '../core/entry.ts'
import { UpgradeUnfinished } from '../core/upgrade.ts'
import { LogError } from '../log/log.ts'
import { readBody, unshared } from './body.ts'
import type { Call } from './call.ts'
import { later, Refusal } from './errors.ts'
import { isObject } from './request-form.ts'

const mostBytes = 256 * 1024
const durableWithinMs = 5000

type Given = Readonly<Record<string, unknown>>

export async function readObject({ req }: Call, { optional = false } = {}): Promise<Given> {
  const body = (await readBody(req, unshared, mostBytes)).toString()
  if (optional && body.trim() === '') return {}
  try {
    const json: unknown = JSON.parse(body)
    if (isObject(json)) return json
  } catch {
    // said below
  }
  throw new Refusal('BAD_JSON', 'Send a JSON object.')
}

export const text = (given: Given, name: string): string => {
  const value = given[name]
  return typeof value === 'string' ? value.trim().slice(0, 1000) : ''
}

/** Proved by a token; without tokens, whoever the sender says he is. */
export const whoOf = ({ caller }: Call, given: Given): string => (caller.proved ? caller.name : text(given, 'who').slice(0, 200) || caller.name)

export interface Word {
  readonly why: string
  readonly who: string
}

/** `safe`: what the why must tell. `given`: what the caller has read already. */
export async function wordOf(call: Call, { safe = 'why it is safe to go on', given }: { safe?: string; given?: Given } = {}): Promise<Word> {
  const said = given ?? await readObject(call, { optional: true })
  const why = text(said, 'why')
  if (why === '') throw new Refusal('WHY_REQUIRED', `Say ${safe}: {"why": "…"}.`)
  return { why, who: whoOf(call, said) }
}

/** Folded here when it resolves, or told that it may be later. `otherwise`: what stays as it is where the log does not take it. */
export const record = (call: Call, facts: readonly Fact[], otherwise?: string): Promise<void> => durably(
  call.ports.record(facts, { deadlineMs: durableWithinMs }),
  otherwise === undefined ? 'The log did not take it in time; it may land later. Ask again: the same key gives the same workflow.' : `The log did not take it: ${otherwise}.`,
)

export async function durably<T>(work: Promise<T>, detail: string): Promise<T> {
  try {
    return await work
  } catch (problem) {
    if (problem instanceof UpgradeUnfinished) throw new Refusal('UPGRADE_UNFINISHED', problem.message)
    if (!(problem instanceof LogError)) throw problem
    throw new Refusal('NOT_DURABLE', detail, { headers: later() })
  }
}
