/**
 * What the steps of a workflow print, while it is watched. It comes from the log, so it is the same whichever server runs
 * the step: now and then while a job runs, and what is left of it with the job's outcome.
 */
import type { Entry, Printed } from '../core/entry.ts'
import type { Form } from '../http/schemas.ts'
import type { ClientOptions } from './client.ts'
import { events } from './events.ts'

export function liveOutput(options: ClientOptions, id: string, show: (text: string) => void) {
  const output = outputOnce(show)
  const hungUp = new AbortController()
  let reading: Promise<void> | undefined

  const read = async (): Promise<void> => {
    for await (const data of events(options, `workflow=${encodeURIComponent(id)}`, hungUp.signal)) {
      if (data !== 'caught up') output.live(JSON.parse(data) as Entry)
    }
  }

  return {
    /** As it stands now; a server that was away is listened to again. */
    seen(workflow: Form<'Workflow'>): void {
      output.ended(workflow)
      reading ??= read().catch(() => {}).finally(() => (reading = undefined))
    },
    async end(): Promise<void> {
      hungUp.abort()
      await reading
    },
  }
}

/** An outcome has the end of all that its job printed: of that only what is new is shown. */
export function outputOnce(show: (text: string) => void) {
  const running = new Map<string, { readonly claim: string; readonly bytes: number }>()
  const over = new Set<string>()
  return {
    live(entry: Entry): void {
      if (entry.kind !== 'printed' || over.has(entry.claim)) return
      running.set(`${entry.step} ${entry.target}`, entry)
      show(entry.text)
    },
    ended({ steps }: Pick<Form<'Workflow'>, 'steps'>): void {
      for (const [step, { jobs }] of steps.entries()) {
        for (const { target, attempts, printed } of jobs) {
          const job = `${step} ${target}`
          const attempt = `${job} ${attempts}`
          if (printed === undefined || over.has(attempt)) continue
          const live = running.get(job)
          over.add(attempt)
          if (live) over.add(live.claim)
          running.delete(job)
          show(restOf(printed, live?.bytes ?? 0))
        }
      }
    },
  }
}

const restOf = ({ tail, bytes }: Printed, shown: number): string => {
  const all = Buffer.from(tail)
  return all.subarray(Math.max(0, all.length - Math.max(0, bytes - shown))).toString('utf8')
}
