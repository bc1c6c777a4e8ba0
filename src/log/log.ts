/**
 * The log: entries in one order, for good. Three keepers stand behind this port (memory, SQLite, Kafka),
 * and `test/contract/log.ts` says what each of them promises.
 */

/** The place of an entry in its stream: 0, 1, 2 … Gaps may occur (Kafka compacts); order never changes. */
export type Position = number

/** An entry as it was read back. `at` is the log's own time, in milliseconds since 1970, given when it was appended. */
export interface Recorded<E> {
  readonly position: Position
  readonly at: number
  readonly entry: E
}

export interface Log<E> {
  /**
   * Durable when it resolves, with the position of the last of `entries`. All of a batch becomes readable in order.
   * When it rejects, the batch may still land, now or later: `LogError.landed` says 'no' where that is certain.
   * `texts` are the entries as the codec writes them, from whoever has them already; a keeper may do without.
   */
  append(entries: readonly E[], texts?: readonly string[]): Promise<Position>
  /**
   * Everything from `from` on, in order, in batches; 'caught up' each time the end was reached.
   * Ends when `signal` aborts; throws `LogError` where a person is needed (position cut away, topic gone).
   */
  follow(from: Position, signal: AbortSignal): AsyncIterable<readonly Recorded<E>[] | 'caught up'>
  /** The position that the next entry will get at the earliest: 0 for an empty log. */
  end(): Promise<Position>
  close(): Promise<void>
}

/** How a keeper writes an entry as text, and what Kafka shows of it. One JSON document per entry. */
export interface Codec<E> {
  /** No text: a keeper of the latest entry of each key keeps nothing of this one's, and readers are not given it. */
  encode(entry: E): string
  decode(text: string): E
  /** The same for several entries at once, as one JSON array: a fifth faster, which shows when a log is rebuilt. */
  decodeArray?(text: string): readonly E[]
  /** Which entries are the same when they are read back: followers in the process that appended one may be handed that very object. */
  isSame?(entry: E): boolean
  /** What `decode` throws at was written by somebody else: where others can write, it is passed over, and people are told. */
  readonly othersMayWrite?: true
  /** Kafka's record key: episode, workflow, process or stop. */
  key(entry: E): string
  kind(entry: E): string
}

export type LogErrorCode =
  | 'LOG_UNREACHABLE' // no broker, no file: it will be tried again
  | 'LOG_DISK_FULL'
  | 'LOG_IN_USE' // another process has the file; the message names its pid
  | 'LOG_TOO_LARGE' // one entry is larger than the keeper takes
  | 'LOG_CUT' // the position asked for is below what the log still holds
  | 'LOG_UNFIT' // exists with settings that would break a promise
  | 'LOG_REFUSED' // not allowed: ACL, credentials
  | 'LOG_BROKEN' // cannot be read as what it should be
  | 'LOG_BUSY' // too much waits to be written: nothing was taken
  | 'LOG_LATE' // not known to be durable when its caller's time was over
  | 'LOG_CLOSED'

/** The outside world's refusal. The message says what to do. `landed`: whether the entries may be on the log all the same. */
export class LogError extends Error {
  override readonly name = 'LogError'
  readonly code: LogErrorCode
  readonly landed: 'no' | 'maybe'
  /** Of LOG_CUT: the first position that is still there. */
  readonly oldest: Position | undefined
  constructor(code: LogErrorCode, message: string, options: { landed?: 'no' | 'maybe'; cause?: unknown; oldest?: Position | undefined } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.landed = options.landed ?? 'no'
    this.oldest = options.oldest
  }
}
