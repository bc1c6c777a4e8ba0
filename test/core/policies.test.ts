import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hour, judged, now, plan, start, type Of, type Row } from './policies-judged.ts'
import { howMuch } from './policies-how-much.ts'
import { what } from './policies-what.ts'
import { when } from './policies-when.ts'
import { formatDuration, parseDuration } from '../../src/core/duration.ts'
import type { PolicyEntry } from '../../src/core/catalogue.ts'
import type { Verdict } from '../../src/core/policy.ts'
import { policyTypes } from '../../src/core/policies/index.ts'
import { judgePolicies, takesOf, worst } from '../../src/core/policies/judge.ts'

const entry = (type: string, settings: Record<string, unknown>, name = type): PolicyEntry =>
  ({ type, name, settings, source: 'policies/x.yaml:3' })

const judge = (type: string, settings: Record<string, unknown>, of: Of | undefined, name = type): Verdict =>
  judgePolicies({ policies: { 'scale-service': [entry(type, settings, name)] } }, judged(of))[0]!


const tables: Record<string, readonly Row[]> = {
  ...when, ...what, ...howMuch,
  targets: [
    { settings: { names: ['web', 'api'] }, expected: 'allow: web may be touched', why: 'opted in by exact name' },
    { settings: { names: ['api'] }, expected: 'refuse targets: web not among the 1 allowed', why: 'nobody allowed it' },
    { settings: { names: ['we', 'WEB', 'web '] }, expected: 'refuse targets: web not among the 3 allowed', why: 'no part, no case, no blank' },
    { settings: { names: ['web'] }, of: { plan: plan('web', 'db') }, expected: 'refuse targets: db not among the 1 allowed', why: 'one strange target is enough' },
    { settings: { names: ['id-web'] }, expected: 'refuse targets: web not among the 1 allowed', why: 'an id is not a name that somebody wrote' },
    { settings: { names: ['web'] }, of: { plan: plan() }, expected: 'refuse targets: the plan names no target', why: 'empty never means everything' },
    {
      settings: { names: ['web'] }, of: { plan: { ...plan('web'), changes: plan('db').changes } },
      expected: 'refuse targets: db not among the 1 allowed', why: 'a change may not touch what the plan does not name',
    },
  ],
  excluded: [
    { settings: { names: ['db'] }, expected: 'allow: none of the 1 excluded', why: 'not named' },
    { settings: { names: ['db', 'web'] }, expected: 'refuse excluded: web excluded', why: 'named' },
    { settings: { names: ['id-web'] }, expected: 'refuse excluded: web excluded', why: 'named by the provider id' },
    { settings: { names: ['db'] }, of: { plan: plan('web', 'db') }, expected: 'refuse excluded: db excluded', why: 'one of several' },
    { settings: { names: ['db'] }, of: { plan: { ...plan('web'), changes: plan('db').changes } }, expected: 'refuse excluded: db excluded', why: 'also where only a change says it' },
  ],
  rate: [
    { settings: { max: 2, per: '1h' }, expected: 'allow: 0 of 2 in 1h for runbook scale-service', keys: ['rate:rate:runbook=scale-service'], why: 'nothing started yet' },
    {
      settings: { max: 2, per: '1h' }, of: { starts: { 'rate:rate:runbook=scale-service': [start(hour / 2), start(hour / 4)] } },
      expected: 'wait rate: 2 of 2 in 1h for runbook scale-service', until: now + hour / 2, keys: ['rate:rate:runbook=scale-service'], why: 'full until the older of two leaves the window',
    },
    {
      settings: { max: 1, per: '1h' }, of: { starts: { 'rate:rate:runbook=scale-service': [start(hour)] } },
      expected: 'allow: 0 of 1 in 1h for runbook scale-service', why: 'a start exactly one window ago has left it',
    },
    {
      settings: { max: 1, per: '1h', by: 'all' }, of: { starts: { 'rate:rate:all': [start(1)] } },
      expected: 'wait rate: 1 of 1 in 1h for all runbooks', until: now + hour - 1, keys: ['rate:rate:all'], why: 'other runbooks count too',
    },
    {
      settings: { max: 1, per: '1h', by: 'target' }, of: { plan: plan('web', 'api'), starts: { 'rate:rate:target=id-api': [start(60_000)] } },
      expected: 'wait rate: 1 of 1 in 1h for api', until: now + hour - 60_000, keys: ['rate:rate:target=id-api'], why: 'one full target holds the whole plan',
    },
    {
      settings: { max: 1, per: '1h', by: 'target' },
      of: { plan: plan('web', 'api'), starts: { 'rate:rate:target=id-api': [start(60_000)], 'rate:rate:target=id-web': [start(1000)] } },
      expected: 'wait rate: 1 of 1 in 1h for web', until: now + hour - 1000, keys: ['rate:rate:target=id-web'], why: 'it waits for the one that clears last',
    },
    { settings: { max: 1, per: '1h', by: 'target' }, of: { plan: plan() }, expected: 'refuse rate: the plan names no target, so nothing can be counted', why: 'no target is not no limit' },
    {
      settings: { max: 3, per: '10m', by: 'label:zone' }, of: { labels: { zone: 'eu-1a' } },
      expected: 'allow: 0 of 3 in 10m for zone="eu-1a"', keys: ['rate:rate:label:zone=eu-1a'], why: 'each value counts for itself',
    },
    { settings: { max: 3, per: '10m', by: 'label:zone' }, of: { labels: {} }, expected: 'allow: 0 of 3 in 10m for zone=""', keys: ['rate:rate:label:zone='], why: 'those without the label share one count' },
    { settings: { max: 3, per: '10m', by: 'label:__proto__' }, of: { labels: {} }, expected: 'allow: 0 of 3 in 10m for __proto__=""', why: 'a hostile label name is a name' },
  ],
  concurrency: [
    { settings: { max: 1 }, expected: 'allow: 0 of 1 at once for runbook scale-service', keys: ['concurrency:concurrency:runbook=scale-service'], why: 'nothing runs' },
    {
      settings: { max: 1, by: 'all' }, of: { starts: { 'concurrency:concurrency:all': [start(9 * hour, true)] } },
      expected: 'wait concurrency: 1 of 1 at once for all runbooks', keys: ['concurrency:concurrency:all'], why: 'only an end frees it, so no time is known',
    },
    { settings: { max: 1, by: 'all' }, of: { starts: { 'concurrency:concurrency:all': [start(1)] } }, expected: 'allow: 0 of 1 at once for all runbooks', why: 'what ended does not count' },
  ],
  cooldown: [
    {
      settings: { for: '10m' }, expected: 'allow: 0 of 1 in 10m for scale-service on web',
      keys: ['cooldown:cooldown:runbook=scale-service:target=id-web'], why: 'first start',
    },
    {
      settings: { for: '10m' }, of: { starts: { 'cooldown:cooldown:runbook=scale-service:target=id-web': [start(60_000)] } },
      expected: 'wait cooldown: 1 of 1 in 10m for scale-service on web', until: now + 540_000, why: 'counted from the start, whatever came of it',
    },
    {
      settings: { for: '10m' }, of: { runbook: 'scale-service', plan: plan('api'), starts: { 'cooldown:cooldown:runbook=scale-service:target=id-web': [start(1)] } },
      expected: 'allow: 0 of 1 in 10m for scale-service on api', why: 'another target is free',
    },
  ],
  attempts: [
    {
      settings: { max: 2, in: '1h' }, of: { starts: { 'attempts:attempts:runbook=scale-service:target=id-web': [start(60_000)] } },
      expected: 'allow: 1 of 2 in 1h for scale-service on web', keys: ['attempts:attempts:runbook=scale-service:target=id-web'], why: 'one try left',
    },
    {
      settings: { max: 2, in: '1h' }, of: { starts: { 'attempts:attempts:runbook=scale-service:target=id-web': [start(60_000), start(hour / 2)] } },
      expected: 'refuse attempts: 2 of 2 in 1h for scale-service on web', until: now + hour / 2, why: 'now a person',
    },
  ],
}

