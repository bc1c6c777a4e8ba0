/**
 * Brings the processes of this machine to what the book says, again and again: the dead are replaced, the missing
 * started, the surplus ended. It looks at what is, never at what it meant to do, so a keeper that was killed goes on.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { ending, byAge, withService } from './local-book.ts'
import { watchHealth } from './local-health.ts'
import { freePort } from './local-ports.ts'
import { isAlive, killMarked, markName, nameOf, signalGroup } from './local-process.ts'
import type { Declaration, Kept, ProcessName, Replica, Service } from './local-words.ts'

export interface Room {
  readonly folder: string
  kept(): Kept
  /** Durable when it returns. */
  keep(next: Kept): void
  log(text: string): void
  /** Some replica became ready, or is no more. */
  changed(): void
}

interface Live {
  ready: boolean
  readonly since: number
  termAt?: number
  readonly end: AbortController
}

/** A replica that ended before this counts as a failed start: the next one waits longer. */
const soonMs = 5000
const longestPauseMs = 30_000

export class Replicas {
  readonly #room: Room
  readonly #live = new Map<string, Live>()
  readonly #failures = new Map<string, { count: number; until: number }>()
  #turning: Promise<void> | undefined
  #again = false
  #over = false

  constructor(room: Room) {
    this.#room = room
    this.#adopt()
  }

  isReady = (replica: Replica): boolean => this.#live.get(replica.id)?.ready ?? false

  /** One turn at a time; a call during a turn makes another one. */
  turn(): Promise<void> {
    this.#again = true
    this.#turning ??= this.#turns().finally(() => (this.#turning = undefined))
    return this.#turning
  }

