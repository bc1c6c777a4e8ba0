import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { loadKafkajs } from '../../../src/log/kafka-client.ts'
import { kafkaJars } from './jars.ts'
import { freePorts } from '../ports.ts'
import { commonSettings, KafkaNode } from './node.ts'

export interface ClusterOptions {
  /** 1: broker and controller in one process. 3: three brokers and a controller of its own. */
  readonly brokers: 1 | 3
  /** More settings for every broker. A SASL_SSL listener is opened where `ssl.keystore.location` is among them. */
  readonly settings?: Readonly<Record<string, string>>
  /** Compiled as for production: for measuring. Otherwise it starts at half the cost and runs slower. */
  readonly measured?: boolean
  /** False: formatted, but not started yet. */
  readonly start?: boolean
}

/** A real Kafka of a test's own, to be killed and frozen. Ended by `stop`, and by the kernel when the test dies. */
export interface KafkaCluster {
  readonly brokers: readonly string[]
  /** Of the SASL_SSL listener, where there is one. */
  readonly secure: readonly string[]
  readonly nodes: readonly KafkaNode[]
  /** Of its own with three brokers. */
  readonly controller: KafkaNode | undefined
  start(): Promise<void>
  /** Resolves when as many brokers are there as `count` says: all of them, if not given. */
  ready(count?: number): Promise<void>
  /** The node that leads partition 0 of a topic. */
  leader(topic: string): Promise<KafkaNode>
  stop(): Promise<void>
}

export async function startCluster(options: ClusterOptions): Promise<KafkaCluster> {
  await sweep()
  const jars = await kafkaJars()
  const folder = await mkdtemp(join(tmpdir(), `paramedic-kafka-${process.pid}-`))
  const { controller, nodes, secure } = await formatNodes(options, { jars, folder })
  const all = controller === undefined ? nodes : [controller, ...nodes]
  const brokers = nodes.map((node) => node.address)
  const cluster: KafkaCluster = {
    brokers,
    secure,
    nodes,
    controller,
    async start() {
      for (const node of all) node.start()
      await cluster.ready()
    },
    ready: (count = nodes.length) => untilThere(brokers, count, all),
    async leader(topic) {
      const id = await leaderOf(brokers, topic)
      return nodes.find((node) => node.id === id)!
    },
    async stop() {
      // The brokers before the controller: without one a broker would wait for it.
      await Promise.all(nodes.map((node) => node.kill()))
      await controller?.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  if (options.start !== false) {
    await cluster.start().catch(async (error) => {
      await cluster.stop()
      throw error
    })
  }
  return cluster
}

async function formatNodes(options: ClusterOptions, place: { jars: string; folder: string }) {
  const [controllerPort, ...ports] = await freePorts(1 + 2 * options.brokers)
  const single = options.brokers === 1
  const voter = single ? 1 : 9
  const common = commonSettings({ copies: options.brokers, voters: `${voter}@127.0.0.1:${controllerPort}` })
  const java = (memory: string) => [`-Xms${memory}`, `-Xmx${memory}`, ...options.measured ? [] : ['-XX:TieredStopAtLevel=1']]
  const control = `CONTROLLER://127.0.0.1:${controllerPort}`
  const withTls = options.settings?.['ssl.keystore.location'] !== undefined
  const secure: string[] = []
  const nodes = Array.from({ length: options.brokers }, (_, index) => new KafkaNode({
    id: index + 1, port: ports[index]!, java: java(single ? '256m' : '320m'), jars: place.jars, folder: join(place.folder, `${index + 1}`),
  }))
  const formatted = nodes.map((node, index) => {
    const open = [`PLAINTEXT://${node.address}`]
    if (withTls) {
      secure.push(`127.0.0.1:${ports[options.brokers + index]}`)
      open.push(`SASL_SSL://${secure.at(-1)}`)
    }
    return node.format({
      ...common,
      'process.roles': single ? 'broker,controller' : 'broker',
      'listeners': [...open, ...single ? [control] : []].join(','),
      'advertised.listeners': open.join(','),
      ...options.settings,
    })
  })
  const controller = single ? undefined : new KafkaNode({
    id: voter, port: controllerPort!, java: java('256m'), jars: place.jars, folder: join(place.folder, 'controller'),
  })
  if (controller) formatted.push(controller.format({ ...common, 'process.roles': 'controller', 'listeners': control }))
  await Promise.all(formatted)
  return { controller, nodes, secure }
}

async function untilThere(brokers: readonly string[], count: number, nodes: readonly KafkaNode[]): Promise<void> {
  const until = performance.now() + 90_000
  for (;;) {
    for (const node of nodes) node.check()
    const seen = await withAdmin(brokers, async (admin) => (await admin.describeCluster()).brokers.length).catch(() => 0)
    if (seen >= count) return
    if (performance.now() > until) throw new Error(`only ${seen} of ${count} Kafka brokers are there after 90 s`)
    await sleep(100)
  }
}

async function leaderOf(brokers: readonly string[], topic: string): Promise<number> {
  const { topics } = await withAdmin(brokers, (admin) => admin.fetchTopicMetadata({ topics: [topic] }))
  return topics[0]!.partitions[0]!.leader
}

/** Asks the first broker that answers. */
export async function withAdmin<T>(brokers: readonly string[], ask: (admin: Admin) => Promise<T>): Promise<T> {
  const { Kafka } = await loadKafkajs()
  const kafka = new Kafka({ brokers: [...brokers], logLevel: 0, retry: { retries: brokers.length }, requestTimeout: 5000 })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await ask(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Folders of runs that were killed before they could tidy up. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^paramedic-kafka-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    const folder = join(tmpdir(), name)
    if (existsSync(folder)) await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