describe('each policy type gives its verdict with its numbers', () => {
  it('has a table for every type', () => assert.deepEqual(Object.keys(tables).sort(), [...policyTypes.keys()].sort()))
  for (const [type, rows] of Object.entries(tables)) {
    for (const row of rows) {
      it(`${type}: ${row.why}`, () => {
        const verdict = judge(type, row.settings, row.of)
        const said = `${verdict.verdict}${verdict.reason === undefined ? '' : ` ${verdict.reason}`}: ${verdict.detail}`
        assert.equal(said, row.expected)
        assert.equal(verdict.until, row.until)
        if (row.keys === undefined) return
        const keys = verdict.verdict === 'wait' ? [verdict.key] : verdict.takes?.map((take) => take.key)
        assert.deepEqual(keys, row.keys)
      })
    }
  }
})

describe('what counts is a take', () => {
  it('carries its maximum, its window and whether to wait', () => {
    assert.deepEqual(judge('rate', { max: 2, per: '1h30m', by: 'all' }, {}, 'few').takes, [
      { key: 'rate:few:all', max: 2, window: { ms: 5_400_000 }, policy: 'few', reason: 'rate', otherwise: 'wait' },
    ])
    assert.deepEqual(judge('concurrency', { max: 3 }, {}).takes, [
      { key: 'concurrency:concurrency:runbook=scale-service', max: 3, window: 'until end', policy: 'concurrency', reason: 'concurrency', otherwise: 'wait' },
    ])
    assert.equal(judge('attempts', { max: 2, in: '1h' }, {}).takes?.[0]?.otherwise, 'judge')
  })
  it('has a key of its own for each policy name, so that two rates count apart', () => {
    assert.notEqual(judge('rate', { max: 1, per: '1h' }, {}, 'a').takes?.[0]?.key, judge('rate', { max: 1, per: '1h' }, {}, 'b').takes?.[0]?.key)
  })
  it('is carried only when every policy allows', () => {
    const allow: Verdict = { policy: 'a', verdict: 'allow', detail: '', takes: judge('concurrency', { max: 3 }, {}).takes! }
    assert.equal(takesOf([allow, allow]).length, 2)
    assert.deepEqual(takesOf([allow, { policy: 'b', verdict: 'wait', detail: '' }]), [])
  })
})

