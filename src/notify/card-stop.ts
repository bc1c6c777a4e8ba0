/** A stop: what it covers, who has proved it, what it killed and holds; and its lifting, with what became of what it held. */
import type { Card, Part } from './card.ts'
import { clock, long, many, shortId } from './figures.ts'
import type { StopView } from './message.ts'

/** After this long a runner that has not answered is named as one that did not. */
export const proofMs = 10_000

export const stopCard = (view: StopView): Card => (view.lifted ? liftedCard(view, view.lifted) : pulledCard(view))

const scope = ({ matchers }: StopView): string => (matchers.length === 0 ? 'everything' : matchers.join(', '))

const pulledCard = (view: StopView): Card => {
  const fresh = view.who === 'paramedic' && view.why === 'new log'
  const verb = view.effect === 'pause' ? 'Paused' : 'Stopped'
  const parts: Part[] = [
    { part: 'facts', facts: [['By', view.who], ['Why', view.why || 'no reason given'], ['At', clock(view.at)], ['Covers', scope(view)], ['Proof', proofLine(view)]] },
    ...(view.notOnLog === undefined ? [] : [{ part: 'text', title: 'NOT ON THE LOG YET', text: view.notOnLog } as const]),
    ...(view.survivors > 0 ? [{ part: 'text', title: 'SURVIVORS', text: `${many(view.survivors, 'process', 'processes')} survived the kill. Look at the hosts of the runners by hand.` } as const] : []),
    ...(overdue(view) ? [{ part: 'list', title: 'DID NOT ANSWER', items: view.missing.map((name) => `${name}: no answer within ${long(proofMs)}; look at its host`) } as const] : []),
    ...(fresh ? [{ part: 'text', title: 'Why', text: newLog } as const] : []),
    { part: 'text', title: 'What is left', text: `nothing that it covers starts until it is lifted${view.liftsAt === undefined ? '' : ` (by itself at ${clock(view.liftsAt)})`}: ${liftBy(view)}` },
  ]
  return {
    icon: view.effect === 'pause' ? '⏸️' : '🛑', heading: fresh ? 'Stopped: this log is new' : `${verb}: ${scope(view)}`,
    line: `${verb} ${scope(view)} by ${view.who}: ${view.why || 'no reason given'}. ${proofLine(view)}${view.notOnLog === undefined ? '' : '; NOT ON THE LOG YET'} [${shortId(view.id)}]`,
    parts, footer: [`Stop ${shortId(view.id)}`], actions: view.notOnLog === undefined ? [{ action: 'lift', stop: view.id }] : [],
  }
}

const newLog = 'This log is new, restored or imported: it has forgotten its stops and limits, so nothing runs by itself until a person lifts this stop.'

const liftBy = ({ id }: StopView): string => `\`/paramedic go ${shortId(id)} WHY\` or \`paramedic go ${shortId(id)} --why WHY\`.`

const overdue = ({ missing, at, now }: StopView): boolean => missing.length > 0 && now - at >= proofMs

/** `3 of 3 runners, 2 workflows killed in 84 ms, 14 held`, or who has not answered. */
const proofLine = (view: StopView): string => {
  const { answered, missing, killed, tookMs, held, running } = view
  const all = answered + missing.length
  const proof = all === 0 ? 'no runner is alive' : `${answered} of ${many(all, 'runner')}`
  const kill = view.effect === 'kill' ? `, ${many(killed, 'workflow')} killed${answered > 0 ? ` in ${long(tookMs)}` : ''}` : `, ${many(running, 'workflow')} finishing`
  const waiting = missing.length === 0 ? '' : overdue(view) ? `; DID NOT ANSWER: ${missing.join(', ')}` : `; not yet: ${missing.join(', ')}`
  return `${proof}${kill}, ${held} held${waiting}`
}

const liftedCard = (view: StopView, lifted: NonNullable<StopView['lifted']>): Card => {
  const became = view.became.map(([state, count]) => `${count} ${state}`).join(', ')
  return {
    icon: '▶️', heading: `Lifted: ${scope(view)}`,
    line: `Lifted by ${lifted.who}: ${lifted.why}. ${many(view.held, 'workflow was', 'workflows were')} held${became ? `: ${became}` : ''} [${shortId(view.id)}]`,
    parts: [
      { part: 'facts', facts: [['Lifted by', lifted.who], ['Why', lifted.why], ['Pulled by', `${view.who}: ${view.why || 'no reason given'}`], ['Held', `${view.held}${became ? ` (${became})` : ''}`]] },
      { part: 'text', text: 'What was held goes through every gate again, at the pace that the limits allow.' },
      ...(view.leftFiring.length > 0 ? [{ part: 'list', title: 'Killed by it, and the alert still fires', items: view.leftFiring } as const] : []),
    ],
    footer: [`Stop ${shortId(view.id)}, in force for ${long(Math.max(0, lifted.at - view.at))}`], actions: [],
  }
}
