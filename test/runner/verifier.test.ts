/** What is said of an alert at the end: that it is gone, that it fires, or that nobody knows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../src/core/entry.ts'
import { createVerifier } from '../../src/runner/verifier.ts'
import type { RunnerDeps } from '../../src/runner/deps.ts'
import { Story } from '../core/story.ts'

const verified = async (fires: RunnerDeps['alertFires'], { resolved = false, later = 0 } = {}): Promise<string> => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['read'] })
  story.decideStart(workflow)
  story.done(workflow, 0, story.claim(workflow))
  assert.equal(workflow.state, 'verifying')
  const { episodes } = story.state
  if (resolved) story.alert(Object.fromEntries(episodes.get(workflow.episode!)!.labels), { status: 'resolved' })
  story.later(later)
  const said: Fact[] = []
  const verify = createVerifier({
    state: story.state, seat: () => ({ me: 'A', live: ['A'], now: story.at }), onProblem: assert.ifError, alertFires: fires,
    append: async (facts: readonly Fact[]) => said.push(...facts), folded: async () => {},
  } as unknown as RunnerDeps)
  verify()
  await new Promise((resolve) => setImmediate(resolve))
  const end = said.find((fact) => fact.kind === 'ended')
  return end ? `${end.state}: ${end.detail}` : 'goes on'
}

const long = { later: 61_000 }
const rows: readonly (readonly [said: string | RegExp, fires: RunnerDeps['alertFires'], more: Parameters<typeof verified>[1], because: string])[] = [
  ['healed: the alert is gone', undefined, { resolved: true }, 'nobody can be asked: the resolved notice is all there is'],
  ['goes on', undefined, {}, 'it may still go away'],
  [/^unproven: the alert still fires 60 s after/, undefined, long, 'no notice ever came'],
  ['goes on', async () => true, { resolved: true }, 'the notice came, and Alertmanager has it all the same'],
  ['goes on', async () => undefined, { resolved: true }, 'Alertmanager does not answer: a notice alone is no proof'],
  ['healed: the alert is gone', async () => false, {}, 'Alertmanager does not have it any more'],
  [/^unproven: the alert still fires 60 s after/, async () => true, long, 'Alertmanager says so'],
  [/^unproven: whether the alert still fires is not known 60 s after/, async () => undefined, { ...long, resolved: true }, 'what nobody knows is not said'],
]
for (const [said, fires, more, because] of rows) {
  test(`${because}: ${said}`, async () => {
    const is = await verified(fires, more)
    if (typeof said === 'string') assert.equal(is, said)
    else assert.match(is, said)
  })
}
