import { setImmediate as turn } from 'node:timers/promises'
import type { FetchedRecord } from './kafka-client.ts'
import { FETCH_BYTES, KafkaReader } from './kafka-reader.ts'
import { PAUSE_MS, pause, untilAborted, type KafkaStream } from './kafka-stream.ts'
import { Patience, troubleOf } from './kafka-trouble.ts'
import { LogError, type LogErrorCode, type Position, type Recorded } from './log.ts'

/** What is handed on at once, however much a fetch brought: one fetch of gzip was seen to unpack to 386 MB. */
const SLICE_RECORDS = 500
const SLICE_BYTES = 1_000_000

/**
 * An answer is taken apart within its deadline too, batch by batch: a process that is hardly let to run would never come
 * through a large one, and would ask for it for ever. So after a failure less is asked for, and then more again.
 */
const LEAST_BYTES = 1024
const tellEveryMs = 60_000
const less = (bytes: number): number => Math.max(LEAST_BYTES, bytes / 32)
const more = (bytes: number): number => Math.min(FETCH_BYTES, bytes * 2)

/**
 * Reads one topic from a position on, without a consumer group. After any failure it goes on at its position with a
 * new client from the next broker. 'caught up' is exact: every fetch brings the end of the topic with it.
 */
export async function* followKafka<E>(
  stream: KafkaStream<E>, from: Position, signal: AbortSignal,
): AsyncGenerator<readonly Recorded<E>[] | 'caught up', void> {
  const part = `reading ${stream.topic}`
  const patience = new Patience(stream.patienceMs)
  let position = from
  let caughtUpAt: Position | undefined
  let bytes = FETCH_BYTES
  let strangers = 0
  let toldOfStrangers = -Infinity
  let reader = new KafkaReader(stream.clients, stream.topic)
  try {
    await untilAborted(stream.ready, signal)
    while (!signal.aborted) {
      const fetched = await untilAborted(reader.fetch(position, bytes), signal).catch(failed)
      if (fetched === undefined) continue
      stream.outage.worked(part)
      patience.worked()
      bytes = more(bytes)
      for (const slice of slices(fetched.records, position)) {
        const ours = slice.flatMap((record) => recorded(stream, record) ?? passedOver(record))
        if (ours.length > 0) yield ours
        if (signal.aborted) return
        // What else this process does gets its turn between the slices of a big fetch.
        await turn()
      }
      position = fetched.next
      if (position < fetched.highWatermark || position === caughtUpAt) continue
      caughtUpAt = position
      yield 'caught up'
    }
  } finally {
    reader.throwAway()
  }

  function passedOver({ offset }: FetchedRecord): [] {
    strangers++
    if (performance.now() - toldOfStrangers < tellEveryMs) return []
    toldOfStrangers = performance.now()
    stream.notify(`record ${offset} of topic ${stream.topic} was not written by Paramedic and is passed over (${strangers} so far): find out who writes there, and let nobody else (ACLs)`)
    return []
  }

  async function failed(error: unknown): Promise<undefined> {
    const trouble = troubleOf(error, stream.topic)
    const told = trouble.code === 'LOG_CUT' ? await whereItIs(reader, stream.topic, position) : trouble
    reader.throwAway()
    if (signal.aborted) return
    reader = new KafkaReader(stream.clients, stream.topic)
    bytes = less(bytes)
    stream.outage.failed(part, told.text)
    if (!trouble.again || patience.over(told.code)) throw new LogError(told.code, told.text, { cause: error, ...('oldest' in told ? { oldest: told.oldest } : {}) })
    await pause(PAUSE_MS, signal)
  }
}

/** Never a jump: whoever asked for a position that is not there would miss entries without knowing it. */
async function whereItIs(reader: KafkaReader, topic: string, position: Position): Promise<{ code: LogErrorCode; text: string; oldest?: Position }> {
  const [first, end] = await Promise.all([reader.first(), reader.end()]).catch(() => [position, position] as const)
  if (first <= position && position <= end) return { code: 'LOG_UNREACHABLE', text: `topic ${topic} has changed its leader` }
  if (position < first) {
    return {
      code: 'LOG_CUT', oldest: first,
      text: `topic ${topic} was cut: it begins at ${first}, and entry ${position} was asked for. Start from a newer snapshot, and set its retention.ms so that it outlives an outage`,
    }
  }
  return {
    code: 'LOG_BROKEN',
    text: `topic ${topic} ends at ${end}, below entry ${position} that was asked for: it was deleted and created anew, or has lost data. Restore it, or start again with a new prefix`,
  }
}

function* slices(records: readonly FetchedRecord[], from: Position): Generator<FetchedRecord[]> {
  let slice: FetchedRecord[] = []
  let bytes = 0
  for (const record of records) {
    // A fetch brings whole batches: the first may begin before the position. Of a transaction's end, and of a key that
    // is to be forgotten (no value), there is nothing to tell.
    if (Number(record.offset) < from || record.isControlRecord || record.value === null) continue
    if (slice.length === SLICE_RECORDS || bytes >= SLICE_BYTES) {
      yield slice
      slice = []
      bytes = 0
    }
    slice.push(record)
    bytes += record.value.length
  }
  if (slice.length > 0) yield slice
}

/** Undefined for what somebody else wrote. */
function recorded<E>(stream: KafkaStream<E>, { offset, timestamp, value }: FetchedRecord): Recorded<E> | undefined {
  const position = Number(offset)
  try {
    return { position, at: Number(timestamp), entry: stream.own.read(value!.toString()) }
  } catch (error) {
    if (stream.codec.othersMayWrite) return undefined
    throw new LogError('LOG_BROKEN', `record ${position} of topic ${stream.topic} cannot be read as an entry (${(error as Error).message}): ` +
      'somebody else writes to this topic, or a newer Paramedic does', { cause: error })
  }
}
