/** What every provider of sizes promises. Run on real targets: processes here, and what the later providers scale. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Json } from '../../src/core/plan.ts'
import { createHands } from '../../src/providers/hands.ts'
import { ProviderError, type Call, type Provider, type ProviderErrorName, type Size } from '../../src/providers/provider.ts'

export interface Subject {
  readonly provider: Provider
  /** A target of its own for every test: bounds 1 to 4, two replicas, all of them ready. */
  readonly target: string
  destroy(): Promise<void>
}

/** A promise that a provider cannot give, and why. */
export interface Exception {
  readonly test: string
  readonly reason: string
}

const patienceMs = 30_000
export const call = (deadlineMs = patienceMs): Call => ({ signal: new AbortController().signal, deadlineMs })

export function providerContract(name: string, open: () => Promise<Subject>, exceptions: readonly Exception[] = []): void {
  describe(`the provider's contract: ${name}`, () => {
    for (const [promise, check] of Object.entries(promises)) {
      const exception = exceptions.find((it) => it.test === promise)
      test(promise, { timeout: 4 * patienceMs, skip: exception?.reason ?? false }, async () => {
        const subject = await open()
        try {
          await check(subject)
        } finally {
          await subject.destroy()
        }
      })
    }
    let known: string[] = []
    before(() => { known = Object.keys(promises) })
    after(() => {
      for (const { test: named } of exceptions) assert.ok(known.includes(named), `no promise is called "${named}"`)
    })
  })
}

export async function untilSize({ provider, target }: Pick<Subject, 'provider' | 'target'>, is: (size: Size) => boolean, what: string): Promise<Size> {
  const end = Date.now() + patienceMs
  let size = await provider.read(target, call())
  for (; !is(size); size = await provider.read(target, call())) {
    if (Date.now() > end) assert.fail(`${what} did not come true: ${JSON.stringify(size)}`)
    await new Promise((go) => setTimeout(go, 25))
  }
  return size
}

export const refusedAs = (name: ProviderErrorName, says: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof ProviderError, `an error of the provider was expected, not ${String(error)}`)
  assert.equal(error.name, name)
  assert.match(error.message, says)
  return true
}

const settled = (replicas: number) => (size: Size): boolean =>
  size.replicas === replicas && size.ready === replicas && size.members.length === replicas && size.members.every(({ ready }) => ready)

const promises: Readonly<Record<string, (subject: Subject) => Promise<void>>> = {
  'a target is read whole: size, bounds, version, members from the oldest on': async ({ provider, target }) => {
    const size = await provider.read(target, call())
    assert.deepEqual([size.replicas, size.ready, size.min, size.max], [2, 2, 1, 4])
    assert.notEqual(size.version, '')
    const starts = size.members.map(({ startedAt }) => startedAt)
    assert.equal(starts.length, 2)
    assert.deepEqual(starts, starts.toSorted(), 'oldest first')
    assert.deepEqual((await provider.list(call())).find(({ name }) => name === target), { name: target, id: size.id })
  },

  'a target that is not there is unknown, whatever its name': async ({ provider, target }) => {
    for (const strange of ['nobody', '__proto__', 'constructor', `../${target}`, `${target} `, '', 'a'.repeat(5000), 'x\0y']) {
      await assert.rejects(provider.read(strange, call()), refusedAs('TargetUnknown', new RegExp(`known: .*${target}`)), strange)
      await assert.rejects(provider.set(strange, 2, call()), refusedAs('TargetUnknown', /there is no/))
      await assert.rejects(provider.restart(strange, 'member', call()), refusedAs('TargetUnknown', /there is no/))
    }
  },

  'more replicas come, become ready, and those that were there stay': async (subject) => {
    const { provider, target } = subject
    const before = await provider.read(target, call())
    const told = await provider.set(target, 3, { ...call(), version: before.version })
    assert.equal(told.replicas, 3)
    const now = await untilSize(subject, settled(3), 'three ready replicas')
    assert.notEqual(now.version, before.version)
    const ids = now.members.map(({ id }) => id)
    assert.deepEqual(before.members.filter(({ id }) => !ids.includes(id)), [])
  },

  'fewer replicas: the surplus ends, and no id comes back': async (subject) => {
    const { provider, target } = subject
    const before = await provider.read(target, call())
    await provider.set(target, 1, call())
    const one = await untilSize(subject, settled(1), 'one replica')
    assert.ok(before.members.some(({ id }) => id === one.members[0]!.id), 'the one that stays was there before')
    await provider.set(target, 2, call())
    const two = await untilSize(subject, settled(2), 'two replicas again')
    const fresh = two.members.filter(({ id }) => id !== one.members[0]!.id)
    assert.ok(fresh.every(({ id }) => !before.members.some((old) => old.id === id)), 'a new replica has a new id')
  },

  'the size that it has already: nothing happens, whatever version is given': async ({ provider, target }) => {
    const first = await provider.read(target, call())
    await provider.set(target, 3, { ...call(), version: first.version })
    const { version } = await provider.read(target, call())
    const repeated = await provider.set(target, 3, { ...call(), version: first.version })
    assert.deepEqual([repeated.replicas, repeated.version], [3, version], 'the same call again, as after a crash, changes nothing')
  },

  'a version that is no longer true is refused, and nothing changed': async ({ provider, target }) => {
    const { version } = await provider.read(target, call())
    await provider.set(target, 3, call())
    await assert.rejects(provider.set(target, 4, { ...call(), version }), refusedAs('VersionConflict', /read it again/))
    assert.equal((await provider.read(target, call())).replicas, 3)
  },

  'of several who compare and set at once exactly one wins': async ({ provider, target }) => {
    const { version } = await provider.read(target, call())
    const sizes = [1, 3, 4, 1, 3, 4]
    const results = await Promise.allSettled(sizes.map((size) => provider.set(target, size, { ...call(), version })))
    const { replicas } = await provider.read(target, call())
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') assert.equal(sizes[index], replicas, 'who was told yes got its size')
      else refusedAs('VersionConflict', /version/)(result.reason)
    }
    assert.ok(results.some(({ status }) => status === 'fulfilled'))
  },

  'a size outside of the bounds is refused with the bounds, and nothing changed': async ({ provider, target }) => {
    const before = await provider.read(target, call())
    for (const size of [0, 5, 1_000_000, -1, 2.5, Number.NaN]) {
      await assert.rejects(provider.set(target, size, call()), refusedAs('OutOfBounds', /1 to 4/), String(size))
    }
    assert.deepEqual(await provider.read(target, call()), before)
  },

  'up never lowers and down never raises, whatever became of the size since': async ({ provider, target }) => {
    await provider.set(target, 3, call())
    const { version } = await provider.read(target, call())
    const kept = [await provider.set(target, 2, { ...call(), toward: 'up' }), await provider.set(target, 4, { ...call(), toward: 'down' }), await provider.set(target, 1, { ...call(), toward: 'up', version: 'long ago' })]
    assert.deepEqual(kept.map((size) => [size.replicas, size.version]), Array(3).fill([3, version]), 'it is there already, and nothing happens')
    assert.equal((await provider.set(target, 4, { ...call(), toward: 'up' })).replicas, 4)
    assert.equal((await provider.set(target, 3, { ...call(), toward: 'down' })).replicas, 3)
  },

  'a restart replaces one member and leaves the others; said again it does nothing': async (subject) => {
    const { provider, target } = subject
    const before = await provider.read(target, call())
    const [old, other] = before.members
    await provider.restart(target, old!.id, call())
    const now = await untilSize(subject, (size) => settled(2)(size) && !size.members.some(({ id }) => id === old!.id), 'a fresh replica')
    assert.deepEqual(now.members.find(({ id }) => id === other!.id), other)
    assert.ok(now.members.at(-1)!.startedAt >= other!.startedAt, 'the fresh one is the youngest')
    const again = await provider.restart(target, old!.id, call())
    assert.deepEqual([again.version, again.members], [now.version, now.members])
    assert.equal((await provider.restart(target, 'nobody-1', call())).version, now.version)
  },

  'a call ends by its signal and by its deadline, as unreachable': async ({ provider, target }) => {
    const gone = AbortSignal.abort(new Error('the step was killed'))
    await assert.rejects(provider.read(target, { signal: gone, deadlineMs: patienceMs }), refusedAs('TargetUnreachable', /the step was killed/))
    const stop = new AbortController()
    const asked = provider.read(target, { signal: stop.signal, deadlineMs: patienceMs })
    stop.abort(new Error('stopped meanwhile'))
    await assert.rejects(asked, refusedAs('TargetUnreachable', /stopped meanwhile/))
    await assert.rejects(provider.read(target, call(0)), refusedAs('TargetUnreachable', /no answer within 0 ms/))
  },

  'what a script hands over is checked before it reaches the provider': async ({ provider, target }) => {
    const hands = createHands([provider])
    const size = (await hands.call(provider.name, 'scale.read', [target], call())) as unknown as Size
    assert.equal(size.replicas, 2)
    const set = await hands.call(provider.name, 'scale.set', [target, 3, { version: size.version }], call())
    assert.equal((set as unknown as Size).replicas, 3)
    const wrong: readonly (readonly [string, readonly Json[], string])[] = [
      ['scale.read', [], 'no target'], ['scale.read', [7], 'a target that is no text'], ['scale.set', [target], 'no size'],
      ['scale.set', [target, '3'], 'a size that is text'], ['scale.set', [target, -1], 'a size below nothing'],
      ['scale.set', [target, 1.5], 'half a replica'], ['scale.set', [target, 3, { toward: 'sideways' }], 'neither up nor down'], ['scale.restart', [target], 'no member'],
      ['scale.end', [], 'a call that scripts do not have'], ['constructor', [], 'a name that every object has'],
    ]
    for (const [name, args, reason] of wrong) await assert.rejects(hands.call(provider.name, name, args, call()), refusedAs('BadCall', /must be|may call/), reason)
    await assert.rejects(hands.call('elsewhere', 'scale.read', [target], call()), refusedAs('BadCall', /not configured/))
  },
}
