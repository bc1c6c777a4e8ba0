/** How long nothing starts when the broker that leads the log is killed, against the time that Kafka itself takes to miss it. */
import type { Figure } from '../figure.ts'
import { openWay } from '../load/way.ts'
import { freshPrefix, noOwnKafka, ownKafka } from '../../servers/kafka.ts'

/** As docs/operations.md recommends it, and as the tests' brokers have it: `broker.session.timeout.ms`. */
const sessionTimeoutMs = 3000

export const figure: Figure = {
  rows: [{ name: 'leader dies', what: 'the leader of the log is killed: until the next step starts ÷ the session timeout of the brokers', unit: 'ms', goal: { atMost: 1.5 } }],
  skip: () => noOwnKafka,
  open: async () => {
    const kafka = await ownKafka({ brokers: 3, measured: true })
    const prefix = freshPrefix('leader')
    const way = await openWay(`kafka://${kafka.brokers.join(',')}/${prefix}`)
    return {
      round: async () => {
        await way.lines() // it runs well
        const leader = await kafka.leader(`${prefix}-log`)
        const killed = performance.now()
        await leader.kill()
        const { at } = await way.lines() // its alert is sent until it is taken
        leader.start()
        await kafka.ready()
        return [{ ours: at - killed, limit: sessionTimeoutMs }]
      },
      close: async () => {
        await way.close()
        await kafka.stop()
      },
    }
  },
}
