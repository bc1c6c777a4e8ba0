/** What a decider puts on the log, and when: the decider and the stepper as they are, on a log that the test writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { RunbookManifest } from '../../src/core/catalogue.ts'
import type { Decided, Fact, StopOrder } from '../../src/core/entry.ts'
import { preferred } from '../../src/core/rendezvous.ts'
import type { Seat } from '../../src/core/seat.ts'
import { createDecider } from '../../src/follow/decider.ts'
import { inFlight } from '../../src/follow/in-flight.ts'
import { realClock } from '../../src/log/clock.ts'
import type { Jobs } from '../../src/runner/jobs.ts'
import { createLatch } from '../../src/runner/latch.ts'
import type { JobOrder, Outcome } from '../../src/runner/protocol.ts'
import { createStepper } from '../../src/runner/stepper.ts'
import { allowing, Story } from '../core/story.ts'

/** One process that decides and runs, as A until it is another. What it appends stays unread until `read`. */
const stage = (live: readonly string[] = ['A'], { forceDryRun = false, stepsAtOnce }: { forceDryRun?: boolean; stepsAtOnce?: number } = {}) => {
  const story = new Story()
  const { state } = story
  const identity = { id: 'A' }
  story.says({ kind: 'catalogue announced', catalogue: allowing }).says({ kind: 'catalogue activated', digest: 'c1', was: '' })
  const appended: { facts: readonly Fact[]; folded: () => void }[] = []
  const batches: (readonly Fact[])[] = []
  const started: JobOrder[] = []
  const problems: unknown[] = []
  const waiters = new Map<number, () => void>()
  const common = {
    state, onProblem: (problem: unknown) => void problems.push(problem), newId: () => `id-${batches.length}-${started.length}`,
    append: async (facts: readonly Fact[]) => {
      batches.push(facts)
      const at = batches.length
      appended.push({ facts, folded: () => waiters.get(at)?.() })
      return at
    },
    folded: (at: number) => new Promise<void>((resolve) => void waiters.set(at, resolve)),
    seat: (): Seat => ({ me: identity.id, live, now: story.at }),
  }
  const latch = createLatch(state)
  const jobs = { start: (order: JobOrder) => (started.push(order), { id: order.id, started: Promise.resolve(true), result: new Promise<Outcome>(() => {}) }) }
  const stepper = createStepper({
    ...common, me: () => identity.id, clock: realClock, boottime: () => 0, when: async () => {}, jobs: () => jobs as unknown as Jobs, hands: { call: async () => null }, latch,
    lease: { sentAt: () => 0, fresh: () => true }, forceDryRun, stepsAtOnce, scriptOf: async () => ({ script: '/s.js', digest: 'd', files: {} }), secretsFor: () => ({}), alertFires: undefined, activeAlerts: undefined,
  })
  const decider = createDecider({ ...common, canKill: () => true, forceDryRun: false, tellUnmatched: true, claimWith: stepper.claimWith })
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
  return {
    story, latch, batches, started, problems, stepper, identity,
    turn: async () => {
      decider()
      await settle()
    },
    /** What the runner does by itself. */
    act: async () => {
      stepper.act()
      await settle()
    },
    /** All that was appended is folded and read back. */
    read: async () => {
      for (const { facts, folded } of appended.splice(0)) {
        for (const fact of facts) story.says(fact, identity.id)
        folded()
      }
      await settle()
    },
  }
}

const kinds = (batches: readonly (readonly Fact[])[]): string[][] => batches.map((facts) => facts.map(({ kind }) => kind))

test('rule 14: what this process decides and runs goes on the log as one batch, and begins once it was read back', async () => {
  const { story, batches, started, turn, read, problems } = stage()
  const workflow = story.workflow()
  await turn()
  assert.deepEqual(kinds(batches), [['decided', 'claimed']])
  assert.equal(started.length, 0, 'nothing begins before its claim was read back as won')
  await read()
  assert.equal(workflow.state, 'running')
  assert.deepEqual(started.map(({ step }) => step), [0])
  await turn()
  assert.equal(batches.length, 1)
  assert.deepEqual(problems, [])
})

test('rule 14: a stop that the log has first voids both, and nothing begins', async () => {
  const { story, batches, started, turn, read } = stage()
  const workflow = story.workflow()
  await turn()
  story.stop('s1')
  await read()
  assert.deepEqual(kinds(batches), [['decided', 'claimed']])
  assert.deepEqual([workflow.state, started.length], ['waiting', 0])
})

test('a step of several jobs is claimed up to its concurrency; each of them begins', async () => {
  const { story, batches, started, turn, read } = stage()
  story.workflow({ each: ['web', 'api', 'db'], effects: ['repeatable'] })
  await turn()
  await read()
  assert.deepEqual(kinds(batches), [['decided', 'claimed', 'claimed']])
  assert.deepEqual(started.map(({ input }) => input.target), ['web', 'api'])
})

test('no more steps run at once than this process may; what finds no room is decided and left to others', async () => {
  const { story, batches, started, turn, read } = stage(['A'], { stepsAtOnce: 2 })
  story.workflow({ each: ['web', 'api', 'db'], effects: ['repeatable'] })
  await turn()
  await read()
  story.workflow({ id: 'wf-2', target: 'queue' })
  await turn()
  assert.deepEqual(kinds(batches), [['decided', 'claimed', 'claimed'], ['decided']])
  assert.equal(started.length, 2)
})