  /** Ends all of them, and starts none any more. What they should be stays in the book. */
  async end(): Promise<void> {
    this.#over = true
    while (Object.values(this.#room.kept().services).some(({ members }) => members.length > 0)) {
      await this.turn()
      await new Promise((go) => setTimeout(go, 20))
    }
  }

  async #turns(): Promise<void> {
    while (this.#again) {
      this.#again = false
      for (const name of Object.keys(this.#room.kept().services)) await this.#bring(name)
    }
  }

  async #bring(name: string): Promise<void> {
    const service = (): Service => this.#room.kept().services[name]!
    for (const replica of service().members) this.#drop(name, replica)
    for (const surplus of this.#surplus(service())) this.#keepService(name, ending(service(), surplus.id))
    for (const replica of service().members) if (replica.ending) this.#finish(replica, service().declared)
    while (this.#wanted(name, service()) > 0) {
      const port = await freePort(service().declared.ports, service().members.map((one) => one.port))
      if (port === undefined) return this.#failed(name, 'no port of its range is free')
      // While the port was looked for, less may have become enough.
      if (this.#wanted(name, service()) > 0) this.#start(name, port)
    }
    if (service().declared.max === 0 && service().members.length === 0) this.#forget(name)
  }

  #wanted(name: string, { declared, replicas, members }: Service): number {
    if (this.#over || Date.now() < (this.#failures.get(name)?.until ?? 0)) return 0
    // Without a port of its own a replica may need the place that its predecessor still holds.
    const shares = [...declared.command, ...Object.values(declared.env)].some((text) => text.includes('{port}'))
    return replicas - members.filter((one) => !one.ending || !shares).length
  }

  /** Those that are not ready go first, then the youngest: the oldest have proved themselves. */
  #surplus({ replicas, members }: Service): Replica[] {
    const present = members.filter((one) => !one.ending)
    const order = present.sort((a, b) => Number(this.isReady(a)) - Number(this.isReady(b)) || byAge(b, a))
    return order.slice(0, Math.max(0, present.length - (this.#over ? 0 : replicas)))
  }

  /** Written down before it runs: a keeper that dies in between finds its mark. */
  #start(name: string, port: number): void {
    const kept = this.#room.kept()
    const replica: Replica = { id: `${name}-${kept.nextReplica}`, port, startedAt: new Date().toISOString() }
    const service = kept.services[name]!
    this.#room.keep(withService({ ...kept, nextReplica: kept.nextReplica + 1 }, name, { ...service, members: [...service.members, replica] }))
    const running = this.#spawn(name, replica, service.declared)
    if (running === undefined) {
      this.#keepService(name, without(this.#room.kept().services[name]!, replica.id))
      return this.#failed(name, `${replica.id} did not start`)
    }
    const now = this.#room.kept().services[name]!
    const started = { ...replica, process: running }
    this.#keepService(name, { ...now, members: now.members.map((one) => (one.id === replica.id ? started : one)) })
    this.#watch(started, service.declared)
    this.#room.log(`${replica.id} started: pid ${running.pid}, port ${port}`)
  }

  #spawn(name: string, replica: Replica, { command, directory, stopWithinMs: _, ...declared }: Declaration): ProcessName | undefined {
    const [program, ...args] = command.map((text) => fill(text, replica))
    const log = openSync(join(this.#room.folder, 'logs', `${name}.log`), 'a', 0o600)
    const child = spawn(program!, args, {
      cwd: directory, detached: true, stdio: ['ignore', log, log], env: environment(this.#room.kept().keeper, replica, declared.env),
    })
    closeSync(log)
    child.on('error', (error) => this.#room.log(`${replica.id} cannot start: ${error.message}`))
    child.once('exit', () => void this.turn())
    return child.pid === undefined ? undefined : nameOf(child.pid)
  }

  #watch(replica: Replica, { health, env }: Declaration): void {
    const live: Live = { ready: health === undefined, since: Date.now(), end: new AbortController() }
    this.#live.set(replica.id, live)
    if (health === undefined) return this.#room.changed()
    const became = (ready: boolean): void => {
      live.ready = ready
      this.#room.log(`${replica.id} is ${ready ? 'ready' : 'not ready any more'}`)
      this.#room.changed()
    }
    const environ = environment(this.#room.kept().keeper, replica, env)
    void watchHealth({ health, fill: (text) => fill(text, replica), env: environ, signal: live.end.signal, became })
  }

  #drop(name: string, replica: Replica): void {
    if (replica.process !== undefined && isAlive(replica.process)) return
    // What left the group lives on without its head; it carries the mark.
    killMarked(this.#room.kept().keeper, (id) => id === replica.id)
    const live = this.#live.get(replica.id)
    live?.end.abort()
    this.#live.delete(replica.id)
    this.#keepService(name, without(this.#room.kept().services[name]!, replica.id))
    this.#room.changed()
    if (replica.ending) return this.#room.log(`${replica.id} ended`)
    if (live !== undefined && Date.now() - live.since < soonMs) return this.#failed(name, `${replica.id} died soon after its start`)
    this.#failures.delete(name)
    this.#room.log(`${replica.id} died; it is replaced`)
  }

  #finish(replica: Replica, { stopWithinMs }: Declaration): void {
    const live = this.#live.get(replica.id)
    if (live === undefined || replica.process === undefined) return
    live.end.abort()
    live.ready = false
    if (live.termAt === undefined) {
      live.termAt = Date.now()
      this.#room.changed()
      signalGroup(replica.process, 'SIGTERM')
      setTimeout(() => void this.turn(), stopWithinMs + 5)
    } else if (Date.now() - live.termAt >= stopWithinMs) {
      signalGroup(replica.process, 'SIGKILL')
    }
  }

  #failed(name: string, why: string): void {
    const count = (this.#failures.get(name)?.count ?? 0) + 1
    const pauseMs = Math.min(longestPauseMs, 100 * 2 ** Math.min(count, 10))
    this.#failures.set(name, { count, until: Date.now() + pauseMs })
    this.#room.log(`${why}; the next start of ${name} is in ${pauseMs} ms`)
  }

  /** What runs from an earlier keeper of this folder is ours again; what carries our mark and is not in the book ends. */
  #adopt(): void {
    const { keeper, services } = this.#room.kept()
    const ours = new Set<string>()
    for (const { declared, members } of Object.values(services)) {
      for (const replica of members) {
        if (replica.process === undefined || !isAlive(replica.process)) continue
        ours.add(replica.id)
        this.#watch(replica, declared)
        this.#room.log(`${replica.id} adopted: pid ${replica.process.pid}`)
      }
    }
    const strays = killMarked(keeper, (id) => !ours.has(id))
    if (strays > 0) this.#room.log(`${strays} stray processes killed`)
  }

  #forget(name: string): void {
    const { [name]: _, ...services } = this.#room.kept().services
    this.#room.keep({ ...this.#room.kept(), services })
  }

  #keepService(name: string, service: Service): void {
    this.#room.keep(withService(this.#room.kept(), name, service))
  }
}

const without = (service: Service, id: string): Service => ({ ...service, members: service.members.filter((one) => one.id !== id) })

const fill = (text: string, { port, id }: Replica): string => text.replaceAll('{port}', String(port)).replaceAll('{id}', id)

/** A clean one: what its service declares and where its programs and time zone are, nothing that is ours. */
function environment(keeper: string, replica: Replica, declared: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const name of ['PATH', 'HOME', 'LANG', 'TZ']) if (process.env[name] !== undefined) env[name] = process.env[name]
  for (const [name, value] of Object.entries(declared)) env[name] = fill(value, replica)
  return { ...env, [markName]: `${keeper}/${replica.id}` }
}
