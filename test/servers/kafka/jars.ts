import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const pom = join(import.meta.dirname, 'pom.xml')

/** The folder with the jars of the Kafka that pom.xml names, copied by Maven once into a cache outside the checkout. */
export async function kafkaJars(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'paramedic-test')
  const version = /kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(await readFile(pom, 'utf8'))?.[1]
  const jars = join(cache, `kafka-${version}`)
  if (existsSync(jars)) return jars
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(join(cache, 'kafka-fresh-'))
  await run('mvn', ['-q', '-B', '-ntp', '-f', pom, 'dependency:copy-dependencies',
    '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`])
  // Whoever is first wins: the rename is one step, and a half-copied folder never bears the final name.
  await rename(fresh, jars).catch(() => rm(fresh, { recursive: true, force: true }))
  return jars
}

/** Why no Kafka can be started here, or undefined where it can. */
export function whyNoKafka(): string | undefined {
  if (process.platform === 'win32') return 'Kafka is not started on Windows'
  const missing = ['java', 'mvn'].filter((name) => !onPath(name))
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not found: install Java 17 and Maven`
}

export function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
}

/** Runs a program to its end; what it printed is the error when it fails. */
export function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (data) => (said += data))
    child.stderr.on('data', (data) => (said += data))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${program} ended with ${code}: ${said.slice(-2000)}`))
    })
  })
}
