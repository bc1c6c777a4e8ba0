/** What is touched: services with a size. And whether their alerts are gone, as Alertmanager would say. */
import type { Json } from '../../src/core/plan.ts'
import type { Workflow } from '../../src/core/state.ts'
import type { Hands } from '../../src/runner/deps.ts'
import type { Host } from './host.ts'
import type { World } from './world.ts'

export const idOf = (service: string): string => `id-${service}`

export const handsOf = (world: World, host: Host): Hands => {
  const dice = world.dice('hands')
  return {
    call: async (_, name, args) => {
      await host.gate(world.sleep(dice.between(1, 10)))
      if (name !== 'scale.read') throw new Error(`the simulation knows no ${name}`)
      const service = String(args[0])
      return { id: idOf(service), name: service, replicas: 2, ready: 2, version: '1' } satisfies Json
    },
  }
}

/** Most cures work: the alert goes once the workflow's last step was done. Some never do. */
export const isGone = (world: World, workflow: Workflow): boolean =>
  workflow.id.charCodeAt(workflow.id.length - 1) % 5 !== 0 && world.truth.steps().some((one) => one.workflow === workflow.id && one.how === 'done')
