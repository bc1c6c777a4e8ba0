/** Two Alertmanagers: alerts fire, are sent again and twice, overtake each other, and resolve. What is not answered 2xx is sent again. */
import { withAtHand } from '../../src/core/entry.ts'
import { parseNotification } from '../../src/core/notification.ts'
import { alertBody } from '../core/story.ts'
import type { Dice } from './dice.ts'
import { epochMs } from './host.ts'
import { alertnames, services, sizeAlerts } from './scripts.ts'
import { troubledMs } from './intensity.ts'
import type { World } from './world.ts'

interface Firing {
  readonly labels: Record<string, string>
  readonly startsAt: string
  /** In true time. */
  readonly resolvesAt: number
}

const repeatMs = 20_000
const postWithinMs = 5_000

export const startAlertmanagers = (world: World): void => {
  const dice = world.dice('alerts')
  for (let n = 0; n < world.intensity.alerts; n++) world.after(dice.between(0, troubledMs), () => fire(world, dice, alertnames, n))
  const sizes = world.dice('sizes')
  for (let n = 0; n < world.intensity.sizes; n++) world.after(sizes.between(0, troubledMs), () => fire(world, sizes, sizeAlerts, 100 + n))
  beat(world, dice)
}

const fire = (world: World, dice: Dice, names: readonly string[], n: number): void => {
  const firing: Firing = {
    labels: { alertname: dice.pick(names), service: dice.pick(services), n: `${n}` },
    startsAt: new Date(epochMs + world.time.now).toISOString(),
    resolvesAt: world.time.now + (dice.chance(0.25) ? dice.between(0, 8_000) : dice.between(20_000, 90_000)),
  }
  void tell(world, dice, firing, 'A')
  if (!dice.chance(0.4)) return
  world.count('alert from a second Alertmanager')
  world.after(dice.between(0, 5_000), () => void tell(world, dice, firing, 'B'))
}

/** As long as it fires it is told of again; then that it is resolved, now and then before anybody said that it fired. */
const tell = async (world: World, dice: Dice, firing: Firing, from: string): Promise<void> => {
  if (dice.chance(0.06)) {
    world.count('resolved before firing')
    await post(world, dice, firing, 'resolved', from)
  }
  for (let times = 0; world.time.now < Math.min(firing.resolvesAt, troubledMs); times++) {
    if (times > 0) world.count('alert told again')
    await post(world, dice, firing, 'firing', from)
    await world.sleep(Math.min(repeatMs, Math.max(0, firing.resolvesAt - world.time.now)))
  }
  await world.sleep(Math.max(0, firing.resolvesAt - world.time.now))
  world.count('alert resolved')
  await post(world, dice, firing, 'resolved', from)
}

/** To one server after the other until one of them has it. */
const post = async (world: World, dice: Dice, { labels, startsAt }: Firing, status: 'firing' | 'resolved', from: string): Promise<void> => {
  const body = { ...alertBody([{ labels, startsAt, status }]), receiver: `from ${from}` }
  for (;;) {
    const server = world.up().length > 0 ? dice.pick(world.up()) : undefined
    const taken = server && await Promise.race([
      server.parts!.append([withAtHand({ kind: 'received', source: 'alertmanager', payload: body }, { text: JSON.stringify(body) })], { deadlineMs: postWithinMs }).then(() => true, () => false),
      world.sleep(postWithinMs + 1000).then(() => false),
    ])
    if (taken) {
      const { episode } = parseNotification('alertmanager', body).notification!.alerts[0]!
      if (!world.truth.accepted.has(episode)) world.truth.accepted.set(episode, { at: world.time.now, host: server.name })
      return
    }
    world.count('alert not taken, sent again')
    await world.sleep(dice.between(500, 3000))
  }
}

/** The Watchdog, which stays away for a while now and then. */
const beat = (world: World, dice: Dice): void => {
  const firing: Firing = { labels: { alertname: 'Watchdog' }, startsAt: new Date(epochMs).toISOString(), resolvesAt: Infinity }
  const again = (): void => {
    if (world.time.now > troubledMs + 60_000) return
    void post(world, dice, firing, 'firing', 'A')
    const away = world.time.now < troubledMs && dice.chance(0.1)
    if (away) world.count('Watchdog stays away')
    world.after(away ? 25_000 : 5_000, again)
  }
  world.after(dice.between(0, 5000), again)
}
