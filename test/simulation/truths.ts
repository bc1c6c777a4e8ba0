/** What was truly executed, held against what is promised of it. */
import { compiledOf, covers } from '../../src/core/fold/stops.ts'
import type { State } from '../../src/core/state.ts'
import type { Execution } from './truth.ts'
import { killAfterMs, lostAfterMs } from './intensity.ts'
import type { World } from './world.ts'

/** The words to the spawner and back, and a script's own start. */
const wordsMs = 30
const killMs = 100
const watchdogMs = 100
/** Rule 16: a claim is good for so long from its sending; and rule 3: an order for so long from the newest tick. */
const claimGoodMs = 5000
const freshMs = 1500

export const overTruth = (world: World, state: State): string[] => [
  ...onceOnly(world, state), ...neverAgain(world, state), ...oneAtATarget(world), ...oneRunner(world), ...windows(world), ...behindStops(world, state), ...deadInTime(world, state), ...nobodyWell(world), ...freshClaims(world), ...onBothStreams(world), ...leases(world),
]

const endOf = ({ ended }: Execution): number => ended ?? Infinity
const machineOf = ({ host }: Execution): string => host.split('.')[0]!

/** Asleep for longer than a lease it may go on for a moment when it wakes: the bound that rule 6 documents. Until then it does nothing. */
const sleepOf = (world: World, one: Execution): { from: number; to: number } | undefined =>
  world.truth.asleep.find(({ machine, from, to }) => machine === machineOf(one) && from >= one.began && from < endOf(one) && to - from > killAfterMs)
const awakeUntil = (world: World, one: Execution): number => Math.min(endOf(one), sleepOf(world, one)?.from ?? Infinity)
const overlap = (world: World, a: Execution, b: Execution): boolean => a.began < awakeUntil(world, b) && b.began < awakeUntil(world, a)
const said = (one: Execution): string => `${one.workflow.slice(-4)} step ${one.step} on ${one.target} by ${one.host} from ${one.began.toFixed(0)} to ${one.ended?.toFixed(0) ?? 'ever'}`

const onceOnly = (world: World, state: State): string[] => {
  const seen = new Map<string, Execution>()
  return world.truth.steps().flatMap((one) => {
    if (state.workflows.get(one.workflow)?.manifest[one.step]?.effect !== 'once') return []
    const key = `${one.workflow} ${one.step} ${one.target}`
    const before = seen.get(key)
    seen.set(key, one)
    return before ? [`a \`once\` step ran twice: ${said(before)}, ${said(one)}`] : []
  })
}

/** So soon a stop that one process knows is on the log, where nothing is in the way. */
const patienceMs = 3000

/** What a stop killed is never started again by itself, nor anything else that goes on. */
const killedEnds: readonly string[] = ['stopping', 'stopped', 'cancelled', 'failed']
const neverAgain = (world: World, state: State): string[] => world.truth.steps().flatMap((one) => {
  const workflow = state.workflows.get(one.workflow)
  if (one.how !== 'killed' || !workflow) return []
  const by = world.truth.latched.find(({ host, at, stop }) => host === one.host && at <= one.ended! && at > one.ended! - killMs && state.stops.get(stop)?.effect === 'kill'
    && covers(state.stops.get(stop)!, workflow) && (world.truth.stops.get(stop)?.liftedAt ?? Infinity) > one.ended! + patienceMs)
  return by && !killedEnds.includes(workflow.state) ? [`was killed by a stop and is ${workflow.state}: ${said(one)}`] : []
})

const pairs = (all: readonly Execution[]): [Execution, Execution][] => all.flatMap((one, index) => all.slice(index + 1).map((other): [Execution, Execution] => [one, other]))

const oneAtATarget = (world: World): string[] =>
  [...Map.groupBy(world.truth.steps(), ({ target }) => target).values()].flatMap((all) => pairs(all)
    .filter(([a, b]) => a.workflow !== b.workflow && overlap(world, a, b)).map(([a, b]) => `two workflows ran on one target: ${said(a)}, ${said(b)}`))

const oneRunner = (world: World): string[] =>
  [...Map.groupBy(world.truth.steps(), ({ workflow }) => workflow).values()].flatMap((all) => pairs(all)
    .filter(([a, b]) => overlap(world, a, b) && (a.host !== b.host || (a.step === b.step && a.target === b.target))).map(([a, b]) => `two runners ran one workflow: ${said(a)}, ${said(b)}`))

/** A start truly begins up to `claimGoodMs` after the log counted it, and log time stands still while a broker's clock is back. */
const windows = (world: World): string[] => {
  const began = new Map(world.truth.steps().map((one) => [one.claim, one.began]))
  // What counts starts; ends and targets are for the prefixes of the log.
  const counting = world.starts.flatMap((start) => start.takes.flatMap((take) => (typeof take.window === 'string' || take.window.from !== undefined || take.values || take.each ? [] : [{ start, take, ms: take.window.ms }])))
  const byKey = Map.groupBy(counting, ({ take }) => take.key)
  const slackMs = claimGoodMs + freshMs + wordsMs + (world.intensity.clockJumps > 0 ? 5000 : 0)
  return [...byKey.values()].flatMap((all) => {
    const begun = all.flatMap(({ start, ...one }) => (began.has(start.claim) ? [{ at: began.get(start.claim)!, ...one }] : [])).sort((a, b) => a.at - b.at)
    return begun.flatMap(({ at, take, ms }, index) => {
      const used = begun.reduce((sum, other, place) => sum + (place <= index && other.at > at - ms + slackMs ? (other.take.amount ?? 1) : 0), 0)
      return used > take.max ? [`in truth ${take.key} has ${used} of ${take.max} within ${ms} ms at ${at}`] : []
    })
  })
}

