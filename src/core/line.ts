/** An entry as one line of JSON, as `paramedic log` and `/v1/events` give it: its own fields behind the log's position and time. */
import { entryCodec, type Entry, type Read } from './entry.ts'

/** `position` is the log's own: the one up to which a snapshot holds is `upTo` here. */
export function toLine({ position, at, entry }: Read): string {
  const head = `{"position":${position},"at":"${new Date(at).toISOString()}",`
  if (entry.kind !== 'snapshot made') return head + entryCodec.encode(entry).slice(1)
  const { position: upTo, ...rest } = entry
  return head + JSON.stringify({ ...rest, upTo }).slice(1)
}

export function fromLine(line: string): Read {
  const { position, at, upTo, ...fields } = JSON.parse(line) as Entry & { position: number; at: string; upTo?: number }
  return { position, at: Date.parse(at), entry: { ...fields, ...(upTo === undefined ? {} : { position: upTo }) } as Entry }
}
