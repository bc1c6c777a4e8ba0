/**
 * What jobs print, on its way to the log: the end of it with their outcome, and some of it while they run, for those
 * who look on from any server. Both are bounded, and neither holds up a job.
 */
import type { Fact, Printed } from '../core/entry.ts'
import type { Clock } from '../log/clock.ts'
import type { JobOrder, Outcome } from './protocol.ts'

/** With all else that its entry holds it stays below what the log takes as one. Some letters are six in JSON. */
const mostEncoded = 128 * 1024

/** For the entry that tells the outcome; nothing where nothing was printed. */
export const printedOf = ({ printed: { tail, bytes } }: Outcome): { printed?: Printed } => {
  if (bytes === 0) return {}
  let kept = tail
  while (Buffer.byteLength(JSON.stringify(kept)) > mostEncoded) kept = kept.slice(kept.length >> 1)
  return { printed: { tail: kept, bytes } }
}

export interface PrintingOptions {
  readonly append: (facts: readonly Fact[], options: { deadlineMs: number }) => Promise<unknown>
  readonly clock: Clock
}

/** A step that is quicker than this has all of it with its outcome. */
const everyMs = 1000
const mostAtOnce = 4096
const mostOfOneJob = 64 * 1024
const deadlineMs = 2000

interface Told {
  bytes: number
  told: number
  waiting: string
}

/** Called with what a job prints. Goes on the log once a second, while there is room for it: the outcome does not depend on it. */
export const createPrinting = ({ append, clock }: PrintingOptions) => {
  const jobs = new WeakMap<JobOrder, Told>()

  const tell = ({ id, workflow, step = 0, input }: JobOrder, job: Told): void => {
    const text = job.waiting.slice(-mostAtOnce)
    job.waiting = ''
    job.told += text.length
    append([{ kind: 'printed', workflow, step, target: input.target, claim: id, text, bytes: job.bytes }], { deadlineMs }).catch(() => {})
  }

  return (order: JobOrder, text: string, over: AbortSignal): void => {
    if (order.phase !== 'step') return
    const job = jobs.get(order) ?? { bytes: 0, told: 0, waiting: '' }
    jobs.set(order, job)
    job.bytes += Buffer.byteLength(text)
    if (job.told >= mostOfOneJob) return
    if (job.waiting === '') clock.after(everyMs, () => over.aborted || tell(order, job))
    job.waiting = (job.waiting + text).slice(-mostAtOnce)
  }
}
