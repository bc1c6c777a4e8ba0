/** What Kubernetes tells of a Deployment or a StatefulSet, as a size. */
import { ProviderError, type Size } from './provider.ts'

export interface Meta {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string; readonly controller?: boolean }[]
}

export interface Workload {
  readonly metadata: Meta
  readonly spec: { readonly replicas?: number; readonly selector: { readonly matchLabels?: Readonly<Record<string, string>>; readonly matchExpressions?: readonly Expression[] } }
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number; readonly readyReplicas?: number; readonly updatedReplicas?: number; readonly currentRevision?: string; readonly updateRevision?: string }
}
interface Expression {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

export interface Pod {
  readonly metadata: Meta
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

export interface Autoscaler {
  readonly metadata: Meta
  readonly spec: { readonly scaleTargetRef: { readonly kind: string; readonly name: string } }
}

export function sizeOfWorkload({ metadata, spec, status = {} }: Workload, pods: readonly Pod[], isAutoscaled: boolean): Size {
  const replicas = spec.replicas ?? 1
  const present = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && !['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''))
  const members = present.map((pod) => ({ id: memberOf(pod), ready: isReady(pod), startedAt: pod.metadata.creationTimestamp }))
  const settled = (status.observedGeneration ?? 0) >= metadata.generation && (status.replicas ?? 0) === replicas && (status.readyReplicas ?? 0) >= replicas
    && (status.updatedReplicas ?? 0) >= replicas && pods.length === present.length && present.length === replicas
  return {
    id: metadata.uid, replicas, ready: members.filter(({ ready }) => ready).length, version: String(metadata.generation), ...boundsOf(metadata), labels: { ...metadata.labels },
    rollingOut: !settled, autoscaled: isAutoscaled,
    members: members.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : a.id < b.id ? -1 : 1)),
  }
}

/** A StatefulSet uses its names again: with the uid a member is one pod. */
export const memberOf = ({ metadata: { name, uid } }: Pod): string => `${name}:${uid}`

const isReady = ({ status }: Pod): boolean => (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')

const usual = { min: 1, max: 5 }

/** Written by its owner as annotations. One that cannot be read is no bound at all, and then nothing is changed. */
function boundsOf({ name, annotations = {} }: Meta): { min: number; max: number } {
  const [min, max] = (['min', 'max'] as const).map((bound) => {
    const text = annotations[`paramedic/${bound}-replicas`]
    if (text === undefined) return usual[bound]
    if (!/^\d{1,6}$/.test(text)) throw new ProviderError('BadCall', `${name}: its annotation paramedic/${bound}-replicas must be a whole number, not ${JSON.stringify(text.slice(0, 60))}`)
    return Number(text)
  }) as [number, number]
  if (min > max) throw new ProviderError('BadCall', `${name}: its annotations say at least ${min} and at most ${max} replicas`)
  return { min, max }
}

/** As the query of a list. */
export function selectorText({ spec: { selector: { matchLabels = {}, matchExpressions = [] } } }: Workload): string {
  const words: Readonly<Record<string, string>> = { In: 'in', NotIn: 'notin' }
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => operator === 'Exists' ? key : operator === 'DoesNotExist' ? `!${key}` : `${key} ${words[operator]} (${values.join(',')})`),
  ].join(',')
}
