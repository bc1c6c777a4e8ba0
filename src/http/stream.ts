/** Entries as server-sent events. A reader that does not keep up is let go: it comes back with Last-Event-ID. */
import { once } from 'node:events'
import type { Entry, Read } from '../core/entry.ts'
import { toLine } from '../core/line.ts'
import { allOf } from '../log/all.ts'
import { LogError } from '../log/log.ts'
import type { Call } from './call.ts'
import { Refusal } from './errors.ts'
import { busy } from './shares.ts'

const mostStreams = 100
const beatEveryMs = 10_000
const mostBuffered = 1 << 20
const drainWithinMs = 10_000

export async function showEvents({ req, res, ports, door, query }: Call): Promise<void> {
  const { position } = ports.read().state
  const from = startOf(req.headers['last-event-id'], query.get('from'), position)
  if (door.streams >= mostStreams) throw busy('Too many event streams are open.')
  const only = query.get('workflow')
  const gone = new AbortController()
  const end = (): void => gone.abort()
  res.once('close', end)
  door.ending.addEventListener('abort', end)
  door.streams++
  const beat = setInterval(() => void (res.headersSent && res.write(': beat\n\n')), beatEveryMs)
  try {
    for await (const batch of from === 'oldest' ? allOf((at) => ports.events(at, gone.signal)) : ports.events(from, gone.signal)) {
      if (!res.headersSent) res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      res.write(batch === 'caught up' ? 'event: caught-up\ndata: {}\n\n' : batch.filter(({ entry }) => only === null || isOf(entry, only)).map(toEvent).join(''))
      if (res.writableLength > mostBuffered && !(await drained(res))) break
    }
  } catch (problem) {
    if (gone.signal.aborted) return
    if (problem instanceof LogError && problem.code === 'LOG_CUT') throw new Refusal('POSITION_GONE', 'Begin without a position, or at a later one.')
    // A reader of another log, or of one that was restored, may ask for what this one does not have yet.
    if (problem instanceof LogError && problem.code === 'LOG_BROKEN' && Number(from) > position) throw new Refusal('POSITION_GONE', `The log ends before ${from}: begin without a position.`)
    throw problem
  } finally {
    clearInterval(beat)
    door.streams--
    door.ending.removeEventListener('abort', end)
    gone.abort()
    if (res.headersSent) res.end()
  }
}

function startOf(lastEvent: string | string[] | undefined, from: string | null, now: number): number | 'oldest' {
  const given = typeof lastEvent === 'string' && lastEvent !== '' ? lastEvent : from
  if (given === null) return now
  if (given === 'oldest') return given
  if (!/^\d{1,15}$/.test(given)) throw new Refusal('BAD_QUERY', 'A position is a whole number from 0, or `oldest`.')
  return Number(given) + (given === lastEvent ? 1 : 0)
}

const isOf = (entry: Entry, workflow: string): boolean => 'workflow' in entry && entry.workflow.endsWith(workflow)

const toEvent = (read: Read): string => `id: ${read.position}\ndata: ${toLine(read)}\n\n`

async function drained(res: Call['res']): Promise<boolean> {
  try {
    await once(res, 'drain', { signal: AbortSignal.timeout(drainWithinMs) })
    return true
  } catch {
    res.destroy()
    return false
  }
}
