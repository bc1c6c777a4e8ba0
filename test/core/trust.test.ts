/** Autonomy by outcome: what a version did, who promoted it, and whether it may start by itself. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Route } from '../../src/core/catalogue.ts'
import type { Rung } from '../../src/core/entry.ts'
import { fallsDue } from '../../src/core/fold/trust.ts'
import { firstRung } from '../../src/core/rung.ts'
import { initialState } from '../../src/core/state.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { catalogueWith, Story } from './story.ts'

const twice = { heals: 2, inMs: 60_000 } as const
type Rule = Rung['trust']

class Earning extends Story {
  constructor() {
    super()
    this.says({ kind: 'fold version', version: 2 })
  }

  begin(rule: Rule, canary?: number): Workflow {
    const workflow = this.workflow({ ...(rule === undefined ? {} : { trust: rule }), ...(canary === undefined ? {} : { canary }) })
    return workflow
  }

  ends(state: 'healed' | 'failed' | 'unproven' | 'stopped' | 'cancelled', rule: Rule = twice, canary?: number): this {
    const { id, turn } = this.begin(rule, canary)
    return this.says({ kind: 'ended', workflow: id, turn, state, reason: state === 'healed' ? 'alert gone' : 'step failed', detail: '' })
  }

  promote(): this {
    return this.says({ kind: 'promoted', runbook: 'fix@1', who: 'ann', why: 'looked', heals: 2, inMs: 60_000 })
  }

  demote(): this {
    for (const { runbook, fallen: { workflow, was, heals, failures } } of fallsDue(this.state)) this.says({ kind: 'demoted', runbook, workflow, was, heals, failures })
    return this
  }
}

const rows: readonly { readonly given: string; readonly story: (story: Earning) => unknown; readonly rule?: Rule; readonly canary?: number; readonly then: 'start' | 'ask'; readonly says?: RegExp }[] = [
  { given: 'the route grants it', story: () => {}, rule: undefined, then: 'start' },
  { given: 'the route neither grants nor promotes', story: (story) => story.ends('healed').ends('healed').promote(), rule: 'asks', then: 'ask', says: /neither `trust: granted` nor `promote`/ },
  { given: 'it is new', story: () => {}, then: 'ask', says: /fix@1 is new: 0 of 2 verified heals in 1m/ },
  { given: 'it healed once', story: (story) => story.ends('healed'), then: 'ask', says: /1 of 2/ },
  { given: 'it healed often enough, and nobody promoted it', story: (story) => story.ends('healed').ends('healed'), then: 'ask', says: /proposed for promotion: 2 of 2 .*paramedic promote fix@1/ },
  { given: 'a person promoted it', story: (story) => story.ends('healed').ends('healed').promote(), then: 'start' },
  { given: 'a person promotes what has not earned it', story: (story) => story.ends('healed').promote(), then: 'ask' },
  { given: 'the heals are too far apart', story: (story) => story.ends('healed').later(61_000).ends('healed').promote(), then: 'ask', says: /1 of 2/ },
  { given: 'it failed between the two', story: (story) => story.ends('healed').ends('failed').ends('healed').promote(), then: 'ask', says: /1 of 2/ },
  { given: 'it failed after the proposal', story: (story) => story.ends('healed').ends('healed').ends('unproven').promote(), then: 'ask', says: /0 of 2/ },
  { given: 'promoted, it failed: at once, before the entry says so', story: (story) => story.ends('healed').ends('healed').promote().ends('failed'), then: 'ask', says: /failed \(.*\) after it was promoted/ },
  { given: 'promoted, it was run and the alert stayed', story: (story) => story.ends('healed').ends('healed').promote().ends('unproven').demote(), then: 'ask', says: /is new: 0 of 2/ },
  { given: 'promoted, and stopped by a person: that is no failure', story: (story) => story.ends('healed').ends('healed').promote().ends('stopped').ends('cancelled'), then: 'start' },
  { given: 'demoted, it earned it again', story: (story) => story.ends('healed').ends('healed').promote().ends('failed').demote().ends('healed').ends('healed').promote(), then: 'start' },
  { given: 'a canary that has not failed', story: (story) => story.ends('healed', undefined, 2).ends('failed', undefined, 2), rule: undefined, canary: 2, then: 'start' },
  { given: 'a canary that failed as often as it may', story: (story) => story.ends('failed', undefined, 2).ends('unproven', undefined, 2), rule: undefined, canary: 2, then: 'ask', says: /the canary fix@1 was rolled back after 2 of 2 failures/ },
  { given: 'and after that is on the log', story: (story) => story.ends('failed', undefined, 1).demote(), rule: undefined, canary: 1, then: 'ask', says: /rolled back/ },
]

describe('autonomy by outcome', () => {
  for (const { given, story: tell, rule = given.includes('grants it') || given.includes('canary') || given.startsWith('and after') ? undefined : twice, canary, then, says } of rows) {
    test(`${given}: ${then}`, () => {
      const story = new Earning()
      tell(story)
      const workflow = story.begin(rule, canary)
      const judged = story.judge(workflow)
      assert.deepEqual([judged.outcome, judged.reason], [then, then === 'ask' ? 'trust' : undefined])
      if (says) assert.match(judged.detail, says)
    })
  }

  test('what was judged before the failure does not start after it', () => {
    const story = new Earning().ends('healed').ends('healed').promote()
    const workflow = story.begin(twice)
    story.decideStart(workflow).ends('failed')
    story.claim(workflow)
    assert.deepEqual([workflow.state, workflow.started, workflow.decision], ['ready', false, undefined])
  })

  test('what a person approved starts, trusted or not, and a dry run asks nobody', () => {
    const story = new Earning()
    const workflow = story.begin(twice)
    story.says({ kind: 'decided', ...story.judge(workflow) }).says({ kind: 'approved', workflow: workflow.id, plan: workflow.plan!.digest, who: 'ann', why: '' })
    story.says({ kind: 'decided', ...story.judge(workflow) }).claim(workflow)
    assert.equal(workflow.state, 'running')
    assert.equal(story.judge(story.begin(twice), { forceDryRun: true }).outcome, 'rehearse')
  })

  test('each turn is told with its numbers', () => {
    const story = new Earning().ends('healed').ends('healed').promote().ends('failed').demote()
    const told = [...story.state.notices.values()].flatMap(({ about }) => (about.kind === 'trust' ? [[about.is, about.heals, about.failures]] : []))
    assert.deepEqual(told, [['promoted', 2, 0], ['demoted', 2, 1]])
  })

  test('a revoked version is refused, whatever names it', () => {
    const story = new Earning()
    const workflow = story.begin(undefined)
    const { policies } = catalogueWith([{ type: 'targets', name: 'targets', settings: { names: ['web'] }, source: 'p:1' }])
    assert.deepEqual(['outcome', 'reason'].map((key) => story.judge(workflow, { catalogue: { digest: 'c', routes: [], runbooks: {}, policies, revoked: ['fix@1'] } })[key as 'outcome']), ['refuse', 'revoked'])
    assert.equal(story.judge(workflow, { catalogue: { digest: 'c', routes: [], runbooks: {}, policies, revoked: ['fix@2'] } }).outcome, 'start')
  })
})

const manifest = (version: number) => ({
  name: 'fix', version, digest: `${version}`, about: '', target: 'service', provider: 'local', params: {}, steps: [], verify: false, planTimeoutMs: 1, healedWithinMs: 1,
})
const catalogue = { digest: 'c', routes: [], policies: {}, runbooks: { 'fix@1': manifest(1), 'fix@2': manifest(2) } }
const route = (share: number): Route & { runbook: NonNullable<Route['runbook']> } => ({
  matchers: [], runbook: { name: 'fix', version: 1 }, mode: 'auto', params: {}, trust: 'granted', source: 'r:1', canary: { runbook: { name: 'fix', version: 2 }, share, failures: 1 },
})

describe('a canary', () => {
  const versions = (share: number, state = initialState(), more: object = {}): number[] => Array.from({ length: 1000 }, (_, n) => {
    const rung = firstRung(state, route(share), new Map([['service', `service-${n}`]]), { ...catalogue, ...more })
    assert.ok('runbook' in rung)
    assert.equal(rung.canary, rung.runbook.version === 2 ? 1 : undefined)
    return rung.runbook.version
  })

  for (const share of [1, 10, 50, 99]) {
    test(`takes ${share} % of a thousand targets, and the same ones each time`, () => {
      const taken = versions(share)
      const count = taken.filter((version) => version === 2).length
      assert.ok(Math.abs(count - 10 * share) < 40, `${count}`)
      assert.deepEqual(versions(share), taken)
    })
  }

  test('that failed, or is revoked, is taken by none', () => {
    const state = initialState()
    state.trust.set('fix@2', { heals: [], failures: 1, rolledBack: { at: 1, failures: 1 } })
    for (const taken of [versions(50, state), versions(50, initialState(), { revoked: ['fix@2'] })]) assert.ok(taken.every((version) => version === 1))
  })
})
