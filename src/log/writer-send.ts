/** One batch, said again unchanged until it lands. */
import type { Clock } from './clock.ts'
import { LogError, type Log, type Position } from './log.ts'

export interface Sent {
  readonly entries: number
  readonly bytes: number
  /** 1 where the first attempt landed. */
  readonly attempts: number
  /** From the first attempt to the answer of the last. */
  readonly tookMs: number
}

export interface Attempt<E> {
  readonly log: Log<E>
  readonly clock: Clock
  readonly attemptMs: number
  /** Gives the batch up, for good. */
  readonly signal: AbortSignal
}

const firstPauseMs = 50
const longestPauseMs = 1_000

/** Throws only where repeating cannot help, or when it was given up; then `landed` covers all attempts. */
export async function sendBatch<E>(
  batch: { readonly entries: readonly E[]; readonly texts: readonly string[] }, attempt: Attempt<E>, onRepeat: (error: Error) => void,
): Promise<{ last: Position; attempts: number }> {
  let pauseMs = firstPauseMs
  let landed: 'no' | 'maybe' = 'no'
  for (let attempts = 1; ; attempts++) {
    try {
      return { last: await once(batch, attempt), attempts }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      if (!(error instanceof LogError) || error.landed === 'maybe') landed = 'maybe'
      if (isFinal(error)) throw finalError(error, landed)
      onRepeat(error)
      await pause(pauseMs, attempt)
      if (attempt.signal.aborted) throw finalError(error, landed)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }
}

/** A defect of ours would come again each time, and hold up everything behind it. */
const isFinal = (error: Error): boolean => !(error instanceof LogError) || error.code === 'LOG_CLOSED' || error.code === 'LOG_TOO_LARGE'

const finalError = (error: Error, landed: 'no' | 'maybe'): LogError =>
  new LogError(error instanceof LogError ? error.code : 'LOG_BROKEN', error.message, { landed, cause: error })

/** A keeper that does not answer is not waited for: what it still does with the batch, the readers drop as said twice. */
function once<E>(batch: { readonly entries: readonly E[]; readonly texts: readonly string[] }, attempt: Attempt<E>): Promise<Position> {
  return new Promise((resolve, reject) => {
    const silent = (why: string) => (): void => {
      leave()
      reject(new LogError(attempt.signal.aborted ? 'LOG_CLOSED' : 'LOG_UNREACHABLE', why, { landed: 'maybe' }))
    }
    const aborted = silent('The server is stopping, and the log has not answered.')
    const cancel = attempt.clock.after(attempt.attemptMs, silent(`The log has not answered for ${attempt.attemptMs} ms.`))
    attempt.signal.addEventListener('abort', aborted)
    const leave = (): void => {
      cancel()
      attempt.signal.removeEventListener('abort', aborted)
    }
    attempt.log.append(batch.entries, batch.texts).then(
      (position) => {
        leave()
        resolve(position)
      },
      (error: unknown) => {
        leave()
        reject(error)
      },
    )
  })
}

function pause<E>(ms: number, { clock, signal }: Attempt<E>): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const go = (): void => {
      cancel()
      signal.removeEventListener('abort', go)
      resolve()
    }
    const cancel = clock.after(ms, go)
    signal.addEventListener('abort', go)
  })
}
