/** The first runbooks, planned and run step by step on real processes. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PlanContext, PlanResult, PlanView, Scale, StepContext } from '../../src/runbook.ts'
import restartService from '../../runbooks/restart-service/1.ts'
import scaleService from '../../runbooks/scale-service/1.ts'
import { call, refusedAs, untilSize } from '../contract/provider.ts'
import { startServices, type Services } from './services.ts'

const target = 'web'
const options = { timeout: 120_000 }

/** What a script is handed, with the provider behind it; and a count of what it changed. */
function handsOn({ provider }: Services): { scale: Scale; changes: string[] } {
  const changes: string[] = []
  return {
    changes,
    scale: {
      read: (name) => provider.read(name, call()),
      list: () => provider.list(call()),
      set: (name, replicas, more) => (changes.push(`${name} → ${replicas}`), provider.set(name, replicas, { ...call(), ...more })),
      restart: (name, member) => (changes.push(`restart ${member}`), provider.restart(name, member, call())),
      remove: () => Promise.reject(new Error('services have no such thing')),
      markUnhealthy: () => Promise.reject(new Error('services have no such thing')),
      restartAll: () => Promise.reject(new Error('services have no such thing')),
      rollBack: () => Promise.reject(new Error('services have no such thing')),
      history: () => Promise.reject(new Error('services have no such thing')),
    },
  }
}

async function plan(of: typeof scaleService, scale: Scale, params: object = {}): Promise<PlanResult> {
  const defaults = Object.fromEntries(Object.entries(of.params ?? {}).map(([name, spec]) => [name, spec.default]))
  return of.plan({ target, targets: [target], params: { ...defaults, ...params }, scale } as unknown as PlanContext)
}

/** A run of the steps; what was planned is all they know, and `from` starts at a later step as after a crash. */
async function run(of: typeof scaleService, scale: Scale, planned: PlanResult, params: object = {}): Promise<Record<string, unknown>> {
  const outputs: Record<string, unknown> = {}
  const context = {
    target, params: { by: 1, direction: 'up', ...params }, scale, outputs, log: () => {}, signal: new AbortController().signal,
    plan: { digest: '', changes: planned.changes, notes: planned.notes } as unknown as PlanView,
    poll: async (check: () => Promise<boolean>) => {
      for (const end = Date.now() + 30_000; !(await check()); await new Promise((go) => setTimeout(go, 20))) assert.ok(Date.now() < end, 'the poll came to no end')
    },
  } as unknown as StepContext
  for (const step of of.steps) outputs[step.name] = await (step.run as (context: StepContext) => unknown)(context)
  assert.equal(await of.verify!(context), true)
  return outputs
}

