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
export async function wordOf<K extends string = never>({ req, caller }: Call, safe = 'why it is safe to go on', more: readonly K[] = []): Promise<Word & Partial<Record<K, string>>> {
  const { why = '', who = '', ...rest } = read((await readBody(req, { take: () => {}, give: () => {} }, mostBytes)).toString(), ['why', 'who', ...more])
  if (why === '') throw new Refusal('WHY_REQUIRED', `Say ${safe}: {"why": "…"}.`)
  return { ...(rest as Partial<Record<K, string>>), why, who: caller.proved ? caller.name : who || caller.name }
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

function read(text: string, names: readonly string[]): Record<string, string> {
  try {
    const given: unknown = JSON.parse(text || '{}')
    const of = (name: string): string => {
      const value: unknown = typeof given === 'object' && given !== null && Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined
      return typeof value === 'string' ? value.trim().slice(0, 1000) : ''
    }
    return Object.fromEntries(names.map((name) => [name, of(name)]))
  } catch {
    throw new Refusal('BAD_JSON', 'Send a JSON object: {"why": "…"}.')
  }
}
