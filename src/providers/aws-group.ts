/** What AWS tells of a group, as a size. */
import type { AutoScalingGroup, Instance } from '@aws-sdk/client-auto-scaling'
import type { Size } from './provider.ts'

/** When instances were launched, by id, as far as AWS remembers: for six weeks. */
export type Launches = ReadonlyMap<string, string>

/** `nodes`: which instances are ready nodes of the cluster, where that is known. */
export function sizeOfGroup(group: AutoScalingGroup, launches: Launches, nodes: ReadonlySet<string> | undefined): Size {
  const { AutoScalingGroupARN: id = '', DesiredCapacity: replicas = 0, MinSize: min = 0, MaxSize: max = 0, Instances = [], Tags = [] } = group
  const present = Instances.filter(({ LifecycleState }) => !/^(Terminat|Detach)/.test(LifecycleState ?? ''))
  const isReady = ({ InstanceId, LifecycleState, HealthStatus }: Instance): boolean =>
    LifecycleState === 'InService' && HealthStatus === 'Healthy' && (nodes === undefined || nodes.has(InstanceId!))
  const members = present.map((instance) => ({
    id: instance.InstanceId!, ready: isReady(instance), startedAt: launches.get(instance.InstanceId!) ?? forgotten,
    ...(instance.ProtectedFromScaleIn === true ? { protected: true as const } : {}),
  }))
  return {
    id, replicas, min, max, ready: members.filter(({ ready }) => ready).length,
    version: `${replicas} of ${min} to ${max}`,
    labels: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    rollingOut: present.length !== replicas || Instances.some(({ LifecycleState }) => !['InService', 'Standby'].includes(LifecycleState ?? '')),
    members: members.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : a.id < b.id ? -1 : 1)),
  }
}

export const protectedOf = ({ members }: Size): string[] => members.filter((member) => member.protected === true).map(({ id }) => id)

/** Longer ago than AWS remembers: older than all others. */
const forgotten = new Date(0).toISOString()
