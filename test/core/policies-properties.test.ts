/**
 * Over states that come of told histories: a tighter policy never allows more, one policy more never allows more, and the
 * order of policies changes nothing. A property that is never put to the test proves nothing: the share of cases in which
 * the change mattered is printed, and at least a tenth must.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PolicyEntry } from '../../src/core/catalogue.ts'
import type { Json, Observed, Plan } from '../../src/core/plan.ts'
import { verdicts } from '../../src/core/policy.ts'
import { judgePolicies, worst } from '../../src/core/policies/judge.ts'
import { room } from '../../src/core/counter.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { catalogueWith, Story } from './story.ts'

const names = ['a', 'b', 'c', 'd'] as const
const zones: Readonly<Record<string, string>> = { a: 'x', b: 'x', c: 'y', d: '' }
const minute = 60_000

/** How tight: 0 is loosest. What one policy of each type says then; every step up is stricter or the same. */
const types: Readonly<Record<string, (tightness: number) => Record<string, unknown>>> = {
  targets: (t) => ({ names: names.slice(0, 4 - Math.min(3, t)) }),
  excluded: (t) => ({ names: ['z', ...names.slice(0, t)] }),
  bounds: (t) => ({ min: t > 1 ? 2 : 0, max: 9 - t, step: Math.max(1, 4 - t) }),
  'one-domain': () => ({ label: 'zone' }),
  same: (t) => ({ labels: t > 1 ? ['zone', 'tier'] : ['zone'] }),
  steps: (t) => ({ names: t > 2 ? ['step 1'] : ['step 1', 'step 2'] }),
  concurrency: (t) => ({ max: 4 - Math.min(3, t), by: 'all' }),
  caps: (t) => ({ max: 5 - t, of: 'replicas', per: '1h' }),
  'healthy-floor': (t) => ({ min: 1 + t, percent: 1 + t * 20 }),
  'mass-failure': (t) => ({ max: 4 - Math.min(3, t), in: `${10 + 20 * t}m` }),
  storm: (t) => ({ for: `${1 + 10 * t}m` }),
  breaker: (t) => ({ max: 4 - Math.min(3, t), in: `${10 + 20 * t}m` }),
  'slow-down': (t) => ({ max: 4 - Math.min(3, t), per: `${10 + 20 * t}m` }),
  ramp: (t) => ({ max: 4 - Math.min(3, t), in: '1h' }),
  'error-budget': (t) => ({ max: 4 - Math.min(3, t), in: `${10 + 20 * t}m`, by: 'all' }),
  rate: (t) => ({ max: 5 - t, per: `${10 + 20 * t}m`, by: 'all' }),
  cooldown: (t) => ({ for: `${1 + 15 * t}m` }),
  opposite: (t) => ({ for: `${1 + 15 * t}m` }),
  attempts: (t) => ({ max: 4 - Math.min(3, t), in: `${10 + 20 * t}m` }),
  'pause-after': (t) => ({ count: 4 - Math.min(3, t), for: `${1 + 15 * t}m` }),
  'firing-for': (t) => ({ atMost: `${240 - 50 * t}m` }),
  approval: (t) => ({ count: 1 + t, within: '1h' }),
}

const entry = (type: string, tightness: number, name: string = type): PolicyEntry => ({ type, name, settings: types[type]!(tightness), source: 'p.yaml:1' })

interface Event {
  readonly target: (typeof names)[number]
  readonly also: boolean
  readonly by: number
  readonly afterMs: number
  readonly end: 'healed' | 'unproven' | 'failed' | 'runs'
}

const planOf = ({ target, also, by }: Pick<Event, 'target' | 'also' | 'by'>, readAt: number): Plan => {
  const all = also ? [target, names[(names.indexOf(target) + 1) % 4]!] : [target]
  const observed = all.flatMap((name, index): Observed[] => [
    { name: 'size', target: name, value: { replicas: 3, ready: 3 - (index % 2), version: '1' }, readAt },
    { name: 'labels', target: name, value: { ...(zones[name] ? { zone: zones[name] } : {}), ...(name === 'a' ? { tier: 'front' } : {}) } as Json, readAt },
  ])
  return { digest: `${all.join()}${by}`, targets: all.map((name) => ({ name, id: `id-${name}` })), changes: all.map((name) => ({ target: name, id: `id-${name}`, from: 3, to: Math.max(0, 3 + by) })), observed }
}

/** A history under the loosest of every policy: what starts, starts under its takes, on the fold's own counters. */
const told = (events: readonly Event[]): { story: Story; next: Workflow } => {
  const story = new Story()
  const loose = catalogueWith(Object.keys(types).filter((type) => type !== 'approval' && type !== 'targets').map((type) => entry(type, 0)))
  const begin = (event: Event): Workflow => {
    story.later(event.afterMs)
    const workflow = story.workflow({ target: event.target, effects: ['repeatable'] })
    story.says({ kind: 'decided', ...story.judge(workflow), outcome: 'plan again', verdicts: [] })
    story.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: planOf(event, story.at) })
    return workflow
  }
  for (const event of events.slice(0, -1)) {
    const workflow = begin(event)
    story.says({ kind: 'decided', ...story.judge(workflow, { catalogue: loose }) })
    if (workflow.decision?.outcome !== 'start') continue
    const claim = story.claim(workflow)
    if (event.end === 'runs' || workflow.state !== 'running') continue
    story.done(workflow, 0, claim)
    story.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: event.end, reason: event.end === 'healed' ? 'alert gone' : 'step failed', detail: '' })
  }
  return { story, next: begin(events.at(-1)!) }
}

