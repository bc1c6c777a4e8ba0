/** One server: started, crashed, frozen and started again, each time with a new identity. What runs is `src/main.ts`. */
import { startParts, type Parts, type Role } from '../../src/main.ts'
import type { Outside } from '../../src/outside.ts'
import { createSlackNotifier } from '../../src/notify/notifier.ts'
import { Host, type Machine } from './host.ts'
import { digestOf } from './scripts.ts'
import { SimulatedJobs } from './spawner.ts'
import { handsOf, isGone } from './services.ts'
import { slackOf } from './slack.ts'
import { HostLog } from './streams.ts'
import type { Entry } from '../../src/core/entry.ts'
import type { Dice } from './dice.ts'
import { killAfterMs, lostAfterMs, troubledMs, watchEveryMs } from './intensity.ts'
import type { Server, World } from './world.ts'

export class SimulatedServer implements Server {
  readonly machine: Machine
  readonly #world: World
  readonly #dice: Dice
  host: Host | undefined
  parts: Parts | undefined
  spawner: SimulatedJobs | undefined
  /** What its spawner and its jobs stand on. */
  ground: Host | undefined
  #life = 0
  /** The log as this life has it. */
  stream: HostLog<never> | undefined
  #drawn: (() => Record<string, number>)[] = []

  constructor(world: World, machine: Machine) {
    this.#world = world
    this.machine = machine
    this.#dice = world.dice(`server ${machine.name}`)
  }

  /** Which life of it, as the truth names it. */
  get life(): string {
    return `${this.name}.${this.#life}`
  }

  get name(): string {
    return this.machine.name
  }

  start(): void {
    const world = this.#world
    const host = new Host(world.time, this.machine)
    this.host = host
    this.parts = undefined
    this.ground = new Host(world.time, this.machine)
    const life = `${this.name}.${++this.#life}`
    if (world.intensity.embedded) world.forgetControl()
    const outside = this.#outside(host, life)
    const onProblem = (problem: unknown): void => {
      if (problem instanceof Error && problem.name === 'LogError') return
      world.problems.push(`${life}: ${problem instanceof Error ? problem.stack : String(problem)}`)
    }
    void startParts({
      name: this.name, stopKey: 'key', logUrl: 'memory:', stateDirectory: '/tmp', roles: this.#roles(), address: '', killAfterMs, lostAfterMs, warm: 1,
      hands: handsOf(world, host), watchEveryMs, alertFires: async (workflow) => !isGone(world, workflow), forceDryRun: false, tellUnmatched: true, onProblem,
      notify: (text) => world.trace(`${life} says: ${text}`),
      notifier: (given) => createSlackNotifier({
        ...given, edge: slackOf(world, host), settings: { channel: '#ops', gatherMs: 2000, remindAfterMs: 900_000, announce: 'start' }, runners: () => [], tell: () => {}, onProblem, now: host.steady,
      }),
    }, outside).then((parts) => {
      if (host.dead) return
      this.parts = parts
      world.trace(`${life} is up as ${parts.me().slice(-4)}`)
      for (const stop of [...parts.latch.unheard(), ...parts.latch.unrecorded()]) world.truth.latched.push({ host: life, stop: stop.id, at: world.time.now })
      parts.latch.onTrip((stop) => void world.truth.latched.push({ host: life, stop: stop.id, at: world.time.now }))
    }, onProblem)
  }

  #roles(): Role[] {
    const { machines, intensity } = this.#world
    if (!intensity.watcher || intensity.embedded || this.machine !== machines.at(-1)) return ['intake', 'decide', 'run', 'notify']
    this.#world.count('a server runs nothing')
    return ['intake', 'decide', 'notify']
  }

  crash(): void {
    if (!this.host || this.host.dead) return
    if ((this.stream?.inFlight ?? 0) > 0) this.#world.count('crash with an append in flight')
    this.#world.trace(`${this.name} crashes`)
    this.host.crash()
    this.parts = undefined
  }

  /** How often each fault of the log was drawn by its lives. */
  drawn(): Record<string, number>[] {
    return this.#drawn.map((read) => read())
  }

  #outside(host: Host, life: string): Outside {
    const world = this.#world
    const { time, truth } = world
    return {
      clock: host, boottime: host.steady,
      newId: () => {
        const id = this.#dice.id(host.now())
        truth.identities.set(id, { machine: this.name, host: life, from: time.now })
        return id
      },
      openStreams: async () => {
        const { log: shared, control } = world
        const log = new HostLog(host, time, this.#dice, { shared, name: 'log', faults: world.logFaults, dies: (entries) => this.#maybeDie(entries) })
        const ticks = new HostLog(host, time, this.#dice, { shared: control, name: 'control', faults: world.controlFaults })
        this.#drawn.push(() => log.drawn, () => Object.fromEntries(Object.entries(ticks.drawn).map(([fault, count]) => [`control ${fault}`, count])))
        this.stream = log as unknown as HostLog<never>
        return { log, control: ticks, embedded: world.intensity.embedded, close: async () => {} }
      },
      createJobs: (options) => (this.spawner = new SimulatedJobs(options, {
        host, ground: this.ground!, hostName: life, time, dice: this.#dice, truth, script: world.script,
        beforeStart: () => this.#maybeFreeze(host),
      })),
      tellPeer: async (peer, stop) => {
        const other = world.servers.find(({ parts }) => parts?.me() === peer.by)
        await host.gate(world.sleep(this.#dice.between(1, 40)))
        if (host.cut.control || host.cut.log || !other?.host?.running || other.host.cut.control || !this.#dice.chance(0.7)) throw new Error('it cannot be reached')
        world.count('stop: over HTTP')
        other.parts!.obeyStop(stop)
        return host.gate(world.sleep(20).then(() => other.parts?.proofs.of(stop.id) ?? []))
      },
      stopFile: () => ({ read: () => world.files.get(this.name), write: (text) => void world.files.set(this.name, text) }),
      scriptOf: async (_, runbook) => {
        await new Promise<void>((go) => void host.after(this.#dice.between(0, 8), go))
        return { script: `/runbooks/${runbook.name}.js`, digest: digestOf(runbook.name), files: {} }
      },
    }
  }

  lateClaimsLeft = 0
  #maybeDie(entries: readonly Entry[]): boolean {
    const world = this.#world
    if (this.lateClaimsLeft <= 0 || world.time.now > troubledMs - 20_000 || !entries.some((entry) => entry.kind === 'claimed' && entry.step > 0) || !this.#dice.chance(0.5)) return false
    this.lateClaimsLeft--
    world.count('a claim lands long after its process died')
    world.truth.trouble.push({ machine: this.name, from: world.time.now, to: world.time.now + 3000 })
    world.after(1, () => this.crash())
    world.after(3000, () => this.host?.dead && this.start())
    return true
  }

  freezesLeft = 0
  #maybeFreeze(host: Host): void {
    if (this.freezesLeft <= 0 || !this.#dice.chance(0.3)) return
    this.freezesLeft--
    const ms = this.#dice.between(1000, 40_000)
    this.#world.count('frozen between latch and spawn')
    this.#world.trace(`${this.name} freezes between latch and spawn for ${Math.round(ms)} ms`)
    this.#world.truth.trouble.push({ machine: this.name, from: this.#world.time.now, to: this.#world.time.now + ms })
    host.freeze(ms)
  }
}
