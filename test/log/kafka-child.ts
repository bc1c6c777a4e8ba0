/** A process that uses the log on Kafka for a second and a half. Whatever it leaves running keeps it from ending. */
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaStreams } from '../../src/log/kafka.ts'

const codec = { encode: JSON.stringify, decode: (text: string) => JSON.parse(text) as unknown, key: () => 'key', kind: () => 'kind' }
const [prefix, ...brokers] = process.argv.slice(2)
const kafkajsFiles = () => Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('/kafkajs/')).length
const before = kafkajsFiles()
const streams = kafkaStreams({ brokers, prefix: prefix!, log: codec, control: codec, notify: () => {} })
const stop = new AbortController()
const followed = (async () => {
  for await (const _ of streams.log.follow(0, stop.signal));
})()
await streams.log.append([{ by: 'a', n: 0 }])
const start = process.cpuUsage()
await sleep(1500)
const { user, system } = process.cpuUsage(start)
stop.abort()
await followed
await streams.close()
console.log(JSON.stringify({ before, after: kafkajsFiles(), idlePercent: (user + system) / 15_000 }))
