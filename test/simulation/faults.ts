/** What goes wrong, when and where, drawn before the run begins. After `troubledMs` everything is mended and stays so. */
import type { Dice } from './dice.ts'
import { troubledMs } from './intensity.ts'
import type { Server, World } from './world.ts'

export const startFaults = (world: World): void => {
  const dice = world.dice('faults')
  const { intensity, servers } = world
  logFaults(world)
  const plan = (count: number, act: (server: Server) => void): void => {
    for (let n = 0; n < count; n++) world.after(dice.between(2_000, troubledMs - 2_000), () => act(dice.pick(servers)))
  }
  plan(intensity.crashes, (server) => {
    world.count('crash')
    crash(world, dice, server)
  })
  plan(intensity.pauses, (server) => {
    const ms = Math.min(dice.between(1_000, 120_000), troubledMs * 1.5 - world.time.now)
    if (!server.host || server.host.dead || server.host.frozen) return
    world.count('pause')
    trouble(world, server, ms)
    world.trace(`${server.name} freezes for ${Math.round(ms)} ms`)
    server.host.freeze(ms)
  })
  plan(intensity.suspensions, (server) => {
    if (!server.host || !server.ground || server.host.dead || server.host.frozen) return
    const ms = dice.between(2_000, 40_000)
    world.count('the machine sleeps')
    trouble(world, server, ms)
    world.trace(`${server.name} sleeps for ${Math.round(ms)} ms, with all that runs on it`)
    world.truth.asleep.push({ machine: server.name, from: world.time.now, to: world.time.now + ms })
    server.host.freeze(ms)
    server.ground.freeze(ms)
  })
  if (intensity.lateClaims > 0) for (const server of servers) server.lateClaimsLeft = dice.chance(0.5) ? intensity.lateClaims : 0
  for (const server of servers) server.freezesLeft = dice.chance(0.5) ? intensity.freezes : 0
  plan(intensity.spawnerDeaths, (server) => {
    if (!server.spawner || server.host?.dead) return
    world.count('the spawner dies')
    world.trace(`the spawner of ${server.name} dies`)
    server.spawner.finish('killed by the simulation')
  })
  plan(intensity.cuts, (server) => cut(world, dice, server, ['log', 'control']))
  plan(intensity.cuts, (server) => cut(world, dice, server, ['log']))
  plan(intensity.controlCuts, (server) => cut(world, dice, server, ['control']))
  plan(intensity.clockJumps, () => {
    world.count('the broker\'s clock jumps back')
    world.brokerOffsetMs -= dice.between(100, 2500)
    world.trace(`the broker's clock is now ${Math.round(world.brokerOffsetMs)} ms off`)
  })
  world.after(troubledMs, () => mend(world))
}

const logFaults = (world: World): void => {
  const { delayMs, controlDelayMs, unreliable, readMs, stalls, stallMs } = world.intensity
  Object.assign(world.logFaults, {
    delayMs: [1, delayMs], answerMs: [1, delayMs], readMs: [1, 1 + readMs],
    lost: unreliable, landedButFailed: unreliable, landsLate: unreliable, lateMs: [10, 25_000], unanswered: unreliable / 20, stall: stalls, stallMs: [500, stallMs],
  })
  Object.assign(world.controlFaults, {
    delayMs: [1, controlDelayMs], answerMs: [1, controlDelayMs], readMs: [1, controlDelayMs], lost: unreliable, landsLate: unreliable / 2, lateMs: [10, 10_000],
    stall: unreliable / 100, stallMs: [500, 12_000],
  })
}

const crash = (world: World, dice: Dice, server: Server): void => {
  const ms = dice.between(100, 20_000)
  trouble(world, server, ms)
  server.crash()
  world.after(ms, () => server.host?.dead && server.start())
}

const cut = (world: World, dice: Dice, server: Server, streams: readonly ('log' | 'control')[]): void => {
  const ms = Math.min(dice.between(1_000, 50_000), troubledMs - world.time.now)
  if (ms <= 0 || !server.host) return
  world.count(streams.length === 2 ? 'cut off from both streams' : streams[0] === 'log' ? 'cut off from the log' : 'cut off from control')
  trouble(world, server, ms)
  world.trace(`${server.name} is cut off from ${streams.join(' and ')} for ${Math.round(ms)} ms`)
  for (const stream of streams) server.host.sever(stream, ms)
}

const trouble = (world: World, { name }: Server, ms: number): void =>
  void world.truth.trouble.push({ machine: name, from: world.time.now, to: world.time.now + ms })

const mend = (world: World): void => {
  world.trace('the trouble is over')
  // Nothing is ever without any delay: what goes round and round would stop the time of this world.
  const quiet = { delayMs: [1, 4], answerMs: [1, 4], readMs: [1, 4] } as const
  for (const faults of [world.logFaults, world.controlFaults]) {
    for (const name of Object.keys(faults)) delete faults[name as keyof typeof faults]
    Object.assign(faults, quiet)
  }
  world.brokerOffsetMs = 0
}
