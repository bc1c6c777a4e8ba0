/** Stops. Any stop that covers a workflow holds it; only lifting every one of them frees it. */
import type { Fact, StopOrder } from '../entry.ts'
import { lookAgain } from '../expiries.ts'
import type { Labels } from '../labels.ts'
import { matches, parseMatchers, type Matchers } from '../matcher.ts'
import type { State, Stop } from '../state.ts'
import { isClaimed, isEnd, type Workflow } from '../workflow.ts'
import { move, type Why } from './move.ts'
import { tell, touch } from './notices.ts'

/** What a stop's matchers look at: the alert's labels, and above them `runbook` and `target`. */
const coverLabels = (workflow: Pick<Workflow, 'labels' | 'runbook' | 'targets'>, target: string): Labels =>
  new Map([...workflow.labels, ['runbook', workflow.runbook.name], ['target', target]])

/** Matchers that cannot be read cover everything: nobody knows what was meant. */
export const compiledOf = ({ matchers }: Pick<StopOrder, 'matchers'>): Matchers => {
  try {
    return parseMatchers(matchers)
  } catch {
    return { list: [], warnings: [] }
  }
}

/** By any target that it was asked to touch, or that its plan touches. */
export const covers = (stop: Pick<Stop, 'compiled' | 'matchers'>, workflow: Coverable): boolean =>
  stop.compiled.list.length === 0 || [...workflow.targets, ...(workflow.plan?.targets.map(({ name }) => name) ?? [])]
    .some((target) => matches(stop.compiled, coverLabels(workflow, target)))

export type Coverable = Pick<Workflow, 'labels' | 'runbook' | 'targets' | 'plan'>

export const covering = (state: State, workflow: Workflow): Stop[] => [...state.inForce].filter((stop) => covers(stop, workflow))

/** Whether it is over, remembered whole or by its id alone. */
export const isLifted = (state: State, id: string): boolean => state.lifted.has(id) || state.stops.get(id)?.lifted !== undefined

export const foldStopPulled = (state: State, order: StopOrder, position: number, why: Why): void => {
  if (state.stops.has(order.id) || state.lifted.has(order.id)) return
  const stop: Stop = { ...order, compiled: compiledOf(order), position, at: why.at, acknowledgements: [], lost: [], held: [], killed: [] }
  state.stops.set(stop.id, stop)
  state.inForce.add(stop)
  if (stop.effect === 'kill') for (const workflow of [...state.live.get('running')!]) if (covers(stop, workflow)) kill(state, workflow, stop, why)
  tell(state, { key: `stop:${stop.id}`, about: { kind: 'stop', stop: stop.id }, urgency: 'page', channel: undefined }, why.at)
}

/** It keeps its target until its holder let go of what runs. */
const kill = (state: State, workflow: Workflow, stop: Stop, why: Why): void => {
  stop.killed.push(workflow.id)
  workflow.stoppedBy = stop.id
  const because = { ...why, reason: 'stopped' as const, detail: `${stop.who}: ${stop.why}` }
  move(state, workflow, isClaimed(workflow) ? 'stopping' : 'stopped', because)
}

export const foldStopLifted = (state: State, entry: Fact & { kind: 'stop lifted' }, why: Why): void => {
  const stop = state.stops.get(entry.stop)
  if (!stop) {
    state.lifted.add(entry.stop) // a lift may come before its stop: the id stays lifted
    return
  }
  if (stop.lifted) return
  stop.lifted = { at: why.at, who: entry.who, why: entry.why }
  state.inForce.delete(stop)
  lookAgain(state, 'stop', stop.id, why.at + state.rememberMs)
  for (const workflow of heldBy(state, stop)) {
    stop.held.push(workflow.id)
    // What was held goes through every gate again, with a plan made anew.
    if (workflow.state === 'waiting' && workflow.reason === 'stopped') move(state, workflow, 'planning', { ...why, detail: 'the stop was lifted' })
  }
  for (const id of stop.killed) {
    const workflow = state.workflows.get(id)
    const episode = workflow?.episode === undefined ? undefined : state.episodes.get(workflow.episode)
    // Never started again by itself: what it had changed, and where it died, is put before people.
    if (workflow && isEnd(workflow.state) && episode?.status === 'firing') {
      tell(state, { key: `workflow:${id}`, about: { kind: 'workflow', workflow: id }, urgency: 'page', channel: workflow.channel }, why.at)
    }
  }
  tell(state, { key: `stop:${stop.id}`, about: { kind: 'stop', stop: stop.id }, urgency: 'page', channel: undefined }, why.at)
}

/** What a stop keeps from starting: whatever it covers that has not begun. */
export const heldBy = (state: State, stop: Stop): Workflow[] =>
  (['planning', 'ready', 'asking', 'waiting'] as const).flatMap((name) => [...state.live.get(name)!].filter((workflow) => covers(stop, workflow)))

export const foldAcknowledged = (state: State, entry: Fact & { kind: 'stop acknowledged' }, at: number): void => {
  const stop = state.stops.get(entry.stop)
  if (!stop || stop.acknowledgements.some((one) => one.runner === entry.runner)) return
  const { runner, name, killed, survivors, tookMs } = entry
  stop.acknowledgements.push({ runner, name, killed, survivors, tookMs, at })
  tell(state, { key: `stop:${stop.id}`, about: { kind: 'stop', stop: stop.id }, urgency: 'page', channel: undefined }, at)
}

/** Whoever runs under a stop answers it, or is lost: its lease ended, and with it whatever it ran. */
export const foldLostUnderStops = (state: State, { runner, name }: { runner: string; name: string }, at: number): void => {
  for (const stop of state.inForce) {
    if (stop.acknowledgements.some((one) => one.runner === runner)) continue
    stop.lost.push({ runner, name, at })
    touch(state, `stop:${stop.id}`)
  }
}