describe('the first runbooks', () => {
  let services: Services
  const size = async (replicas: number): Promise<void> => {
    await services.provider.set(target, replicas, call())
    await untilSize({ ...services, target }, ({ ready, members }) => ready === replicas && members.length === replicas, `${replicas} ready replicas`)
  }
  before(async () => void (services = await startServices()))
  after(() => services.destroy())

  const plans: readonly (readonly [has: number, params: object, to: number | 'at bound', reason: string])[] = [
    [2, {}, 3, 'one more unless it is said otherwise'],
    [2, { by: 2 }, 4, 'as many as asked for'],
    [2, { by: 3 }, 4, 'never above the bound, but up to it'],
    [4, {}, 'at bound', 'nothing to raise: a person is called'],
    [3, { direction: 'down' }, 2, 'down by one'],
    [3, { direction: 'down', by: 3 }, 1, 'never below the bound'],
    [1, { direction: 'down' }, 'at bound', 'nothing to lower'],
  ]
  for (const [has, params, to, reason] of plans) {
    test(`scale-service plans from ${has} to ${to}: ${reason}`, options, async () => {
      await size(has)
      const { scale, changes } = handsOn(services)
      const planned = await plan(scaleService, scale, params)
      if (to === 'at bound') {
        assert.deepEqual(planned.changes, [])
        assert.match(String(planned.notes), /bound: web has \d replicas and may have 1 to 4/)
      } else assert.deepEqual(planned.changes, [{ target, from: has, to }])
      assert.deepEqual(changes, [], 'a plan only reads')
    })
  }

  for (const [direction, replicas] of [['up', 10], ['down', 10], ['up', 5]] as const) {
    test(`scale-service ${direction} leaves ${replicas} replicas alone where a person set them outside of 1 to 5`, async () => {
      const scale = { read: async () => ({ replicas: direction === 'up' ? replicas : 10, min: 1, max: 5, version: '7' }) } as unknown as Scale
      assert.deepEqual((await plan(scaleService, scale, { direction })).changes, [], 'up never lowers, down never raises')
    })
  }

  test('scale-service adds a replica, waits until it is ready, and repeated it changes nothing', options, async () => {
    await size(2)
    const { scale, changes } = handsOn(services)
    const planned = await plan(scaleService, scale)
    assert.deepEqual((await run(scaleService, scale, planned))['set the size'], { replicas: 3, changed: true })
    assert.equal((await services.provider.read(target, call())).ready, 3)
    const { version } = await services.provider.read(target, call())
    assert.deepEqual((await run(scaleService, scale, planned))['set the size'], { replicas: 3, changed: false }, 'as after a crash before the record')
    assert.deepEqual(changes, ['web → 3'])
    assert.equal((await services.provider.read(target, call())).version, version)
  })

  test('scale-service takes a replica away', options, async () => {
    await size(3)
    const { scale } = handsOn(services)
    await run(scaleService, scale, await plan(scaleService, scale, { direction: 'down' }), { direction: 'down' })
    assert.equal((await services.provider.read(target, call())).members.length, 2)
  })

  test('scale-service touches nothing when somebody changed the service after the plan', options, async () => {
    await size(4)
    const { scale } = handsOn(services)
    await size(2)
    const planned = await plan(scaleService, scale, { by: 2 })
    await size(1)
    await assert.rejects(run(scaleService, scale, planned), refusedAs('VersionConflict', /changed by someone else/))
    await size(4)
    assert.deepEqual((await run(scaleService, scale, planned))['set the size'], { replicas: 4, changed: false }, 'who raised it further is not lowered')
  })

  test('restart-service replaces every replica, one at a time, oldest first, and never all at once', options, async () => {
    await size(3)
    const { scale, changes } = handsOn(services)
    const old = (await services.provider.read(target, call())).members.map(({ id }) => id)
    let fewest = Infinity
    const watching: Scale = { ...scale, restart: async (name, member) => {
      fewest = Math.min(fewest, (await services.provider.read(target, call())).ready)
      return scale.restart(name, member)
    } }
    const outputs = await run(restartService, watching, await plan(restartService, scale))
    assert.deepEqual(changes, old.map((id) => `restart ${id}`))
    assert.deepEqual(outputs['restart one by one'], { restarted: 3, replicas: 3 })
    assert.equal(fewest, 3, 'each restart found the others ready')
    const now = await services.provider.read(target, call())
    assert.deepEqual(now.members.filter(({ id }) => old.includes(id)), [])
  })

  test('restart-service goes on where it was interrupted and restarts nothing twice', options, async () => {
    await size(3)
    const { scale, changes } = handsOn(services)
    const planned = await plan(restartService, scale)
    const dying: Scale = { ...scale, restart: async (name, member) => {
      const done = await scale.restart(name, member)
      if (changes.length === 2) throw new Error('the runner died here')
      return done
    } }
    await assert.rejects(run(restartService, dying, planned), /the runner died here/)
    const outputs = await run(restartService, scale, planned)
    assert.deepEqual(outputs['restart one by one'], { restarted: 1, replicas: 3 })
    assert.equal(new Set(changes).size, 3)
    assert.equal(changes.length, 3)
  })

  test('restart-service begins with what is not ready', async () => {
    const members = [{ id: 'a', ready: true, startedAt: '1' }, { id: 'b', ready: false, startedAt: '2' }, { id: 'c', ready: true, startedAt: '3' }]
    const planned = await plan(restartService, { read: async () => ({ members }) } as unknown as Scale)
    assert.deepEqual(planned.changes[0]!.from, ['b', 'a', 'c'])
    const none = await plan(restartService, { read: async () => ({ members: [] }) } as unknown as Scale)
    assert.deepEqual(none.changes, [])
  })
})
