/** A writer on a log that answers when the test says so. */
import { LogError, type Codec, type Log, type LogErrorCode, type Position } from '../../src/log/log.ts'
import { createWriter, type Writer, type WriterLimits, type WriterOptions } from '../../src/log/writer.ts'
import { settled, VirtualClock } from './virtual-clock.ts'

interface Fact { readonly text: string }
interface Numbered extends Fact { readonly by: string; readonly n: number }

export const codec: Codec<Numbered> = {
  encode: (entry) => {
    if (entry.text === 'unspeakable') throw new TypeError('cannot be written')
    return JSON.stringify(entry)
  },
  decode: (text) => JSON.parse(text) as Numbered,
  key: ({ by }) => by,
  kind: () => 'fact',
}

/** A log whose attempts wait for the test's word. */
class HeldLog implements Log<Numbered> {
  readonly attempts: { entries: readonly Numbered[]; texts: readonly string[] | undefined; resolve(last: Position): void; reject(error: Error): void }[] = []
  #next = 0

  append(entries: readonly Numbered[], texts?: readonly string[]): Promise<Position> {
    return new Promise((resolve, reject) => this.attempts.push({ entries, texts, resolve, reject }))
  }

  async land(attempt = this.attempts.length - 1): Promise<void> {
    const { entries, resolve } = this.attempts[attempt]!
    this.#next += entries.length
    resolve(this.#next - 1)
    await settled()
  }

  async fail(error: Error): Promise<void> {
    this.attempts.at(-1)!.reject(error)
    await settled()
  }

  /** What each attempt said: `text by n`. */
  said(): string[][] {
    return this.attempts.map(({ entries }) => entries.map(({ text, by, n }) => `${text} ${by}${n}`))
  }

  async* follow(): AsyncGenerator<'caught up'> {}
  end = async (): Promise<Position> => this.#next
  close = async (): Promise<void> => {}
}

export function held(limits: Partial<WriterLimits> = {}, more: Partial<WriterOptions<Fact, Numbered>> = {}) {
  const log = new HeldLog()
  const clock = new VirtualClock()
  const stamp = (fact: Fact, by: string, n: number): Numbered => ({ ...fact, by, n })
  const writer = createWriter<Fact, Numbered>(log, { identity: 'a', codec, stamp, clock, limits, ...more })
  return { log, clock, writer }
}

export const facts = (...texts: string[]): Fact[] => texts.map((text) => ({ text }))
export const unreachable = (landed: 'no' | 'maybe'): LogError => new LogError('LOG_UNREACHABLE', 'no broker', { landed })

/** What became of an append, as it stands now. */
export function outcome(promise: Promise<Position>): () => string {
  let now = 'waiting'
  promise.then((position) => { now = `at ${position}` }, (error: unknown) => {
    now = error instanceof LogError ? `${error.code} ${error.landed}` : String(error)
  })
  return () => now
}
export const send = (writer: Writer<Fact, Numbered>, ...texts: string[]): (() => string) => outcome(writer.append(facts(...texts)))
export const rejected = (code: LogErrorCode, landed: 'no' | 'maybe', message = /./) => (error: unknown): boolean =>
  error instanceof LogError && error.code === code && error.landed === landed && message.test(error.message)
