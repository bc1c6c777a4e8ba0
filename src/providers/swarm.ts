/**
 * The provider `swarm`: replicated services that their labels make targets. The whole spec is sent back with the version
 * that was read, and only the count in it is another. A service's version here is a digest of its spec: the engine's own
 * number also moves when it only notes how an update goes.
 */
import { hash } from 'node:crypto'
import type { Edges } from '../edge/edges.ts'
import { mustRollBack, mustSet, ProviderError, targetUnknown, withinDeadline, type Call, type Condition, type Provider, type Size } from './provider.ts'
import { whatRuns } from './same-run.ts'
import { outOfSequence, swarmClient, type Service, type SwarmAccess, type Task } from './swarm-client.ts'
import { isRebalanced, isTarget, ownMapping, readMapping, whatLabelsSay, type Mapping } from './swarm-labels.ts'
import { swarmNodes } from './swarm-nodes.ts'

export interface SwarmOptions extends SwarmAccess {
  /** A file. */
  readonly mapping?: string
}

export function swarm({ mapping: file, ...access }: SwarmOptions, edges: Edges): Provider {
  const mapping = file === undefined ? ownMapping : readMapping(file)
  const client = swarmClient(access, edges)

  const all = async (call: Call): Promise<Service[]> =>
    (await client.request<Service[]>({ method: 'GET', path: ['services'], query: { filters: JSON.stringify({ label: [`${mapping.target.label}=${mapping.target.value}`] }) } }, call))
      .filter(({ Spec }) => isTarget(mapping, Spec.Labels ?? {}))

  /** By its exact name, out of what the engine listed: no name of ours ever stands in a path. */
  const find = async (target: string, call: Call): Promise<Service> => {
    const services = await all(call)
    const found = services.find(({ Spec }) => Spec.Name === target)
    if (found === undefined) throw targetUnknown(target, services.map(({ Spec }) => Spec.Name))
    if (found.Spec.Mode.Replicated === undefined) throw new ProviderError('BadCall', `${target} runs once on every node (it is global): it has no size to set`)
    return found
  }

  const look = async (target: string, call: Call): Promise<{ service: Service; size: Size }> => {
    const service = await find(target, call)
    const tasks = await client.request<Task[]>({ method: 'GET', path: ['tasks'], query: { filters: JSON.stringify({ service: [service.ID] }) }, target }, call)
    return { service, size: sizeOf(mapping, service, tasks) }
  }

  /** What anybody changed between is never overwritten: it is read and judged again. */
  const update = async (target: string, call: Call, change: (service: Service, size: Size) => Service['Spec'] | undefined): Promise<Size> => {
    for (;;) {
      const { service, size } = await look(target, call)
      const spec = change(service, size)
      if (spec === undefined) return size
      try {
        await client.request({ method: 'POST', path: ['services', service.ID, 'update'], query: { version: String(service.Version.Index) }, body: spec, target }, call)
        return (await look(target, call)).size
      } catch (error) {
        if (!outOfSequence(error)) throw error
      }
    }
  }

  const set = (target: string, replicas: number, condition: Condition, call: Call): Promise<Size> =>
    update(target, call, ({ Spec }, size) =>
      mustSet(target, replicas, size, condition) ? { ...Spec, Mode: { ...Spec.Mode, Replicated: { ...Spec.Mode.Replicated, Replicas: replicas } } } : undefined)

  const restartAll = (target: string, stamp: string, call: Call): Promise<Size> =>
    update(target, call, ({ Spec }) => {
      const { ContainerSpec } = Spec.TaskTemplate
      if (ContainerSpec?.Labels?.[stampLabel] === stamp) return undefined
      return { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec: { ...ContainerSpec, Labels: { ...ContainerSpec?.Labels, [stampLabel]: stamp } } } }
    })

  /** The engine remembers one; what is put back is all of it but the size. */
  const rollBack = (target: string, revision: string, version: string | undefined, call: Call): Promise<Size> =>
    update(target, call, (service, size) => {
      const past = mustRollBack(target, revision, revisionsOf(service), { given: version, now: size.version })
      return past && { ...past.spec, Mode: service.Spec.Mode }
    })

  const rebalance = async (stamp: string, call: Call): Promise<string[]> => {
    const labelled = (await all(call)).filter(({ Spec }) => isRebalanced(mapping, Spec.Labels ?? {})).map(({ Spec }) => Spec.Name)
    for (const target of labelled) await restartAll(target, stamp, call)
    return labelled
  }

  const within = <T>(what: string, call: Call, work: (call: Call) => Promise<T>): Promise<T> => withinDeadline(what, call, (signal) => work({ signal, deadlineMs: call.deadlineMs }))
  return {
    name: 'swarm',
    read: (target, call) => within(target, call, async (given) => (await look(target, given)).size),
    list: (call) => within('the list of services', call, async (given) => (await all(given)).map(({ ID, Spec }) => ({ name: Spec.Name, id: ID }))),
    set: (target, replicas, condition) => within(target, condition, (call) => set(target, replicas, condition, call)),
    restart: (target, _member, call) => within(target, call, async (given) => {
      await find(target, given)
      throw new ProviderError('BadCall', 'a Swarm cannot be asked to end one task of a service: use restartAll')
    }),
    restartAll: (target, stamp, call) => within(target, call, (given) => restartAll(target, stamp, given)),
    history: (target, call) => within(target, call, async (given) => revisionsOf(await find(target, given)).map(({ spec: _, ...one }) => one)),
    rollBack: (target, revision, condition) => within(target, condition, (call) => rollBack(target, revision, condition.version, call)),
    nodes: { ...swarmNodes(client, within), rebalance: (stamp, call) => within('the services to rebalance', call, (given) => rebalance(stamp, given)) },
    close: async () => client.close(),
  }
}

/** Known by what it runs: neither its size, nor its labels, nor that it was rolled over makes another of it. */
const revisionsOf = ({ Spec, PreviousSpec, UpdatedAt: at }: Service) =>
  [Spec, ...(PreviousSpec && runs(PreviousSpec) !== runs(Spec) ? [PreviousSpec] : [])].map((spec) => ({ revision: runs(spec), current: spec === Spec, at, spec }))

const hashOf = (value: unknown): string => hash('sha256', JSON.stringify(value)).slice(0, 16)
const runs = ({ TaskTemplate }: Service['Spec']): string => hashOf(whatRuns(TaskTemplate, [stampLabel, 'ForceUpdate']))

const stampLabel = 'paramedic.restartedAt'

function sizeOf(mapping: Mapping, { ID: id, Spec, UpdateStatus }: Service, tasks: readonly Task[]): Size {
  const replicas = Spec.Mode.Replicated?.Replicas ?? 1
  const present = tasks.filter(({ DesiredState }) => DesiredState === 'running' || DesiredState === 'ready')
  const members = present.map(({ ID, CreatedAt, Status }) => ({ id: ID, ready: Status.State === 'running', startedAt: CreatedAt }))
  const ready = members.filter((one) => one.ready).length
  return {
    id, replicas, ready, version: hashOf(Spec), ...whatLabelsSay(mapping, Spec.Name, Spec.Labels ?? {}),
    rollingOut: /^(updating|rollback_started|paused)/.test(UpdateStatus?.State ?? '') || members.length !== replicas || ready !== replicas,
    members: members.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0)),
  }
}
