/** What `/paramedic` takes, for its help and for docs/slack.md. */
import { howToNarrow, type SlackCommand } from './command.ts'

export interface Usage {
  readonly usage: string
  readonly does: string
  readonly who: 'everyone' | 'who is listed'
}

export const usages: Readonly<Record<SlackCommand['command'], Usage>> = {
  stop: { usage: 'stop [MATCHER…] WHY', does: 'stops everything, or what the matchers cover: what runs is killed, and the proof follows', who: 'everyone' },
  pause: { usage: 'pause [for 2h] [MATCHER…] WHY', does: 'lets running steps finish and starts nothing new; after `for` it lifts itself', who: 'everyone' },
  go: { usage: 'go ID|all [except MATCHER…] WHY', does: 'lifts a stop, or all but what stays stopped; says what was held and what became of it', who: 'who is listed' },
  resume: { usage: 'resume ID WHY', does: 'lets runbooks touch again what somebody had changed by hand', who: 'who is listed' },
  status: { usage: 'status', does: 'says what is stopped, runs, waits and asks', who: 'who is listed' },
  why: { usage: 'why ALERT|ID', does: 'names each gate\'s verdict with its numbers', who: 'who is listed' },
  approve: { usage: 'approve ID', does: 'shows the plan and the buttons; pressing one counts', who: 'who is listed' },
  deny: { usage: 'deny ID', does: 'shows the plan and the buttons, as `approve` does', who: 'who is listed' },
  run: { usage: 'run RUNBOOK TARGET WHY', does: 'plans it, and shows what it would do with a button that runs it', who: 'who is listed' },
  help: { usage: 'help', does: 'shows this', who: 'everyone' },
}

export const helpText = [
  ...Object.values(usages).map(({ usage, does, who }) => `\`/paramedic ${usage}\` ${does}${who === 'everyone' ? '; everyone may' : ''}`),
  howToNarrow,
].join('\n')