const event: fc.Arbitrary<Event> = fc.record({
  target: fc.constantFrom(...names), also: fc.boolean(), by: fc.constantFrom(-2, -1, 1, 2), afterMs: fc.integer({ min: 1, max: 12 * minute }),
  end: fc.constantFrom('healed', 'healed', 'unproven', 'failed', 'runs'),
})
const history = fc.array(event, { minLength: 1, maxLength: 12 })
const chosen = fc.uniqueArray(fc.constantFrom(...Object.keys(types)), { minLength: 1, maxLength: 5 })

/** 0 allows, 3 refuses: the worst verdict of these policies on the next plan of a history. */
const severity = ({ story, next }: ReturnType<typeof told>, policies: readonly PolicyEntry[]): number => {
  const { state, at } = story
  const found = judgePolicies({ policies: { fix: policies } }, {
    workflow: next.id, runbook: next.runbook, labels: next.labels, plan: next.plan!, at, provider: 'local', steps: [...next.manifest, { ...next.manifest[0]!, name: 'step 2' }],
    approvals: [{ who: 'ann', at: at - minute }, { who: 'bob', at }], episode: { startsAt: new Date(at - 90 * minute).toISOString(), firstAt: at },
    room: (take) => room(state, take, at, next.id),
  })
  assert.ok(!found.some(({ reason }) => reason === 'policy failed'), JSON.stringify(found))
  return verdicts.indexOf(worst(found)!.verdict)
}

/** Holds `property` over many cases, each of which says whether the change mattered. */
const holds = (t: { diagnostic(text: string): void }, cases: fc.Arbitrary<unknown[]>, property: (...values: any[]) => boolean): void => {
  let [all, changed] = [0, 0]
  fc.assert(fc.property(cases, (values) => {
    all++
    if (property(...values)) changed++
  }), { numRuns: 600, seed: Number(process.env['SEED'] ?? 20_261_126) })
  t.diagnostic(`the verdict changed in ${changed} of ${all} cases, ${Math.round((100 * changed) / all)} %`)
  assert.ok(changed >= all / 10, `only ${changed} of ${all} cases put it to the test`)
}

const tight = fc.integer({ min: 0, max: 4 })

test('tightening a policy never allows more', (t) => {
  holds(t, fc.tuple(history, chosen, tight, tight), (events: Event[], list: string[], one: number, other: number) => {
    const state = told(events)
    const [loose, strict] = [Math.min(one, other), Math.max(one, other)].map((tightness) => severity(state, list.map((type) => entry(type, tightness))))
    assert.ok(strict! >= loose!, `${list.join()}: ${verdicts[loose!]} at ${Math.min(one, other)} became ${verdicts[strict!]} at ${Math.max(one, other)}`)
    return strict !== loose
  })
})

test('tightening any one policy, of each type, never allows more', () => {
  const touched = new Set<string>()
  fc.assert(fc.property(history, (events) => {
    const state = told(events)
    for (const type of Object.keys(types)) {
      const all = [0, 1, 2, 3, 4].map((tightness) => severity(state, [entry(type, tightness)]))
      assert.deepEqual(all, all.toSorted((a, b) => a - b), `${type}: ${all.map((one) => verdicts[one]).join(', ')}`)
      if (all[0] !== all[4]) touched.add(type)
    }
  }), { numRuns: 150, seed: 7 })
  const never = Object.keys(types).filter((type) => !touched.has(type) && type !== 'one-domain')
  assert.deepEqual(never, [], 'each type was put to the test')
})

test('adding a policy never allows more', (t) => {
  holds(t, fc.tuple(history, chosen, tight, fc.constantFrom(...Object.keys(types)), tight), (events: Event[], list: string[], tightness: number, added: string, how: number) => {
    const state = told(events)
    const before = severity(state, list.map((type) => entry(type, tightness)))
    const after = severity(state, [...list.map((type) => entry(type, tightness)), entry(added, how, 'added')])
    assert.ok(after >= before, `${added} at ${how} made ${verdicts[after]} of ${verdicts[before]}`)
    return after !== before
  })
})

test('the order of policies changes nothing', (t) => {
  const shuffled = chosen.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
  holds(t, fc.tuple(history, shuffled, tight), (events: Event[], [list, other]: [string[], string[]], tightness: number) => {
    const state = told(events)
    const one = severity(state, list.map((type) => entry(type, tightness)))
    assert.equal(one, severity(state, other.map((type) => entry(type, tightness))))
    // Here it matters that there was an order to change, and verdicts that differ.
    return list.join() !== other.join() && new Set(list.map((type) => severity(state, [entry(type, tightness)]))).size > 1
  })
})

