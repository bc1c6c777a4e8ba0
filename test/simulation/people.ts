/** People: they stop things in every way there is, lift what they stopped, answer questions, and change the catalogue. */
import type { StopOrder } from '../../src/core/entry.ts'
import { isLifted } from '../../src/core/fold/stops.ts'
import type { Dice } from './dice.ts'
import { catalogueNo, services } from './scripts.ts'
import { troubledMs } from './intensity.ts'
import { change } from './services.ts'
import type { Server, World } from './world.ts'

export const startPeople = (world: World): void => {
  const dice = world.dice('people')
  const { stops, timedStops, catalogues, hands } = world.intensity
  for (let n = 0; n < timedStops; n++) world.after(world.dice(`timed ${n}`).between(3_000, troubledMs), () => stopForAWhile(world, world.dice(`timed stop ${n}`)))
  for (let n = 0; n < stops; n++) world.after(dice.between(3_000, troubledMs), () => stop(world, dice))
  for (let n = 0; n < catalogues; n++) world.after(dice.between(3_000, troubledMs), () => void changeCatalogue(world, dice, n + 2))
  const hand = world.dice('a hand')
  for (let n = 0; n < hands; n++) world.after(hand.between(6_000, troubledMs), () => changeByHand(world, hand))
  resume(world, world.dice('resume'))
  promote(world, world.dice('promote'))
  void changeCatalogue(world, dice, 1)
  // A new log starts stopped; that is lifted soon, by whoever installs it.
  world.after(1500, () => liftAll(world, dice))
  world.after(troubledMs + 2000, () => keepLifting(world, dice))
  answer(world, dice)
  closeBreakers(world, world.dice('breakers'))
}

const kinds = [
  { matchers: [], effect: 'kill' }, { matchers: [], effect: 'kill' }, { matchers: ['target="web"'], effect: 'kill' }, { matchers: ['runbook=~"fix|once"'], effect: 'kill' },
  { matchers: [], effect: 'pause' }, { matchers: ['alertname="Flood"'], effect: 'pause' },
] as const

const stop = (world: World, dice: Dice): void => {
  if (world.up().length === 0) return
  const server = dice.pick(world.up())
  const kind = dice.pick(kinds)
  if (dice.chance(0.15)) return stopByControl(world, dice, { ...kind, matchers: [...kind.matchers] })
  const dies = dice.chance(0.2)
  if (dies) for (const stream of ['log', 'control'] as const) server.host!.sever(stream, 6000)
  world.count(`stop: ${kind.effect} ${kind.matchers.length === 0 ? 'all' : 'by matcher'}`)
  const order: Omit<StopOrder, 'id'> = { ...kind, matchers: [...kind.matchers], who: 'ann', why: 'test' }
  const id = pull(world, server, order)
  if (dies) {
    world.after(dice.between(500, 3500), () => {
      world.count('stop: only its file survives')
      server.crash()
      world.after(dice.between(500, 10_000), () => server.host?.dead && server.start())
    })
  }
  // One that may be forgotten is lifted only where somebody shows it.
  if (dies) return
  const early = dice.chance(0.15)
  if (early) world.count('lift before its stop')
  world.after(early ? dice.between(0, 100) : dice.between(4_000, 30_000), () => void lift(world, dice, id))
}

/** Its id. */
const pull = (world: World, server: Server, order: Omit<StopOrder, 'id'>): string => {
  const at = world.time.now
  const known = new Set(world.truth.identities.keys())
  const pulled = server.parts!.pullStop(order)
  // Its id is the first one that was made.
  const id = [...world.truth.identities.keys()].find((one) => !known.has(one))!
  world.truth.stops.set(id, { stop: { ...order, id }, pulledAt: at, ...world.truth.stops.get(id) })
  world.trace(`${order.who} stops by ${server.name}: ${order.effect} ${order.matchers.join() || 'all'} ${id.slice(-4)}`)
  void pulled.then(() => (world.truth.stops.get(id)!.acceptedAt = world.time.now), () => {})
  return id
}

/** Nobody thinks of it any more: a kill stands until everything is lifted at the end. */
const stopForAWhile = (world: World, dice: Dice): void => {
  if (world.up().length === 0) return
  const order = { matchers: [], effect: dice.pick(['kill', 'pause', 'pause'] as const), forMs: dice.between(3_000, 12_000), who: 'cas', why: 'test' }
  world.count(`stop: ${order.effect} for a while`)
  pull(world, dice.pick(world.up()), order)
}

/** As somebody left it there who died before it was on the log. */
const stopByControl = (world: World, dice: Dice, kind: Pick<StopOrder, 'matchers' | 'effect'>): void => {
  world.count('stop: by the control stream')
  const stop: StopOrder = { ...kind, id: dice.id(world.time.now), who: 'ben', why: 'test' }
  world.truth.stops.set(stop.id, { stop, pulledAt: world.time.now, acceptedAt: world.time.now })
  void world.control.append([{ kind: 'stop', by: 'ben', n: 1, stop }])
  world.after(dice.between(4_000, 30_000), () => void lift(world, dice, stop.id))
}

