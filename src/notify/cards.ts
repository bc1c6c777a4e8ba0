/** One card per kind of notice. */
import type { Card } from './card.ts'
import { stopCard } from './card-stop.ts'
import { trustCard } from './card-trust.ts'
import { suspendedCard } from './card-suspended.ts'
import { unknownCard } from './card-unknown.ts'
import { workflowCard } from './card-workflow.ts'
import { clock, long, many } from './figures.ts'
import type { BadAlertsView, CatalogueView, HeartbeatView, NoticeView, RunnerLostView } from './message.ts'

export const noticeCard = (view: NoticeView): Card => {
  switch (view.kind) {
    case 'unknown': return unknownCard(view)
    case 'workflow': return workflowCard(view)
    case 'stop': return stopCard(view)
    case 'catalogue': return catalogueCard(view)
    case 'runner lost': return runnerLostCard(view)
    case 'heartbeat': return heartbeatCard(view)
    case 'trust': return trustCard(view)
    case 'suspended': return suspendedCard(view)
    case 'bad alerts': return badAlertsCard(view)
  }
}

const catalogueCard = ({ problems, inForce, mended }: CatalogueView): Card => {
  if (mended) return { icon: '✅', line: `The catalogue is mended: ${inForce?.slice(0, 12) ?? ''} is in force.`, parts: [], footer: [], actions: [] }
  const goesOn = inForce === undefined ? 'There is no other one, so every alert goes to people.' : `The last good one (${inForce.slice(0, 12)}) stays in force.`
  return {
    icon: '📕', heading: 'The catalogue has problems and is not used',
    line: `The catalogue has ${many(problems.length, 'problem')} and is not used: ${problems[0] ?? ''}`,
    parts: [
      { part: 'code', title: many(problems.length, 'problem'), lines: problems },
      { part: 'text', title: 'What Paramedic did', text: `nothing new starts with it. ${goesOn}` },
      { part: 'text', title: 'What to do', text: 'mend the lines above and let `paramedic check` find nothing; the server reads them again by itself.' },
    ],
    footer: [], actions: [],
  }
}

const runnerLostCard = ({ name, why, at }: RunnerLostView): Card => ({
  icon: '💔', heading: `Runner ${name} is lost`, line: `Runner ${name} is lost with work in its hands: ${why}`,
  parts: [
    { part: 'facts', facts: [['Why', why], ['Since', clock(at)]] },
    { part: 'text', title: 'What Paramedic did', text: 'what it ran is dead by its deadline. A step that may be repeated is offered to another runner; one that may be done only once is in doubt, and is told of by itself.' },
    { part: 'text', title: 'What to do', text: 'look at its host. `paramedic status` shows what was running; another runner goes on by itself.' },
  ],
  footer: [], actions: [],
})

const heartbeatCard = ({ route, lastAt, everyMs, missing, never, back }: HeartbeatView): Card => {
  const every = everyMs > 0 ? ` It is expected every ${long(everyMs)}.` : ''
  if (back) return { icon: '✅', line: `The heartbeat of ${route} is back.`, parts: [], footer: [], actions: [] }
  if (!missing) {
    return {
      icon: '⏱️', line: `The heartbeat of ${route} comes so seldom that one lost is an alarm: more than half of its time passes between two.${every}`,
      parts: [], footer: [], actions: [],
    }
  }
  const line = never ? `has never come since its route came into force at ${clock(lastAt)}` : `stays away since ${clock(lastAt)}`
  const known = never ? 'no alert has taken this route yet' : `the alert that always fires was last told of at ${clock(lastAt)}`
  const rule = never ? 'whether there is a rule that always fires and whose labels this route matches (`paramedic routes test`), ' : ''
  return {
    icon: '🫀', heading: never ? 'A heartbeat never came' : 'A heartbeat stays away', line: `The heartbeat of ${route} ${line}.${every}`,
    parts: [
      { part: 'text', title: 'What Paramedic knows', text: `${known}.${every} While it stays away, other alerts may not come through either.` },
      { part: 'text', title: 'What to do', text: `see ${rule}whether Prometheus runs and evaluates its rules, whether Alertmanager runs and reaches this server, and whether the route of the heartbeat repeats often enough (\`repeat_interval\`).` },
    ],
    footer: [`Route ${route}`], actions: [],
  }
}

const badAlertsCard = ({ problems, count }: BadAlertsView): Card => ({
  icon: '🧩', heading: 'Alerts that cannot be used', line: `Alerts came that cannot be used (${many(count, 'time')}): ${problems[0] ?? ''}`,
  parts: [
    { part: 'code', title: many(problems.length, 'problem'), lines: problems },
    { part: 'text', title: 'What Paramedic did', text: 'it took the good ones of the same notification and recorded these.' },
    { part: 'text', title: 'What to do', text: 'mend whoever sends them. `paramedic log` shows the notification.' },
  ],
  footer: [], actions: [],
})
