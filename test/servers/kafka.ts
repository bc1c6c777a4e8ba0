import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCluster, type ClusterOptions, type KafkaCluster } from './kafka/cluster.ts'
import { kafkaJars, whyNoKafka } from './kafka/jars.ts'
import { keeperAddress } from './kafka/keeper-address.ts'

export { withAdmin } from './kafka/cluster.ts'
export type { KafkaCluster } from './kafka/cluster.ts'
export type { KafkaNode } from './kafka/node.ts'

/**
 * Why tests that start, kill and freeze brokers of their own are skipped here, or false: `test(name, { skip }, …)`.
 * With CI=true a missing Kafka is no reason to skip: the tests run, and fail.
 */
export const noOwnKafka: string | false = process.env['CI'] === 'true' ? false : whyNoKafka() ?? false

/** The same for tests that only need some Kafka, which KAFKA_BROKERS may name. */
export const noKafka: string | false = process.env['KAFKA_BROKERS'] ? false : noOwnKafka

/**
 * The brokers that all test files of a run share: those of KAFKA_BROKERS, else one that is started once per run.
 * Keep apart by `freshPrefix`. Nothing has to be closed.
 */
export async function sharedKafka(): Promise<readonly string[]> {
  const given = process.env['KAFKA_BROKERS']
  if (given) return given.split(',')
  // Before the keeper starts, so that the time for downloading does not count against it.
  await kafkaJars()
  shared ??= askKeeper()
  return shared
}

/** A Kafka of the test's own, to be killed and frozen: `await using` stops it, and the kernel does if the test dies. */
export async function ownKafka(options: ClusterOptions): Promise<KafkaCluster & AsyncDisposable> {
  const cluster = await startCluster(options)
  return { ...cluster, [Symbol.asyncDispose]: () => cluster.stop() }
}

/** A prefix for topics that nobody else has. */
export function freshPrefix(name = 'test'): string {
  return `${name}-${randomBytes(5).toString('hex')}`
}

let shared: Promise<readonly string[]> | undefined

async function askKeeper(): Promise<readonly string[]> {
  const until = performance.now() + 120_000
  for (let tries = 0; performance.now() < until; tries++) {
    const keeper = await connectTo(keeperAddress())
    if (keeper) {
      const answer = await ask(keeper).catch(() => undefined)
      if (answer?.error) throw new Error(`the tests' Kafka does not start: ${answer.error}`)
      if (answer?.brokers) return answer.brokers
    } else if (tries % 50 === 0) {
      spawn(process.execPath, [join(import.meta.dirname, 'kafka/keeper.ts')], { detached: true, stdio: 'ignore' }).unref()
    }
    await sleep(100)
  }
  throw new Error('the tests\' Kafka was not ready in 120 s')
}

async function connectTo(name: string): Promise<Socket | undefined> {
  const socket = connect(name)
  const failed = once(socket, 'error').then(() => undefined)
  const connected = once(socket, 'connect').then(() => socket)
  connected.catch(() => {})
  failed.catch(() => {})
  return await Promise.race([connected, failed])
}

async function ask(keeper: Socket): Promise<{ brokers?: string[]; error?: string }> {
  // Under `node --test` the parent is the run: the broker stays until the run ends, not just this file.
  keeper.write(String(process.env['NODE_TEST_CONTEXT'] ? process.ppid : process.pid))
  const lines = createInterface({ input: keeper })
  const line = await Promise.race([once(lines, 'line'), once(keeper, 'close').then(() => { throw new Error('keeper gone') })])
  // The connection stays open for as long as this process lives, without keeping it alive.
  keeper.unref()
  return JSON.parse(line[0] as string) as { brokers?: string[]; error?: string }
}
