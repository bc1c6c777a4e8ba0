/** What is touched: services with a size. And whether their alerts are gone, as Alertmanager would say. */
import { overruled } from '../../src/core/fold/suspensions.ts'
import type { Json } from '../../src/core/plan.ts'
import type { State } from '../../src/core/state.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import type { Hands } from '../../src/runner/deps.ts'
import type { Host } from './host.ts'
import type { World } from './world.ts'

export const idOf = (service: string): string => `id-${service}`

export interface Service {
  version: number
  replicas: number
}

/** Whoever does it: a step, or a person. */
export const change = (services: Map<string, Service>, name: string, replicas: number): void => {
  services.set(name, { version: serviceOf(services, name).version + 1, replicas })
}

export const serviceOf = (services: ReadonlyMap<string, Service>, name: string): Service => services.get(name) ?? { version: 1, replicas: 2 }

/** What a workflow changed, somebody has changed since, and nobody has told of. */
export const unseenHands = (world: World, state: State): string[] => [...state.watched.values()].flatMap((watched) => {
  const { version, replicas } = serviceOf(world.services, watched.target)
  return overruled(state, watched, { version: String(version), replicas }).length > 0 ? [`${watched.target} was changed by hand from ${watched.replicas} to ${replicas}, and nobody saw it`] : []
})

export const handsOf = (world: World, host: Host): Hands => {
  const dice = world.dice('hands')
  return {
    call: async (_, name, args) => {
      await host.gate(world.sleep(dice.between(1, 10)))
      if (name !== 'scale.read') throw new Error(`the simulation knows no ${name}`)
      const service = String(args[0])
      const { replicas, version } = serviceOf(world.services, service)
      return { id: idOf(service), name: service, replicas, ready: replicas, version: String(version) } satisfies Json
    },
  }
}

/** Most cures work: the alert goes once the workflow's last step was done. Some never do. */
export const isGone = (world: World, workflow: Workflow): boolean =>
  workflow.id.charCodeAt(workflow.id.length - 1) % 5 !== 0 && world.truth.steps().some((one) => one.workflow === workflow.id && one.how === 'done')