describe('all policies are judged and the worst verdict counts', () => {
  const policies = { 'scale-service': [
    entry('targets', { names: ['web'] }), entry('rate', { max: 1, per: '1h' }), entry('attempts', { max: 1, in: '1h' }),
  ] }
  it('keeps every verdict', () => {
    const starts = { 'rate:rate:runbook=scale-service': [start(1)] }
    const all = judgePolicies({ policies }, judged({ plan: plan('db'), starts }))
    assert.deepEqual(all.map((one) => one.verdict), ['refuse', 'wait', 'allow'])
    assert.equal(worst(all)?.reason, 'targets')
  })
  const verdict = (verdict: Verdict['verdict'], until?: number): Verdict =>
    ({ policy: `${verdict}${until ?? ''}`, verdict, detail: '', ...(until === undefined ? {} : { until }) })
  const rows: [Verdict[], string | undefined, string][] = [
    [[], undefined, 'nothing judged'],
    [[verdict('allow'), verdict('wait'), verdict('ask'), verdict('refuse')], 'refuse', 'a refusal is final'],
    [[verdict('ask'), verdict('wait'), verdict('allow')], 'ask', 'a person is asked before anything waits'],
    [[verdict('allow'), verdict('wait', 5)], 'wait5', 'waiting is worse than allowing'],
    [[verdict('wait', 5), verdict('wait', 9), verdict('wait', 7)], 'wait9', 'of several waits the longest'],
    [[verdict('wait'), verdict('wait', 9)], 'wait9', 'a known time before an unknown one'],
  ]
  for (const [all, policy, why] of rows) it(why, () => assert.equal(worst(all)?.policy, policy))
})