test('a claim that waited to be sent while its process began anew is spoken for under the new name', async () => {
  const { story, started, turn, read, identity } = stage()
  const workflow = story.workflow()
  await turn()
  // What is queued is sent under the name of whoever sends it.
  identity.id = 'B'
  await read()
  assert.deepEqual([workflow.holder, started.map(({ step }) => step)], ['B', [0]])
})

test('a process that is forced to dry runs executes nothing, though another decided it', async () => {
  for (const [forceDryRun, claims] of [[false, [['claimed']]], [true, []]] as const) {
    const { story, batches, act } = stage(['A'], { forceDryRun })
    story.decideStart(story.workflow(), [], 'B')
    await act()
    assert.deepEqual(kinds(batches), claims)
  }
})

const stop: StopOrder = { id: 's1', matchers: [], effect: 'kill', who: 'ann', why: 'test' }

test('where it is not for this process to claim, or not now, the decision goes alone', async () => {
  const latched = stage()
  latched.story.workflow()
  latched.latch.trip(stop)
  await latched.turn()
  assert.deepEqual(kinds(latched.batches), [['decided']])
  // A decider that takes the turn of another leaves the claim to the one that is preferred for that as well.
  const ids = Array.from({ length: 50 }, (_, index) => `wf-${index}`)
  const [mine, other] = ['A', 'B'].map((name) => ids.find((id) => preferred(id, ['A', 'B'])[0] === name)!)
  const two = stage(['A', 'B'])
  two.story.workflow({ id: mine!, target: 'web' })
  two.story.workflow({ id: other!, target: 'api' })
  two.story.later(5000)
  await two.turn()
  assert.deepEqual(kinds(two.batches), [['decided', 'claimed'], ['decided']])
})

test('rule 15: what was decided and not read back counts: another on the same target is not decided beside it', async () => {
  const { story, batches, turn, read } = stage()
  const [one, other] = [story.workflow({ id: 'wf-1' }), story.workflow({ id: 'wf-2' })]
  const elsewhere = story.workflow({ id: 'wf-3', target: 'api' })
  await turn()
  await turn()
  assert.deepEqual(batches.map(([decided]) => (decided as Decided).workflow), ['wf-1', 'wf-3'])
  await read()
  await turn()
  await read()
  assert.deepEqual([one.state, other.state, elsewhere.state], ['running', 'waiting', 'running'])
  assert.equal(other.reason, 'target busy')
  assert.equal(story.state.counts.voids, 0, 'no claim was in vain')
})

test('of a hundred at once, what goes wrong with one is told with its id, and where it was', async () => {
  const told: string[] = []
  const busy = inFlight({ append: async () => 0, folded: async () => {}, onProblem: (problem) => told.push((problem as Error).stack!) })
  const ids = Array.from({ length: 100 }, (_, n) => `workflow-${n}.`)
  for (const id of ids) busy.during([id], async () => {
    await turn()
    throw new Error(`this befell ${id}`)
  })
  while (busy.size() > 0) await turn()
  assert.deepEqual(ids.filter((id, n) => !(told[n]!.includes(`with ${id}`) && told[n]!.includes(`this befell ${id}`))), [])
})

const manifest: RunbookManifest = {
  name: 'fix', version: 1, digest: 'd', about: '', target: 'service', provider: 'local', params: {}, verify: false, planTimeoutMs: 1000, healedWithinMs: 60_000,
  steps: [{ name: 'fix', effect: 'repeatable', timeoutMs: 1000, each: false, concurrency: 1, onError: 'stop', memoryMb: 64 }],
}
const elsewhere = { provider: 'kubernetes', target: 'namespace/deployment' }
const rows: readonly (readonly [labels: Record<string, string>, route: object, said: string, reason: string])[] = [
  [{ service: 'web' }, {}, 'local web', 'what its script says'],
  [{ namespace: 'shop', deployment: 'web' }, elsewhere, 'kubernetes shop/web', 'what its route says instead'],
  [{ deployment: 'web' }, elsewhere, 'no target', 'half a name is none'],
  [{ namespace: 'shop/deployment', deployment: 'web' }, elsewhere, 'no target', 'a label that would name something else'],
]
for (const [labels, more, said, reason] of rows) {
  test(`an alert with ${JSON.stringify(labels)} is ${said}: ${reason}`, async () => {
    const { story, batches, turn } = stage()
    const routes = [{ matchers: ['alertname="Slow"'], runbook: { name: 'fix', version: 1 }, mode: 'auto' as const, params: {}, source: 'routes.yaml:2', ...more }]
    story.says({ kind: 'catalogue announced', catalogue: { ...allowing, digest: 'c2', routes, runbooks: { 'fix@1': manifest } } }).says({ kind: 'catalogue activated', digest: 'c2', was: 'c1' })
    story.alert({ alertname: 'Slow', ...labels })
    await turn()
    const [fact] = batches.flat()
    assert.equal(fact?.kind === 'matched' ? `${fact.provider} ${fact.targets.join()}` : fact?.kind === 'unmatched' ? fact.reason : fact?.kind, said)
  })
}
