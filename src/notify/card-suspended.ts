/** A person's hand was seen: who leaves what alone now, and how it goes on. */
import type { Suspension } from '../core/trust.ts'
import type { Card } from './card.ts'
import { clock, shortId } from './figures.ts'
import type { SuspendedView } from './message.ts'

export const suspendedCard = ({ suspension, resumed }: SuspendedView): Card => {
  const { id, target, provider, runbooks, from, to, at } = suspension
  const names = runbooks.map(({ name }) => name).join(', ')
  const changed = `${shown(from)} → ${shown(to)}`
  if (resumed) return { icon: '▶️', line: `Resumed by ${resumed.who}: ${names} may touch ${target} again: ${resumed.why} [${shortId(id)}]`, parts: [], footer: [], actions: [] }
  return {
    icon: '✋', heading: `Changed by hand: ${target}`, line: `${target} was changed by hand (${changed}) after ${names} had: suspended there until a person resumes it [${shortId(id)}]`,
    parts: [
      { part: 'facts', facts: [['Target', `${target} (${provider})`], ['Was left at', shown(from)], ['Is now', shown(to)], ['Seen', clock(at)], ['By workflow', runbooks.map(({ workflow }) => shortId(workflow)).join(', ')]] },
      { part: 'text', title: 'What Paramedic did', text: `nothing: a person's hand wins. ${names} leaves ${target} alone, and whatever would have it run there comes to people.` },
      { part: 'text', title: 'What to do', text: `if nobody did this, find out what else changes ${target}. When it may be touched again: \`paramedic resume ${shortId(id)} --why WHY\`, or \`/paramedic resume ${shortId(id)} WHY\`.` },
    ],
    footer: [`Suspension ${shortId(id)}`], actions: [{ action: 'resume', suspension: id }],
  }
}

const shown = ({ version, replicas }: Suspension['from']): string => (replicas === undefined ? `version ${version}` : `${replicas}`)
