/** What a person says by one call, and why: read, put on the log, and folded here before it is answered. */
import type { Fact } from '../core/entry.ts'
import { UpgradeUnfinished } from '../core/upgrade.ts'
import { LogError } from '../log/log.ts'
import { readBody } from './body.ts'
import type { Call } from './call.ts'
import { later, Refusal } from './errors.ts'

const mostBytes = 64 * 1024
const durableWithinMs = 5000

export interface Word {
  readonly why: string
  readonly who: string
}

/** `safe`: what the why must tell. */
export async function wordOf({ req, caller }: Call, safe = 'why it is safe to go on'): Promise<Word> {
  const { why, who } = read((await readBody(req, { take: () => {}, give: () => {} }, mostBytes)).toString())
  if (why === '') throw new Refusal('WHY_REQUIRED', `Say ${safe}: {"why": "…"}.`)
  return { why, who: caller.proved ? caller.name : who || caller.name }
}

/** `else`: what stays as it is where the log does not take it. */
export async function putOnLog({ ports }: Call, fact: Fact, otherwise: string): Promise<void> {
  try {
    await ports.record([fact], { deadlineMs: durableWithinMs })
  } catch (problem) {
    if (problem instanceof UpgradeUnfinished) throw new Refusal('UPGRADE_UNFINISHED', problem.message)
    if (!(problem instanceof LogError)) throw problem
    throw new Refusal('NOT_DURABLE', `The log did not take it: ${otherwise}.`, { headers: later() })
  }
}

function read(text: string): Word {
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
