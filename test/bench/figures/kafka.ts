/** What the way over a real Kafka costs: against the embedded log, and against kafkajs that sends the same bytes and does nothing else. */
import { loadKafkajs } from '../../../src/log/kafka-client.ts'
import type { Figure } from '../figure.ts'
import { median } from '../figure.ts'
import { webhookBodies } from '../load/bodies.ts'
import { startLoad, startOurs, webhookPath } from '../load/processes.ts'
import { openWay } from '../load/way.ts'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'

const times = 4
const connections = 64
const ms = 3000

export const figure: Figure = {
  rows: [
    { name: 'Kafka, POST → step', what: 'Kafka: POST → first line of the first step ÷ the embedded log', unit: 'ms', goal: { atMost: 3 } },
    { name: 'Kafka, webhooks', what: 'Kafka: durable webhooks ÷ raw kafkajs sendBatch of the same bytes', unit: '/s', goal: { atLeast: 0.8 } },
  ],
  skip: () => noKafka,
  open: async () => {
    const brokers = await sharedKafka()
    const address = (): string => `kafka://${brokers.join(',')}/${freshPrefix('bench')}`
    const [embedded, kafka] = [await openWay(), await openWay(address())]
    const intake = await startOurs({ log: address(), roles: 'intake' })
    const load = startLoad()
    const raw = await rawProducer(brokers)
    const flood = async (): Promise<number> => (await load.run({ kind: 'flood', port: intake.port, path: webhookPath, connections, ms, fresh: false })).perSecond
    return {
      round: async () => {
        const [limit, ours]: [number[], number[]] = [[], []]
        for (let time = 0; time < times; time++) {
          limit.push((await embedded.lines()).step)
          ours.push((await kafka.lines()).step)
        }
        return [{ ours: median(ours), limit: median(limit) }, { limit: await raw.perSecond(), ours: await flood() }]
      },
      close: async () => void (await Promise.all([embedded.close(), kafka.close(), intake.close(), load.close(), raw.close()])),
    }
  },
}

/** As many bodies in one batch as connections wait for theirs, packed alike, and the next batch at once. */
const rawProducer = async (brokers: readonly string[]) => {
  const { Kafka, CompressionTypes, logLevel } = await loadKafkajs() // with the packing that ours uses: kafkajs' own takes longer
  const client = new Kafka({ clientId: 'bench', brokers: [...brokers], logLevel: logLevel.NOTHING })
  const producer = client.producer({ allowAutoTopicCreation: false, idempotent: false })
  const topic = freshPrefix('bench-raw')
  const admin = client.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }], waitForLeaders: true })
  await admin.disconnect()
  await producer.connect()
  const bodies = webhookBodies(400)
  let next = 0
  return {
    perSecond: async (): Promise<number> => {
      const began = performance.now()
      let sent = 0
      while (performance.now() < began + ms) {
        const messages = Array.from({ length: connections }, () => ({ key: 'bench', value: bodies[next++ % bodies.length]! }))
        await producer.sendBatch({ acks: -1, compression: CompressionTypes.GZIP, topicMessages: [{ topic, messages }] })
        sent += messages.length
      }
      return sent / (performance.now() - began) * 1000
    },
    close: () => producer.disconnect(),
  }
}
