/** What is promised, checked at every prefix of the log and against what was truly executed. Each returns what was broken. */
import { evolve } from '../../src/core/evolve.ts'
import { initialState, type State } from '../../src/core/state.ts'
import { digestOf, restored } from './digest.ts'
import { overPrefixes } from './prefixes.ts'
import { unseenHands } from './services.ts'
import { overTruth } from './truths.ts'
import { untold } from './untold.ts'
import type { World } from './world.ts'

export const broken = (world: World, settled: boolean): string[] => {
  const { state, found } = overPrefixes(world)
  return [...world.problems, ...found, ...overTruth(world, state), ...atTheEnd(world, state, settled)].slice(0, 20)
}

const atTheEnd = (world: World, state: State, settled: boolean): string[] => {
  const found: string[] = []
  if (!settled) found.push(`does not settle: ${whatIsLeft(world, state)}`)
  const again = initialState()
  for (const recorded of world.log.entries()) evolve(again, recorded)
  const digest = digestOf(state)
  if (digestOf(again) !== digest) found.push('folding twice gives two states')
  if (digestOf(restored(state)) !== digest) found.push('a snapshot gives another state')
  for (const { name, parts } of world.servers) {
    if (settled && digestOf(parts!.state) !== digest) found.push(`${name} ends with another state than the log gives`)
  }
  for (const [episode, { host, at }] of world.truth.accepted) {
    const known = state.episodes.get(episode)
    if (!known) found.push(`an episode that ${host} accepted at ${at} is not known: ${episode}`)
    else if (settled && !known.answer) found.push(`an accepted episode has no answer: ${episode}`)
  }
  for (const [id, { acceptedAt }] of world.truth.stops) {
    if (acceptedAt !== undefined && settled && !state.stops.has(id) && !state.lifted.has(id)) found.push(`a stop that was answered 201 is forgotten: ${id}`)
  }
  found.push(...unseenHands(world, state))
  if (settled) found.push(...untold(state).map(({ key }) => `people were not told of ${key}`))
  for (const notice of state.notices.values()) {
    if (!settled) continue
    const { sent } = notice
    if (sent && sent.ts !== '' && !world.truth.messages.has(`${sent.channel} ${sent.ts}`)) found.push(`a message is recorded as sent, and Slack does not have it: ${notice.key}`)
  }
  return found
}

const whatIsLeft = (world: World, state: State): string => {
  const live = [...state.live].flatMap(([name, some]) => [...some].map(({ id, detail, holder }) => `${name} ${id.slice(-4)} ${detail} ${holder?.slice(-4) ?? ''}`))
  const behind = world.servers.filter(({ parts }) => parts?.state.position !== world.landed.length).map(({ name, parts, host }) => `${name} at ${parts?.state.position} of ${world.landed.length}${host?.dead ? ' dead' : host?.frozen ? ' frozen' : ''}`)
  return [...live, ...behind, `${state.unanswered.size} unanswered`, `${untold(state).length} notices untold`, `${state.inForce.size} stops in force`].join(', ')
}
