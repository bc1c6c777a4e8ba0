/** One run: a world of this seed, its trouble, its end, and every promise checked against it. */
import { startAlertmanagers } from './alertmanager.ts'
import { startFaults } from './faults.ts'
import { startPeople } from './people.ts'
import { unseenHands } from './services.ts'
import { SimulatedServer } from './server.ts'
import { untold } from './untold.ts'
import { broken } from './promises.ts'
import { troubledMs } from './intensity.ts'
import { World, type WorldOptions } from './world.ts'

export interface Run {
  readonly seed: number
  /** What was promised and not kept, and what nobody had expected. */
  readonly broken: readonly string[]
  readonly occurred: ReadonlyMap<string, number>
  readonly figures: { readonly entries: number; readonly steps: number; readonly workflows: number; readonly virtualMs: number }
}

/** So long after the trouble everything must have settled: windows, leases and the time to heal have all gone by several times. */
const settleWithinMs = 150_000

/** So little happens in a run that more than this are rounds without an end. */
const mostEntries = 5_000

/** So long everything is watched at least. */
const quietMs = 6_000

export const simulate = async (options: WorldOptions): Promise<Run> => {
  const world = new World(options)
  world.servers.push(...world.machines.map((machine) => new SimulatedServer(world, machine)))
  for (const server of world.servers) world.after(world.dice(`start ${server.name}`).between(0, 800), () => server.start())
  startFaults(world)
  startAlertmanagers(world)
  startPeople(world)
  let settled = false
  const look = (): void => {
    for (const server of world.servers) if (server.host?.dead && world.time.now > troubledMs + quietMs) server.start()
    // What runs on a machine that sleeps is alive until it wakes: an end before that would be nobody's.
    const awake = world.truth.asleep.every(({ to }) => to + quietMs < world.time.now)
    settled = world.time.now > troubledMs + quietMs && awake && isSettled(world)
    if (!settled) world.after(1000, look)
  }
  world.after(troubledMs, look)
  await world.time.run(() => settled || world.time.now > troubledMs + settleWithinMs || world.landed.length > mostEntries)
  for (const server of world.servers) for (const drawn of server.drawn()) for (const [fault, count] of Object.entries(drawn)) if (count > 0 && fault !== 'lands' && fault !== 'control lands') world.count(`log: ${fault}`)
  const problems = broken(world, settled)
  for (const server of world.servers) server.host?.crash()
  return {
    seed: options.seed, broken: problems, occurred: world.occurred,
    figures: {
      entries: world.landed.length, steps: world.truth.steps().length, virtualMs: world.time.now,
      workflows: world.servers.reduce((most, { parts }) => Math.max(most, parts?.state.workflows.size ?? 0), 0),
    },
  }
}

/** Every server is there, has read the log to its end, and there is nothing left to do. */
export const isSettled = (world: World): boolean => {
  const end = world.landed.length
  return world.servers.every(({ parts, host }) => {
    if (!parts || !host?.running) return false
    const { state } = parts
    const idle = state.unanswered.size === 0 && untold(state).length === 0 && state.inForce.size === 0 && [...state.live.values()].every((some) => some.size === 0)
    return idle && unseenHands(world, state).length === 0 && state.position === end && parts.latch.unrecorded().length === 0
  })
}
