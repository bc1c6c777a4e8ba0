/** What a job printed is not part of the state: it is read off the log where somebody asks for it, and kept for who asks next. */
import type { Entry, Printed } from '../core/entry.ts'
import type { Log, Position } from '../log/log.ts'

const withinMs = 2000
/** Each has at most 64 kB: who watches a workflow asks for the same few again and again. */
const mostKept = 32

/** Undefined where the log holds it no more, or does not answer in time. */
export const createPrinted = (log: Pick<Log<Entry>, 'follow'>) => {
  const kept = new Map<Position, Printed>()
  return async (position: Position): Promise<Printed | undefined> => {
    const known = kept.get(position)
    if (known !== undefined) return known
    const printed = await readAt(log, position)
    if (printed === undefined) return undefined
    const [oldest] = kept.keys()
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest)
    kept.set(position, printed)
    return printed
  }
}

const readAt = async (log: Pick<Log<Entry>, 'follow'>, position: Position): Promise<Printed | undefined> => {
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(), withinMs)
  try {
    for await (const batch of log.follow(position, ended.signal)) {
      const entry = batch === 'caught up' ? undefined : batch.find((one) => one.position === position)?.entry
      return entry !== undefined && 'printed' in entry ? entry.printed : undefined
    }
    return undefined
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    ended.abort()
  }
}