describe('what cannot be judged does not run', () => {
  const rows: [Record<string, PolicyEntry[]>, string, RegExp, string][] = [
    [{}, 'no policy', /no policy is written for scale-service/, 'no entry'],
    [{ 'scale-service': [] }, 'no policy', /scale-service/, 'an empty list'],
    [{ 'scale-service@1': [entry('targets', { names: ['web'] })] }, 'no policy', /scale-service/, 'the exact name only'],
    [{ 'scale-service': [entry('moon', {})] }, 'policy failed', /no policy type moon/, 'a type that this version lacks'],
    [{ 'scale-service': [entry('rate', { max: 0, per: '1h' })] }, 'policy failed', /settings do not fit/, 'settings that do not fit'],
    [{ 'scale-service': [entry('rate', { max: 1, per: '60' })] }, 'policy failed', /settings do not fit/, 'a duration without a unit'],
    [{ 'scale-service': [entry('targets', { names: [] })] }, 'policy failed', /settings do not fit/, 'an empty list of targets'],
  ]
  for (const [policies, reason, detail, why] of rows) {
    it(why, () => {
      const [verdict, ...rest] = judgePolicies({ policies }, judged())
      assert.equal(rest.length, 0)
      assert.equal(verdict?.verdict, 'refuse')
      assert.equal(verdict?.reason, reason)
      assert.match(verdict?.detail ?? '', detail)
    })
  }
  it('a runbook named like a thing of the language has no policy either', () => {
    assert.equal(judgePolicies({ policies: {} }, judged({ runbook: 'constructor' }))[0]?.reason, 'no policy')
  })
  it('a policy that throws', () => {
    const policies = { 'scale-service': [entry('rate', { max: 1, per: '1h' })] }
    const broken = { ...judged(), room: () => { throw new Error('counter is gone') } }
    const [verdict] = judgePolicies({ policies }, broken)
    assert.equal(verdict?.reason, 'policy failed')
    assert.match(verdict?.detail ?? '', /rate \(policies\/x\.yaml:3\).*counter is gone/)
  })
})

describe('durations carry their unit', () => {
  const rows: [string, number | undefined, string][] = [
    ['90s', 90_000, 'seconds'],
    ['5m', 300_000, 'minutes'],
    ['1h30m', 5_400_000, 'two units'],
    ['2d', 172_800_000, 'days'],
    ['250ms', 250, 'milliseconds are not minutes and seconds'],
    ['1m5ms', 60_005, 'minutes and milliseconds'],
    ['90', undefined, 'a bare number'],
    ['-5m', undefined, 'negative'],
    ['+5m', undefined, 'a sign'],
    ['5 m', undefined, 'a blank'],
    ['1.5h', undefined, 'a fraction'],
    ['30m1h', undefined, 'the wrong order'],
    ['1h1h', undefined, 'a unit twice'],
    ['', undefined, 'empty'],
    ['0s', undefined, 'nothing'],
    ['400d', undefined, 'longer than a year'],
    ['٣s', undefined, 'digits of another script'],
  ]
  for (const [text, ms, why] of rows) it(`${why}: ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), ms))
  it('are written as they are read', () => {
    for (const text of ['90s', '5m', '1h30m', '2d', '250ms']) assert.equal(parseDuration(formatDuration(parseDuration(text)!)), parseDuration(text))
    assert.equal(formatDuration(0), '0s')
  })
})
