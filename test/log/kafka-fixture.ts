import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaStreams, type KafkaOptions, type KafkaStreams } from '../../src/log/kafka.ts'
import type { Codec, Log, Position, Recorded } from '../../src/log/log.ts'
import { freshPrefix } from '../servers/kafka.ts'

/** A small entry: who wrote it and its number, as real entries have them. */
export interface Note {
  readonly by: string
  readonly n: number
  readonly text?: string
}

export const noteCodec: Codec<Note> = {
  encode: (note) => JSON.stringify(note),
  // What is no JSON of ours comes through as a note of nobody: the codec decides, not the keeper.
  decode: (text) => text.startsWith('{"by"') ? JSON.parse(text) as Note : { by: 'nobody', n: -1, text },
  key: ({ by }) => by,
  kind: () => 'note',
}

export type Notes = Omit<KafkaStreams<Note, Note>, 'trouble'> & AsyncDisposable & {
  readonly said: string[]
  readonly prefix: string
  trouble(): string | undefined
}

/** Streams of notes that close at the end of the test; what people were told is in `said`. */
export function openNotes(options: Partial<KafkaOptions<Note, Note>> & Pick<KafkaOptions<Note, Note>, 'brokers'>): Notes {
  const said: string[] = []
  const prefix = options.prefix ?? freshPrefix()
  const streams = kafkaStreams({ log: noteCodec, control: noteCodec, notify: (text) => said.push(text), ...options, prefix })
  return { ...streams, trouble: () => streams.trouble, said, prefix, [Symbol.asyncDispose]: () => streams.close() }
}

export function notes(by: string, from: number, count: number): Note[] {
  return Array.from({ length: count }, (_, index) => ({ by, n: from + index }))
}

/** Reads to the end and stops. */
export async function readAll<E>(log: Log<E>, from: Position = 0): Promise<Recorded<E>[]> {
  const all: Recorded<E>[] = []
  for await (const batch of log.follow(from, AbortSignal.timeout(60_000))) {
    if (batch === 'caught up') return all
    all.push(...batch)
  }
  throw new Error(`not at the end after a minute, with ${all.length} read`)
}

/** Follows until told to stop; what was read so far is in `entries`. */
export function following<E>(log: Log<E>, from: Position = 0) {
  const stop = new AbortController()
  const entries: Recorded<E>[] = []
  const seen = { caughtUp: 0 }
  const ended = (async () => {
    for await (const batch of log.follow(from, stop.signal)) {
      if (batch === 'caught up') seen.caughtUp++
      else entries.push(...batch)
    }
  })()
  ended.catch(() => {})
  return {
    entries,
    seen,
    ended,
    async stop() {
      stop.abort()
      await ended
    },
  }
}

export async function until(what: string, holds: () => boolean, ms = 60_000): Promise<void> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) throw new Error(`after ${ms} ms still not: ${what}`)
    await sleep(20)
  }
}

/** Appends as the writer above the port does: numbered, one batch at a time, the same batch again until it is durable. */
export async function writeAll(log: Log<Note>, options: { by: string; total: number; batch?: number; pauseMs?: number; acknowledged?: number[] }): Promise<void> {
  const { by, total, batch = 10, pauseMs = 0, acknowledged = [] } = options
  for (let from = 0; from < total; from += batch) {
    const entries = notes(by, from, Math.min(batch, total - from))
    while (!await log.append(entries).then(() => true, () => false));
    acknowledged.push(...entries.map(({ n }) => n))
    if (pauseMs > 0) await sleep(pauseMs)
  }
}

/** What a follower of entries keeps: the numbers of one writer, less those not above the last one it saw. */
export function kept(entries: readonly Recorded<Note>[], by: string): number[] {
  const numbers: number[] = []
  for (const { entry } of entries) if (entry.by === by && entry.n > (numbers.at(-1) ?? -1)) numbers.push(entry.n)
  return numbers
}