const behindStops = (world: World, state: State): string[] => {
  const { truth } = world
  return truth.steps().flatMap((one) => {
    const workflow = state.workflows.get(one.workflow)
    if (!workflow) return [`what no workflow knows ran: ${said(one)}`]
    return [...truth.stops.values()].flatMap(({ stop, onLogAt = Infinity, liftedAt = Infinity }) => {
      if (one.began >= liftedAt || !covers({ ...stop, compiled: compiledOf(stop) }, workflow)) return []
      const latchedAt = truth.latched.find(({ host, stop: id }) => host === one.host && id === stop.id)?.at ?? Infinity
      if (one.began > latchedAt + wordsMs) return [`began behind a latched stop (${stop.id.slice(-4)}, latched at ${latchedAt.toFixed(0)}): ${said(one)}`]
      return one.began > onLogAt + claimGoodMs + freshMs + wordsMs ? [`began long after a stop was on the log (${stop.id.slice(-4)}, at ${onLogAt.toFixed(0)}): ${said(one)}`] : []
    })
  })
}

/** Rule 22, counted from the moment at which the stop was on the control stream. */
const deadInTime = (world: World, state: State): string[] => world.truth.steps().flatMap((one) => {
  const workflow = state.workflows.get(one.workflow)
  return [...world.truth.stops.values()].flatMap(({ stop, onControlAt = Infinity, liftedAt = Infinity }) => {
    const bound = onControlAt + killAfterMs + watchdogMs + killMs
    if (!workflow || stop.effect === 'pause' || one.began > onControlAt || endOf(one) <= Math.max(bound, (sleepOf(world, one)?.to ?? 0) + watchdogMs + killMs) || liftedAt < bound || !state.stops.has(stop.id)) return []
    return covers({ ...stop, compiled: state.stops.get(stop.id)!.compiled }, workflow) ? [`outlived a stop (${stop.id.slice(-4)}, on control at ${onControlAt.toFixed(0)}): ${said(one)}`] : []
  })
})

/** Rule 16, in truth: what begins was claimed a moment ago. */
const freshClaims = (world: World): string[] => {
  const began = new Map(world.truth.steps().map((one) => [one.claim, one]))
  return world.log.entries().flatMap(({ entry, position }) => {
    const one = entry.kind === 'claimed' ? began.get(entry.claim) : undefined
    const claimedAt = world.landed[position]!
    return one && one.began > claimedAt + claimGoodMs + freshMs + wordsMs ? [`began ${Math.round(one.began - claimedAt)} ms after its claim: ${said(one)}`] : []
  })
}

/** Rule 20: a stop that is in force on one stream is soon on the other too, where somebody is well who can put it there. */
const onBothStreams = (world: World): string[] => [...world.truth.stops.values()].flatMap(({ stop, onLogAt = Infinity, onControlAt = Infinity, liftedAt = Infinity }) => {
  const from = Math.min(onLogAt, onControlAt)
  const until = from + soonMs
  const { unreliable, stalls, delayMs, controlDelayMs, readMs } = world.intensity
  const quick = unreliable === 0 && stalls === 0 && Math.max(delayMs, controlDelayMs, readMs) < 2000
  const well = world.machines.some(({ name }) => !world.truth.trouble.some((one) => one.machine === name && one.from < until && one.to > from - lostAfterMs))
  if (!quick || !well || liftedAt < until || world.time.now < until || Math.max(onLogAt, onControlAt) <= until) return []
  return [`a stop was never on ${onLogAt > onControlAt ? 'the log' : 'control'}: ${stop.id}`]
})
const soonMs = 12_000

/** Rule 2: the age of a lease is that of a tick from its sending. Rule 5: nobody goes on under an identity that is lost. */
const leases = ({ truth, servers }: World): string[] => [
  ...truth.leasesOfNoTick.slice(0, 3).map(({ host, sentAt }) => `${host} counts its lease from ${sentAt.toFixed(0)}, when it sent no tick`),
  ...servers.flatMap(({ name, parts }) => (parts?.state.processes.get(parts.me())?.lost ? [`${name} goes on under an identity that it knows to be lost`] : [])),
]

/** Nobody who was well all the time is declared lost. Embedded, whoever was here before is gone. */
const nobodyWell = ({ truth, intensity }: World): string[] => truth.lost.flatMap(({ machine, by, at, why }) => {
  if (intensity.embedded || intensity.unreliable > 0 || truth.identities.get(by)?.machine === machine) return []
  const troubled = truth.trouble.some((one) => one.machine === machine && one.from < at && one.to > at - lostAfterMs - killAfterMs)
  return troubled ? [] : [`${machine} was well and was declared lost at ${at.toFixed(0)}: ${why}`]
})