const lift = async (world: World, dice: Dice, id: string): Promise<void> => {
  for (;;) {
    const server = world.up().length > 0 ? dice.pick(world.up()) : undefined
    const pulled = world.truth.stops.get(id)!
    if (server) {
      pulled.liftedAt ??= world.time.now
      world.trace(`ann lifts ${id.slice(-4)} by ${server.name}`)
      const lifted = await Promise.race([server.parts!.liftStop(id, 'ann', 'over').then(() => true, () => false), world.sleep(8000).then(() => false)])
      if (lifted) return world.count('lift')
    }
    await world.sleep(1000)
  }
}

/** As the servers show them. */
const known = (world: World): string[] => [...new Set([...world.up().flatMap(({ parts }) => [...parts!.state.stops.keys(), ...parts!.latch.unrecorded().map(({ id }) => id)])])]

const liftAll = (world: World, dice: Dice): void => {
  const ids = known(world).filter((id) => world.truth.stops.get(id)?.stop.why === 'new log' && world.truth.stops.get(id)?.liftedAt === undefined)
  for (const id of ids) void lift(world, dice, id)
  if (world.time.now < 20_000) world.after(1500, () => liftAll(world, dice))
}

/** Once the trouble is over every stop is lifted, as often as one turns up. */
const keepLifting = (world: World, dice: Dice): void => {
  for (const id of known(world)) {
    const open = world.up().some(({ parts }) => !isLifted(parts!.state, id))
    if (!open) continue
    if (!world.truth.stops.has(id)) world.truth.stops.set(id, { stop: { id, matchers: [], effect: 'kill', who: '', why: '' }, pulledAt: world.time.now })
    void lift(world, dice, id)
  }
  world.after(5000, () => keepLifting(world, dice))
}

const changeCatalogue = async (world: World, dice: Dice, n: number): Promise<void> => {
  if (n > 1) world.count('catalogue changed')
  for (;;) {
    const server = world.up().length > 0 ? dice.pick(world.up()) : undefined
    if (server?.parts!.state.catalogue?.digest === catalogueNo(n).digest) return
    if (server) await Promise.race([server.parts!.activate(catalogueNo(n)).catch(() => false), world.sleep(5000)])
    await world.sleep(300)
    if (n === 1 && server?.parts?.state.catalogue) return
  }
}

const answer = (world: World, dice: Dice): void => {
  for (const server of world.up()) {
    for (const { id, plan } of server.parts!.state.live.get('asking')!) {
      if (world.time.now < troubledMs && !dice.chance(0.2)) continue
      const kind = dice.chance(0.7) ? 'approved' : 'denied'
      world.count(kind === 'approved' ? 'approved' : 'denied')
      void server.parts!.append([{ kind, workflow: id, plan: plan!.digest, who: 'ann', why: '' }]).catch(() => {})
    }
  }
  world.after(1500, () => answer(world, dice))
}

/** Whoever is called because a breaker tripped looks, and closes it. */
const closeBreakers = (world: World, dice: Dice): void => {
  const shut = world.up().find(({ parts }) => parts!.state.counters.get('breaker:breaker')?.latchedAt !== undefined)
  if (shut && dice.chance(0.4)) {
    world.count('breaker closed')
    void shut.parts!.append([{ kind: 'breaker closed', breaker: 'breaker', who: 'ann', why: 'looked' }]).catch(() => {})
  }
  world.after(4000, () => closeBreakers(world, dice))
}

/** Past every rule, as people do. */
const changeByHand = (world: World, dice: Dice): void => {
  const service = dice.pick(services)
  world.count('a hand changes a service')
  world.trace(`ann changes ${service} by hand`)
  change(world.services, service, dice.whole(4, 9))
}

const resume = (world: World, dice: Dice): void => {
  const open = world.up().flatMap(({ parts }) => [...parts!.state.suspensions.keys()].map((suspension) => ({ parts: parts!, suspension })))[0]
  if (open && dice.chance(0.3)) {
    world.count('resumed')
    void open.parts.append([{ kind: 'resumed', suspension: open.suspension, who: 'ann', why: 'looked' }]).catch(() => {})
  }
  world.after(5000, () => resume(world, dice))
}

const promote = (world: World, dice: Dice): void => {
  const [parts, found] = world.up().flatMap(({ parts }) => [...parts!.state.trust].flatMap(([runbook, { proposed }]) => (proposed ? [[parts!, { runbook, ...proposed }] as const] : [])))[0] ?? []
  if (parts && found && dice.chance(0.6)) {
    world.count('promoted')
    void parts.append([{ kind: 'promoted', runbook: found.runbook, who: 'ann', why: 'looked', heals: found.heals, inMs: found.inMs }]).catch(() => {})
  }
  world.after(1000, () => promote(world, dice))
}
