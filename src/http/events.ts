/** Entries as server-sent events, from `Last-Event-ID` on. A reader too slow to follow is let go; it comes back where it was. */
import type { Request, Response } from 'express'
import { entryCodec, type Entry } from '../core/entry.ts'
import type { State } from '../core/state.ts'
import type { Recorded } from '../log/log.ts'

export interface EventPorts {
  readonly state: State
  entriesFrom(from: number, signal: AbortSignal): AsyncIterable<readonly Recorded<Entry>[] | 'caught up'>
}

const heartbeatMs = 15_000
const maxBuffered = 4_000_000

export const sendEvents = async (request: Request, response: Response, ports: EventPorts): Promise<void> => {
  const asked = request.headers['last-event-id'] ?? request.query['from']
  const from = asked === undefined ? ports.state.position : Number(asked) + (request.headers['last-event-id'] === undefined ? 0 : 1)
  const ended = new AbortController()
  response.once('close', () => ended.abort())
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write(': entries\n\n')
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs)
  try {
    for await (const batch of ports.entriesFrom(Number.isSafeInteger(from) && from >= 0 ? from : 0, ended.signal)) {
      if (batch === 'caught up') continue
      for (const { position, at, entry } of batch) {
        response.write(`id: ${position}\nevent: ${entry.kind}\ndata: ${JSON.stringify({ position, at: new Date(at).toISOString(), ...(JSON.parse(entryCodec.encode(entry)) as object) })}\n\n`)
      }
      if (response.writableLength > maxBuffered) break
    }
  } finally {
    clearInterval(heartbeat)
    response.end()
  }
}
