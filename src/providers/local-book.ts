/** What is asked of the services and what they should be: a judgement on the keeper's state, which returns the next state. */
import { isDeepStrictEqual } from 'node:util'
import type { Size } from '../runbook.ts'
import type { Ask, Declarations, Kept, Replica, Service } from './local-words.ts'
import { mustSet, targetUnknown } from './provider.ts'

/** The same object when there is nothing to do. Throws `ProviderError`. */
export function setReplicas(kept: Kept, { target, replicas, ...condition }: Ask & { verb: 'set' }): Kept {
  const service = serviceOf(kept, target)
  const { min, max } = service.declared
  if (!mustSet(target, replicas, { replicas: service.replicas, version: String(service.version), min, max }, condition)) return kept
  return withService(kept, target, { ...service, replicas, version: service.version + 1 })
}

export function restartMember(kept: Kept, { target, member }: Ask & { verb: 'restart' }): Kept {
  const service = serviceOf(kept, target)
  const found = service.members.find(({ id, ending }) => id === member && !ending)
  if (found === undefined) return kept
  return withService(kept, target, { ...ending(service, found.id), version: service.version + 1 })
}

/**
 * Sizes that were set before stay, also outside of new bounds: editing a file must never end replicas by itself.
 * Running replicas keep the command they were started with, until they are restarted.
 */
export function declare(kept: Kept, declared: Declarations): Kept {
  let next = kept
  for (const [name, declaration] of Object.entries(declared)) {
    const before = kept.services[name]
    if (before === undefined) next = withService(next, name, { declared: declaration, replicas: declaration.replicas, version: 1, members: [] })
    else if (!isDeepStrictEqual(before.declared, declaration)) next = withService(next, name, { ...before, declared: declaration, version: before.version + 1 })
  }
  for (const [name, before] of Object.entries(kept.services)) {
    if (Object.hasOwn(declared, name) || (before.replicas === 0 && before.declared.max === 0)) continue
    const gone = { ...before.declared, min: 0, max: 0 }
    next = withService(next, name, { ...before, declared: gone, replicas: 0, version: before.version + 1 })
  }
  return next
}

export function sizeOf(kept: Kept, target: string, isReady: (replica: Replica) => boolean): Size {
  const { declared, replicas, version, members } = serviceOf(kept, target)
  const present = members.filter(({ ending }) => !ending).sort(byAge)
  const { min, max, labels } = declared
  return {
    id: `${kept.keeper}/${target}`, replicas, ready: present.filter(isReady).length, version: String(version), min, max, labels,
    rollingOut: members.some(({ ending }) => ending) || present.length !== replicas, autoscaled: Object.hasOwn(labels, 'autoscaler'),
    members: present.map((replica) => ({ id: replica.id, ready: isReady(replica), startedAt: replica.startedAt })),
  }
}

export const listOf = (kept: Kept): { name: string; id: string }[] =>
  names(kept).map((name) => ({ name, id: `${kept.keeper}/${name}` }))

export const ending = (service: Service, id: string): Service =>
  ({ ...service, members: service.members.map((one) => (one.id === id ? { ...one, ending: true } : one)) })

export const withService = (kept: Kept, name: string, service: Service): Kept =>
  ({ ...kept, services: { ...kept.services, [name]: service } })

/** A service that was taken out of the file is no target any more, while its last replicas end. */
const names = (kept: Kept): string[] => Object.keys(kept.services).filter((name) => kept.services[name]!.declared.max > 0)

function serviceOf(kept: Kept, target: string): Service {
  const service = Object.hasOwn(kept.services, target) ? kept.services[target] : undefined
  if (service === undefined || service.declared.max === 0) throw targetUnknown(target, names(kept))
  return service
}

/** Started in the same millisecond: the lower number is the older one. */
export const byAge = (a: Replica, b: Replica): number =>
  a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : numberOf(a.id) - numberOf(b.id)

const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf('-') + 1))
