/** The world that a trial invents: targets and nodes that answer as a provider does, and move on by one step at each look. */
import type { Json } from '../core/plan.ts'
import type { Node, Size, Trial, TrialTarget } from '../runbook.ts'

interface Member {
  readonly id: string
  readonly startedAt: string
  ready: boolean
  readonly sick: boolean
}

interface Target {
  readonly spec: TrialTarget
  replicas: number
  version: number
  members: Member[]
  revision: string
  stamp: string
}

export class World {
  readonly #targets: Map<string, Target>
  readonly #nodes: Map<string, { ready: boolean; cordoned: boolean; instance?: string }>
  #made = 0

  constructor({ targets = {}, nodes = {} }: Pick<Trial, 'targets' | 'nodes'>) {
    this.#nodes = new Map(Object.entries(nodes).map(([name, node]) => [name, { cordoned: false, ...node }]))
    this.#targets = new Map(Object.entries(targets).map(([name, spec]) => {
      const { replicas, sick = spec.history?.[0]?.bad === true ? replicas : 0, members = Array.from({ length: replicas }, (_, at) => `${name}-${at + 1}`) } = spec
      const made = members.map((id, at): Member => ({ id, startedAt: this.#time(), ready: at >= sick && this.#nodeOf(id)?.[1].ready !== false, sick: at < sick }))
      return [name, { spec, replicas, version: 1, members: made, revision: spec.history?.[0]?.revision ?? '1', stamp: '' }]
    }))
  }

  /** Throws as a provider does, by its name. */
  call(verb: string, args: readonly Json[]): Json {
    const [first, second] = args as [string, never]
    switch (verb) {
      case 'scale.list': return [...this.#targets.keys()].map((name) => ({ name, id: name }))
      case 'nodes.list': return [...this.#nodes.keys()].map((name) => this.#node(name)) as unknown as Json
      case 'nodes.read': return this.#node(first) as unknown as Json
      case 'nodes.cordon': case 'nodes.drain': return this.#cordon(first, true)
      case 'nodes.uncordon': return this.#cordon(first, false)
      case 'nodes.rebalance': return [...this.#targets].flatMap(([name, target]) => (target.spec.labels?.['paramedic/rebalance'] === 'true' ? [(this.#rollOver(target, first), name)] : []))
    }
    const target = this.#targets.get(first)
    if (target === undefined) throw named('TargetUnknown', `the trial has no target ${JSON.stringify(first)}; it has ${[...this.#targets.keys()].join(', ') || 'none'}`)
    switch (verb) {
      case 'scale.read': return this.#look(first, target)
      case 'scale.history': return (target.spec.history ?? []).map(({ revision }) => ({ revision, current: revision === target.revision, at: start }))
      case 'scale.set': this.#resize(first, target, second); break
      case 'scale.restart': case 'scale.markUnhealthy': this.#replace(first, target, second, 1); break
      case 'scale.remove': this.#replace(first, target, second, 0); break
      case 'scale.restartAll': this.#rollOver(target, second); break
      case 'scale.rollBack': this.#rollBack(first, target, second); break
      default: throw named('BadCall', `there is no ${verb}`)
    }
    return sizeOf(first, target) as unknown as Json
  }

  /** What the world is not, of what it should be. */
  differs({ targets = {}, nodes = {} }: NonNullable<Trial['after']>): string[] {
    return [
      ...Object.entries(targets).flatMap(([name, wanted]) => different(name, wanted, this.#targets.has(name) ? sizeOf(name, this.#targets.get(name)!) : undefined)),
      ...Object.entries(nodes).flatMap(([name, wanted]) => {
        const node = this.#nodes.get(name)
        return wanted === null ? (node ? [`the node ${name} is still there`] : []) : different(name, wanted, node)
      }),
    ]
  }

  /** As it is, and then one more member becomes ready. */
  #look(name: string, target: Target): Json {
    const now = sizeOf(name, target)
    const next = target.members.find((member) => !member.ready && !member.sick && this.#nodeOf(member.id)?.[1].ready !== false)
    if (next) {
      next.ready = true
      if (target.spec.members && !this.#nodeOf(next.id)) this.#nodes.set(`node-of-${next.id}`, { ready: true, cordoned: false, instance: next.id })
    }
    return now as unknown as Json
  }

  #resize(name: string, target: Target, replicas: number): void {
    if (replicas === target.replicas) return
    const { min = 1, max = 5 } = target.spec
    if (!(replicas >= min && replicas <= max)) throw named('OutOfBounds', `${name} may have ${min} to ${max} replicas, and ${replicas} were asked for`)
    target.members = [...target.members.slice(0, replicas), ...Array.from({ length: Math.max(0, replicas - target.members.length) }, () => this.#fresh(name, target))]
    Object.assign(target, { replicas, version: target.version + 1 })
  }

  #replace(name: string, target: Target, member: string, by: 0 | 1): void {
    if (!target.members.some(({ id }) => id === member)) return
    target.members = [...target.members.filter(({ id }) => id !== member), ...(by === 1 ? [this.#fresh(name, target)] : [])]
    target.replicas = target.members.length
    target.version++
    const node = this.#nodeOf(member)
    if (node) this.#nodes.delete(node[0])
  }

  #rollOver(target: Target, stamp: string): void {
    if (target.stamp === stamp) return
    const name = target.members[0]?.id.replace(/-[^-]*$/, '') ?? ''
    target.members = target.members.map(() => this.#fresh(name, target))
    Object.assign(target, { stamp, version: target.version + 1 })
  }

  #rollBack(name: string, target: Target, revision: string): void {
    if (!(target.spec.history ?? []).some((one) => one.revision === revision)) throw named('BadCall', `${name} has no revision ${JSON.stringify(revision)}`)
    if (target.revision === revision) return
    target.revision = revision
    this.#rollOver(target, `back to ${revision}`)
  }

  #fresh(name: string, { spec, revision }: Target): Member {
    const sick = spec.history?.find((one) => one.revision === revision)?.bad === true
    return { id: `${name}-new-${++this.#made}`, startedAt: this.#time(), ready: false, sick }
  }

  #cordon(name: string, cordoned: boolean): Json {
    this.#node(name)
    Object.assign(this.#nodes.get(name)!, { cordoned })
    return this.#node(name) as unknown as Json
  }

  #node(name: string): Node {
    const node = this.#nodes.get(name)
    if (node === undefined) throw named('TargetUnknown', `the trial has no node ${JSON.stringify(name)}`)
    return { name, ...node }
  }

  #nodeOf(instance: string) {
    return [...this.#nodes].find(([, node]) => node.instance === instance)
  }

  #times = 0
  #time(): string {
    return new Date(Date.parse(start) + 60_000 * this.#times++).toISOString()
  }
}

const start = '2026-01-01T00:00:00.000Z'

const sizeOf = (id: string, { spec: { min = 1, max = 5, labels = {} }, replicas, version, members }: Target): Size => {
  const ready = members.filter((one) => one.ready).length
  return { id, replicas, ready, version: String(version), min, max, labels, rollingOut: ready !== replicas, autoscaled: false, members: members.map(({ sick: _, ...one }) => one) }
}

const different = (name: string, wanted: object, now: object | undefined): string[] =>
  Object.entries(wanted).flatMap(([key, value]) => {
    const is: unknown = now && (now as Record<string, unknown>)[key]
    return is === value ? [] : [`${name} should have ${key} ${JSON.stringify(value)} in the end, and has ${JSON.stringify(is ?? null)}`]
  })

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })
