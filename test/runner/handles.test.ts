/** A handle is known by one list, wherever it is handed out, let through, answered, or invented. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handleNames, readingHandles } from '../../src/core/handle-names.ts'
import { createHands } from '../../src/providers/hands.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { contextFor, type Desk } from '../../src/runner/handles.ts'
import type { JobOrder, Phase } from '../../src/runner/protocol.ts'
import { World } from '../../src/trial/world.ts'

const contextOf = (phase: Phase, asked: string[] = []) => contextFor({ phase, workflow: 'w', input: { target: 'web', targets: ['web'], params: {}, labels: {} } } as unknown as JobOrder, {
  ask: async (name: string) => (asked.push(name), null), print: () => {}, signal: new AbortController().signal, isOver: () => false, waitsFor: () => {},
  forbid: (handle: string) => new Error(`forbidden: ${handle}`),
} satisfies Desk)

test('a script is handed exactly these, and a plan asks only for those that change nothing', async () => {
  for (const phase of ['step', 'plan'] as const) {
    const asked: string[] = []
    const { scale, nodes } = contextOf(phase, asked)
    const all = [...Object.entries(scale).map(([name, call]) => [`scale.${name}`, call] as const), ...Object.entries(nodes).map(([name, call]) => [`nodes.${name}`, call] as const)]
    assert.deepEqual(all.map(([name]) => name).sort(), [...handleNames].sort())
    for (const [name, call] of all) await (call as (...args: unknown[]) => Promise<unknown>)('web', 'x').catch((error: Error) => assert.equal(error.message, `forbidden: ${name}`))
    assert.deepEqual(asked.sort(), [...(phase === 'step' ? handleNames : readingHandles)].sort())
  }
})

test('each is answered by the hands, and by the world of a trial', async () => {
  const yes = async () => null
  const names = ['read', 'list', 'history', 'set', 'restart', 'restartAll', 'rollBack', 'remove', 'markUnhealthy', 'close']
  const nodes = Object.fromEntries(['list', 'read', 'cordon', 'uncordon', 'drain', 'rebalance'].map((name) => [name, yes]))
  const hands = createHands([{ name: 'all', ...Object.fromEntries(names.map((name) => [name, yes])), nodes } as unknown as Provider])
  const world = new World({ targets: { web: { replicas: 1, history: [{ revision: 'x' }] } }, nodes: { web: { ready: true } } })
  for (const name of handleNames) {
    const args = name === 'scale.set' ? ['web', 2] : ['web', 'x']
    await hands.call('all', name, args, { signal: new AbortController().signal, deadlineMs: 1000 })
    world.call(name, args)
  }
})
