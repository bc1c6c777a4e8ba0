/** An alert that no runbook answers: everything a person needs, and how the machine could do it next time. */
import { writeTerm } from '../core/notation.ts'
import { stopAll } from './action-stop.ts'
import type { Card, Part } from './card.ts'
import { clock, shortId } from './figures.ts'
import type { UnknownView } from './message.ts'
import { plain } from './text.ts'

export const unknownCard = (view: UnknownView): Card => {
  const { alertname, count, firing, listed, annotations, episode } = view
  const over = listed > 0 && firing === 0
  const times = count > 1 ? ` ×${count}` : ''
  const parts: Part[] = [
    ...(annotations.summary ? [{ part: 'text', text: annotations.summary } as const] : []),
    ...(annotations.description && annotations.description !== annotations.summary ? [{ part: 'text', text: annotations.description } as const] : []),
    ...(annotations.runbookUrl ? [{ part: 'link', name: 'Runbook', address: annotations.runbookUrl } as const] : []),
    { part: 'code', title: 'Labels', lines: labelLines(view) },
    { part: 'facts', facts: seenFacts(view) },
    { part: 'text', title: 'What Paramedic did', text: `it ran nothing: ${view.detail}.` },
    ...(over ? [] : next(view)),
  ]
  return {
    icon: over ? '✅' : '🚨', heading: `${over ? 'Resolved' : 'Unknown alert'}: ${alertname}${times}`,
    line: `${over ? 'Resolved' : 'Unknown alert'}: ${alertname}${times}: ${annotations.summary ?? view.detail}`,
    parts, footer: episode === '' ? [] : [`Episode ${shortId(episode)}`], actions: [...(over ? [] : [stopAll]), ...(episode === '' ? [] : [{ action: 'fixed', episode } as const])],
  }
}

const labelLines = ({ labels, differing }: UnknownView): string[] => [
  ...labels.map(([name, value]) => `${name}=${JSON.stringify(plain(value, { limit: 160 }))}`),
  ...differing.map(([name, values]) => `${name}: ${values.slice(0, 6).map((value) => plain(value, { limit: 40 }) || '(none)').join(', ')}${values.length > 6 ? ` and ${values.length - 6} more` : ''}`),
]

const seenFacts = ({ count, firing, listed, firstAt, lastAt }: UnknownView): [string, string][] => [
  ['Alerts', listed < count ? `${count}; of the first ${listed} still firing: ${firing}` : `${count}, still firing: ${firing}`],
  ['First seen', clock(firstAt)],
  ...(clock(lastAt) === clock(firstAt) ? [] : [['Last seen', clock(lastAt)] as [string, string]]),
]

const next = (view: UnknownView): Part[] => {
  switch (view.reason) {
    case 'mode off': return [{ part: 'text', title: 'What to do', text: 'solve it by hand. To let the machine do it next time, set the route to `mode: approve` or `mode: auto` and run `paramedic check`.' }]
    case 'no target': return [{ part: 'text', title: 'What to do', text: 'solve it by hand. Then give the alerting rule the label that names the target, so that the runbook knows what to touch.' }]
    case 'catalogue':
    case 'bad params': return [{ part: 'text', title: 'What to do', text: 'solve it by hand. Then mend the route, and let `paramedic check` find nothing.' }]
    default: return [
      { part: 'text', title: 'What to do', text: 'solve it by hand. If it can be scripted, let the machine do it next time: write what you did as a runbook, put a route like this one into `runbooks/routes.yaml`, and run `paramedic check`.' },
      { part: 'code', title: 'A route for it', lines: routeFor(view.alertname) },
    ]
  }
}

/** As YAML: in single quotes, where only the single quote itself means something. */
const routeFor = (alertname: string): string[] => [
  `- matchers: ['${writeTerm({ name: 'alertname', operator: '=', value: plain(alertname, { limit: 120 }) }).replaceAll("'", "''")}']`,
  '  runbook: NAME@1',
  '  mode: approve',
]
