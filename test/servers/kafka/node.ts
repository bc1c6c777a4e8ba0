import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onPath, run } from './jars.ts'

/** One Kafka process: started, killed, frozen and started again by its pid. */
export class KafkaNode {
  readonly id: number
  readonly port: number
  readonly #jars: string
  readonly #folder: string
  readonly #java: readonly string[]
  #child: ChildProcess | undefined

  constructor(options: { id: number; port: number; jars: string; folder: string; java: readonly string[] }) {
    this.id = options.id
    this.port = options.port
    this.#jars = options.jars
    this.#folder = options.folder
    this.#java = options.java
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Writes its settings and formats its folder: once, before the first start. */
  async format(settings: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const all = { ...settings, 'node.id': String(this.id), 'log.dirs': join(this.#folder, 'data') }
    await writeFile(this.#settings, Object.entries(all).map(([name, value]) => `${name}=${value}\n`).join(''))
    const classpath = join(this.#jars, '*')
    await run('java', ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp', classpath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER, '-c', this.#settings])
  }

  start(): void {
    const java = [...this.#java, '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', join(this.#jars, '*'), 'kafka.Kafka', this.#settings]
    // A test that crashes takes its broker with it: the kernel sends the signal when the parent dies, however it dies.
    const [program, args] = onPath('setpriv')
      ? ['setpriv', ['--pdeathsig', 'KILL', 'java', ...java]] as const
      : ['java', java] as const
    const output = openSync(this.#output, 'a')
    this.#child = spawn(program, args, { stdio: ['ignore', output, output] })
    this.#child.on('error', () => {})
    this.#child.unref()
    closeSync(output)
  }

  /** SIGKILL, and its end awaited: frozen or not. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.ref()
    child.kill('SIGKILL')
    await ended
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Throws with what the process printed when it has ended by itself. */
  check(): void {
    if (this.#child?.exitCode == null) return
    throw new Error(`Kafka node ${this.id} ended with ${this.#child.exitCode}: ${readFileSync(this.#output, 'utf8').slice(-3000)}`)
  }

  get #settings(): string {
    return join(this.#folder, 'server.properties')
  }

  get #output(): string {
    return join(this.#folder, 'output.txt')
  }
}

/** The id that every node of one cluster is formatted with. */
const CLUSTER = 'paramedicTestCluster00'

/** What is the same for every node: small, quick to notice a dead broker, and no topic made by accident. */
export function commonSettings(options: { copies: number; voters: string }): Record<string, string> {
  const copies = String(options.copies)
  const inSync = String(Math.max(1, options.copies - 1))
  return {
    'controller.quorum.voters': options.voters,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    'min.insync.replicas': inSync,
    'auto.create.topics.enable': 'false',
    'log.cleaner.dedupe.buffer.size': '4194304',
    // Compaction is looked for often, so that a test may see it.
    'log.cleaner.backoff.ms': '500',
    'log.initial.task.delay.ms': '500',
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
  }
}
