/** Tells people where there is no Slack: one line a message, on stderr and in the log of the process. */
import { messagesDue } from '../core/due.ts'
import type { Fact } from '../core/entry.ts'
import { plainLabels } from '../core/labels.ts'
import type { Seat } from '../core/seat.ts'
import type { Notice, State } from '../core/state.ts'
import { inFlight } from '../follow/in-flight.ts'

export interface PlainOptions {
  readonly state: State
  readonly seat: () => Seat
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly tell: (text: string) => void
  readonly onProblem: (problem: unknown) => void
}

const gatherMs = 1000

export const createPlainNotifier = (options: PlainOptions) => {
  const busy = inFlight(options)
  return (): void => {
    for (const notice of busy.idle(messagesDue(options.state, options.seat(), gatherMs), ({ key }) => key)) {
      options.tell(plainText(options.state, notice))
      busy.append([notice.key], [{ kind: 'message sent', notice: notice.key, revision: notice.revision, channel: 'stderr', ts: '' }])
    }
  }
}

const clean = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

export const plainText = (state: State, { about, count }: Notice): string => {
  switch (about.kind) {
    case 'unknown': {
      const labels = plainLabels(state.episodes.get(about.episodes[0] ?? '')?.labels ?? new Map())
      return clean(`UNKNOWN ALERT ${about.alertname} (${count}): ${about.detail}. ${Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(' ')}`)
    }
    case 'workflow': {
      const workflow = state.workflows.get(about.workflow)
      return clean(workflow ? `${workflow.runbook.name}@${workflow.runbook.version} on ${workflow.targets.join(', ')}: ${workflow.state}${workflow.reason ? `, ${workflow.reason}` : ''}${workflow.detail ? ` (${workflow.detail})` : ''} [${workflow.id.slice(-6)}]` : about.workflow)
    }
    case 'stop': {
      const stop = state.stops.get(about.stop)
      return clean(!stop ? about.stop : stop.lifted ? `stop ${stop.id.slice(-6)} lifted by ${stop.lifted.who}: ${stop.lifted.why}` : `STOPPED ${stop.matchers.join(', ') || 'everything'} by ${stop.who}: ${stop.why} [${stop.id.slice(-6)}]`)
    }
    case 'catalogue': return clean(`the catalogue has problems and is not used: ${about.problems.join('; ')}`)
    case 'runner lost': return clean(`runner ${about.name || about.runner} is lost: ${about.why}`)
    case 'heartbeat': return clean(`the heartbeat of ${about.route} stays away since ${new Date(about.lastAt).toISOString()}`)
    case 'bad alerts': return clean(`alerts that cannot be used: ${about.problems.join('; ')}`)
  }
}
