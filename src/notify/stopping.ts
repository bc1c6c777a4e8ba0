/** A stop from Slack: in force at once, proved afterwards. And its lifting, with what became of what was held. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { StopOrder } from '../core/entry.ts'
import { compiledOf } from '../core/fold/stops.ts'
import type { Stop } from '../core/state.ts'
import { isEnd } from '../core/workflow.ts'
import { findById } from './answers.ts'
import { toBlocks, toLine } from './blocks.ts'
import type { SlackCommand } from './command.ts'
import { proofMs, stopCard } from './card-stop.ts'
import { until, type Answer, type Deeds, type StopPorts } from './deed.ts'
import { shortId } from './figures.ts'
import type { StopView } from './message.ts'
import type { Reply } from './reply.ts'
import { stopFacts } from './view.ts'

/** The log is given this long before the first answer. */
const durableMs = 1000

export const stopIt = async (order: Omit<StopOrder, 'id'>, reply: Reply, deeds: Deeds, hint: string): Promise<Answer> => {
  const pulled = deeds.ports.pullStop(order)
  const first = await Promise.race([pulled, sleep(durableMs, undefined, { signal: deeds.signal })])
  const scope = order.matchers.join(', ') || 'everything'
  const verb = order.effect === 'kill' ? 'STOPPED' : 'PAUSED'
  deeds.background(prove(pulled, order, reply, deeds))
  const id = first ? ` [${shortId(first.id)}]` : ''
  const durable = first?.durable ? '' : '\nIn force on this server and sent to the others; not on the log yet.'
  return { message: toLine(`🛑 ${verb} ${scope}, by ${order.who}: ${order.why || 'no reason given'}${id}. The proof follows.${durable}${hint && `\n⚠️ ${hint}`}`), seenByAll: true }
}

/** By the log, or by what each process said itself: with Kafka away that is all there is, and it is told. */
const prove = async (pulled: ReturnType<StopPorts['pullStop']>, order: Omit<StopOrder, 'id'>, reply: Reply, { ports, signal }: Deeds): Promise<void> => {
  const { id, unkept } = await pulled
  const unrecorded: Stop = { ...order, id, compiled: compiledOf(order), position: 0, at: ports.now(), acknowledgements: [], lost: [], held: [], killed: [] }
  const stop = (): Stop => ports.state.stops.get(id) ?? unrecorded
  await until(() => factsOf(stop(), ports).missing.length === 0, proofMs, signal)
  const notOnLog = ports.state.stops.has(id) ? {} : { notOnLog: `it is in force on each server named here. ${unkept === undefined ? 'It lies in a file' : `It could NOT be kept in a file either (${unkept}): a restart would forget it. It stays in force`}, and goes to the log as soon as that can be written.` }
  await reply(cardMessage(stop(), ports, notOnLog), { seenByAll: true })
}

const say = (text: string): Answer => ({ message: toLine(text), seenByAll: false })

type Go = Extract<SlackCommand, { command: 'go' }>

export const liftIt = async (go: Go, who: string, reply: Reply, deeds: Deeds): Promise<Answer> => {
  const { ports } = deeds
  const { id, why } = go
  if (id.toLowerCase() === 'all') return liftAll(go, who, reply, deeds)
  const stops = [...ports.state.inForce].map((one) => `\`${shortId(one.id)}\` ${one.matchers.join(', ') || 'everything'}, by ${one.who}: ${one.why || 'no reason given'}`)
  const list = stops.length > 0 ? `In force:\n${stops.slice(0, 10).join('\n')}` : 'No stop is in force.'
  if (id === '') return say(`Name the stop: \`/paramedic go ID WHY\`. For a lift, empty never means everything.\n${list}`)
  const stop = findById(ports.state.stops, id)
  if (!stop) return say(`There is no stop ${id}. ${list}`)
  const no = noLift(stop, ports)
  if (no !== undefined) return say(no)
  if (why === '') return say(`Say why: \`/paramedic go ${shortId(stop.id)} WHY\`.`)
  await ports.liftStop(stop.id, who, why)
  deeds.background(report(stop, reply, deeds))
  return { message: cardMessage(stop, ports), seenByAll: true }
}

/** Why it cannot be lifted, if it cannot. */
export const noLift = ({ id, lifted }: Stop, { forced }: StopPorts): string | undefined => {
  if (lifted) return `${lifted.who} lifted it already: ${lifted.why}`
  return forced().includes(id) ? 'The configuration forces this stop (`force.stop`): nothing outside lifts it.' : undefined
}

/** The narrower stop is in force before anything is lifted; it kills only where one of the others did. */
const liftAll = async ({ except, why, hint }: Go, who: string, reply: Reply, deeds: Deeds): Promise<Answer> => {
  const { ports } = deeds
  const stops = [...ports.state.inForce].filter(({ id }) => !ports.forced().includes(id))
  if (hint !== undefined) return say(`Nothing was lifted: ${hint}. \`/paramedic go all except runbook="scale-service" WHY\`.`)
  if (stops.length === 0) return say('No stop is in force that could be lifted.')
  if (why === '') return say('Say why: `/paramedic go all WHY`.')
  const effect = stops.some((stop) => stop.effect === 'kill') ? 'kill' : 'pause'
  if (except) await ports.pullStop({ matchers: except, effect, who, why: `all but this goes on: ${why}` })
  for (const { id } of stops) await ports.liftStop(id, who, why)
  for (const stop of stops) deeds.background(report(stop, reply, deeds))
  return { message: toLine(`▶️ Lifted ${stops.map(({ id }) => shortId(id)).join(', ')} by ${who}: ${why}.${except ? ` ${except.join(', ')} stays stopped.` : ''} What was held goes through every gate again.`), seenByAll: true }
}

/** Once what was held has been judged again, or after a while what is known then. */
const report = async (stop: Stop, reply: Reply, { ports, signal }: Deeds): Promise<void> => {
  if (stop.held.length === 0) return
  const settled = (): boolean => stop.held.every((id) => {
    const state = ports.state.workflows.get(id)?.state
    return state === undefined || isEnd(state) || (state !== 'planning' && state !== 'ready')
  })
  await until(settled, proofMs, signal)
  await reply(cardMessage(stop, ports), { seenByAll: true })
}

/** What was heard of it counts like what is on the log. */
const factsOf = (stop: Stop, { state, now, runners, heard }: StopPorts) => {
  const recorded = stop.acknowledgements
  const acknowledgements = [...recorded, ...(heard?.(stop.id) ?? []).filter(({ runner }) => !recorded.some((one) => one.runner === runner))]
  return stopFacts({ state, now: now(), runners: runners() }, { ...stop, acknowledgements })
}

const cardMessage = (stop: Stop, ports: StopPorts, more: Pick<StopView, 'notOnLog'> = {}) =>
  toBlocks(stopCard({ kind: 'stop', key: `stop:${stop.id}`, urgency: 'page', open: false, ...factsOf(stop, ports), ...more }))
