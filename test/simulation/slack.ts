/** Slack: takes messages, and sometimes its answer is lost. */
import type { Outcome } from '../../src/notify/outcome.ts'
import type { SlackEdge } from '../../src/notify/slack.ts'
import type { Host } from './host.ts'
import { troubledMs } from './intensity.ts'
import type { World } from './world.ts'

export const slackOf = (world: World, host: Host): SlackEdge => {
  const dice = world.dice(`slack ${host.machine.name}`)
  let n = 0
  const call = (channel: string, ts = `${host.machine.name}.${world.time.now}.${++n}`): Promise<Outcome> => host.gate((async () => {
    await world.sleep(dice.between(20, 200))
    const lost = world.time.now < troubledMs ? dice.next() : 1
    if (lost < 0.1) {
      world.count('Slack does not take a message')
      return { outcome: 'later', afterMs: 2500, why: 'the simulation refused' }
    }
    world.truth.messages.add(`${channel} ${ts}`)
    world.trace(`Slack has ${channel} ${ts}`)
    await world.sleep(dice.between(20, 200))
    if (lost > 0.2) return { outcome: 'sent', channel, ts }
    world.count('Slack\'s answer is lost')
    return { outcome: 'later', afterMs: 2500, why: 'the simulation lost the answer' }
  })())
  return {
    post: (channel: string) => call(channel),
    update: (channel: string, ts: string) => call(channel, ts),
    postFirst: (channels: readonly string[]) => call(channels[0]!),
  } as unknown as SlackEdge
}
