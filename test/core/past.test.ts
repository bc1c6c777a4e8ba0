/** What the log tells of the past: decisions judged again, the ledger of changes, the report of a period. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createBacktest } from '../../src/core/backtest.ts'
import type { Catalogue, Route, RunbookManifest } from '../../src/core/catalogue.ts'
import { entryCodec, type Decided, type Read } from '../../src/core/entry.ts'
import { createExplainer } from '../../src/core/explain.ts'
import { createLedger } from '../../src/core/ledger.ts'
import { createFirstReading } from '../../src/core/past.ts'
import { createReport } from '../../src/core/report.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { catalogueWith, Story } from './story.ts'

const limited: Catalogue = catalogueWith([
  { type: 'targets', name: 'targets', settings: { names: ['web', 'api'] }, source: 'p.yaml:1' },
  { type: 'rate', name: 'rate', settings: { max: 1, per: '1h' }, source: 'p.yaml:2' },
])

/** What the matches of a `Story` were made by. */
const fix: RunbookManifest = { name: 'fix', version: 1, digest: 'd', about: '', target: 'service', provider: 'local', params: {}, steps: [], verify: false, planTimeoutMs: 1000, healedWithinMs: 60_000 }
const route: Route = { matchers: ['alertname="HighLatency"'], runbook: { name: 'fix', version: 1 }, mode: 'auto', params: {}, source: 'routes.yaml:1' }
const routed: Catalogue = { ...limited, routes: [route], runbooks: { 'fix@1': fix } }

/** As it comes back from a log. */
const kept = (log: readonly Read[]): Read[] => log.map((read) => ({ ...read, entry: entryCodec.decode(entryCodec.encode(read.entry)) }))

/** One is healed, one waits for the rate, one may not be touched. */
const night = () => {
  const story = new Story()
  story.says({ kind: 'catalogue announced', catalogue: limited }).says({ kind: 'catalogue activated', digest: 'c1', was: '' })
  const decide = (workflow: Workflow): void => void story.says({ kind: 'decided', ...story.judge(workflow, { catalogue: limited }) })
  const healed = story.workflow({ target: 'web' })
  decide(healed)
  story.done(healed, 0, story.claim(healed)).done(healed, 1, story.claim(healed, 1))
  story.says({ kind: 'ended', workflow: healed.id, turn: healed.turn, state: 'healed', reason: 'alert gone', detail: 'gone' })
  const [waits, refused] = [story.workflow({ target: 'api' }), story.workflow({ target: 'db' })]
  decide(waits)
  decide(refused)
  return { story, healed, waits, refused }
}

const explained = (log: readonly Read[]) => {
  const first = createFirstReading()
  for (const read of kept(log)) first.fold(read)
  const explainer = createExplainer(first.decisions)
  for (const read of kept(log)) explainer.fold(read)
  return explainer.explained
}

describe('a decision judged again', () => {
  test('comes out the same, whatever came later', () => {
    const { story, healed, waits, refused } = night()
    const found = explained(story.log)
    assert.deepEqual(found.map(({ then, same, now }) => [then.entry.workflow, then.entry.outcome, now?.outcome, same]), [
      [healed.id, 'start', 'start', true], [waits.id, 'wait', 'wait', true], [refused.id, 'refuse', 'refuse', true],
    ])
    assert.ok(found.every(({ verdicts }) => verdicts.length >= 2 && verdicts.every(({ same }) => same)))
  })

  test('is judged as of its own moment and machine, not of the reading', () => {
    const story = new Story()
    story.says({ kind: 'catalogue announced', catalogue: limited })
    const stale = story.workflow({ target: 'web' })
    story.says({ kind: 'decided', ...story.judge(stale, { catalogue: limited, at: story.at + 31_000 }) })
    const bare = story.workflow({ target: 'api' })
    story.says({ kind: 'decided', ...story.judge(bare, { catalogue: limited, canKill: false }) })
    const found = explained(story.log)
    assert.deepEqual(found.map(({ now, same }) => [now?.outcome, same]), [['plan again', true], ['ask', true]])
  })

  test('comes out otherwise where what is recorded is not what the log leads to, and says which gate', () => {
    const { story, waits } = night()
    const log = kept(story.log).map((read) => (read.entry.kind !== 'decided' || read.entry.workflow !== waits.id ? read : {
      ...read, entry: { ...read.entry, outcome: 'start', verdicts: read.entry.verdicts.map((one) => (one.policy === 'rate' ? { policy: 'rate', verdict: 'allow', detail: '' } : one)) } as Decided & Read['entry'],
    }))
    const { same, now, verdicts } = explained(log).find(({ then }) => then.entry.workflow === waits.id)!
    assert.deepEqual([same, now?.outcome, verdicts.filter((one) => !one.same).map(({ policy, now: verdict }) => [policy, verdict?.reason])], [false, 'wait', [['rate', 'rate']]])
  })

  test('cannot be judged again without its catalogue, which is said and is never the same', () => {
    const { story } = night()
    const found = explained(story.log.filter(({ entry }) => entry.kind !== 'catalogue announced'))
    assert.ok(found.length === 3 && found.every(({ same, now, missing }) => !same && now === undefined && /catalogue c1 is not on the log/.test(missing)))
  })

  test('one that came second is known as such', () => {
    const { story, refused } = night()
    const again = story.log.find(({ entry }) => entry.kind === 'decided' && entry.workflow === refused.id)!
    const { by: _, n: __, ...fact } = again.entry
    story.says(fact, 'B')
    const first = createFirstReading((id) => id === refused.id)
    for (const read of story.log) first.fold(read)
    assert.deepEqual(first.decisions.map(({ counted }) => counted), [true, false])
  })
})

describe('the ledger', () => {
  const linesOf = (log: readonly Read[]) => {
    const ledger = createLedger()
    for (const read of kept(log)) ledger.fold(read)
    return ledger.lines().map(({ workflow, target, from, to, step, outcome }) => [workflow.id, target, from, to, step, outcome])
  }
  test('has what was changed once, and nothing of what waited or only read', () => {
    const { story, healed } = night()
    assert.deepEqual(linesOf(story.log), [[healed.id, 'web', 2, 3, 'step 1', 'done']])
  })
  test('of a step with a job for each target: those that were begun, with what became of each', () => {
    const story = new Story()
    const workflow = story.workflow({ each: ['web', 'api', 'db'], effects: ['once'] })
    story.decideStart(workflow)
    story.done(workflow, 0, story.claim(workflow, 0, 'B', 0), 'B', 0)
    story.claim(workflow, 0, 'B', 1)
    story.says({ kind: 'runner lost', runner: 'B', name: 'B', why: 'test' })
    assert.deepEqual(linesOf(story.log), [[workflow.id, 'web', 2, 3, 'step 1', 'done'], [workflow.id, 'api', 2, 3, 'step 1', 'in doubt']])
  })
  test('a kill may have changed it; what never started did not', () => {
    for (const [how, lines] of [['killed', 1], ['never started', 0]] as const) {
      const story = new Story()
      const workflow = story.workflow()
      story.decideStart(workflow)
      story.says({ kind: 'let go', workflow: workflow.id, claim: story.claim(workflow), how, survivors: 0, tookMs: 1 })
      assert.deepEqual(linesOf(story.log).map((line) => line.at(-1)), lines === 1 ? ['killed'] : [], how)
    }
  })
})

describe('the report', () => {
  test('counts each end, each reason, whom people were called for, and each stop', () => {
    const { story } = night()
    story.alert({ alertname: 'Unknown' })
    story.says({ kind: 'unmatched', episodes: [...story.state.unanswered.keys()], reason: 'no route', tell: true, route: '', detail: '' }).stop('s1').lift('s1')
    const { fold, report } = createReport(0)
    for (const read of kept(story.log)) fold(read)
    const { alerts, ended, refused, unanswered, escalated, live, stops } = report()
    assert.deepEqual([alerts, ended, refused, unanswered, escalated, live], [4, { healed: 1, refused: 1 }, { targets: 1 }, { 'no route': 1 }, 2, 1])
    assert.deepEqual(stops.map(({ who, killed, held, liftedAt }) => [who, killed, held, liftedAt !== undefined]), [['ann', 0, 1, true]])
  })
  test('what was before the period is not counted', () => {
    const { story } = night()
    const { fold, report } = createReport(story.at + 1)
    for (const read of kept(story.log)) fold(read)
    assert.deepEqual(report(), { alerts: 0, told: 0, unanswered: {}, ended: {}, refused: {}, live: 1, escalated: 0, stops: [] })
  })
})

describe('a backtest', () => {
  const tried = (log: readonly Read[], changed: Catalogue) => {
    const first = createFirstReading()
    for (const read of kept(log)) first.fold(read)
    const last = new Map(first.decisions.filter(({ counted }) => counted).map((decision) => [decision.entry.workflow, decision]))
    const again = createBacktest(changed, [...last.values()])
    for (const read of kept(log)) again.fold(read)
    return again.tried()
  }
  const differing = (log: readonly Read[], changed: Catalogue) =>
    tried(log, changed).filter(({ then, now }) => then.outcome !== now.outcome || then.reason !== now.reason).map(({ workflow, then, now }) => [workflow, then.outcome, now.outcome, now.reason])
  const policies = (...entries: [type: string, settings: Record<string, unknown>][]): Catalogue =>
    ({ ...routed, policies: { fix: entries.map(([type, settings]) => ({ type, name: type, settings, source: '' })) } })
  const all = ['targets', { names: ['web', 'api'] }] as [string, Record<string, unknown>]
  const rate = (max: number, per = '1h') => ['rate', { max, per }] as [string, Record<string, unknown>]

  test('of an unchanged catalogue differs in nothing', () => {
    const { story } = night()
    story.alert({ alertname: 'Unknown' })
    story.says({ kind: 'unmatched', episodes: [...story.state.unanswered.keys()], reason: 'no route', tell: true, route: '', detail: '' })
    assert.equal(tried(story.log, routed).length, 4)
    assert.deepEqual(differing(story.log, routed), [])
  })
  const rows: [why: string, changed: Catalogue, differences: unknown[]][] = [
    ['a tighter list refuses what ran', policies(['targets', { names: ['api'] }], rate(1)), [['wf-1', 'start', 'refuse', 'targets']]],
    ['a wider list lets the rate be seen', policies(['targets', { names: ['web', 'api', 'db'] }], rate(1)), [['wf-3', 'refuse', 'wait', 'rate']]],
    ['another number of the same count is judged by what was counted', policies(all, rate(2)), [['wf-2', 'wait', 'start', '']]],
    ['a count that nobody kept is unknown; a refusal beside it stands', policies(all, rate(9, '2h')), [['wf-1', 'start', 'unknown', ''], ['wf-2', 'wait', 'unknown', '']]],
    ['a fact that nobody read is unknown', policies(all, rate(1), ['hands-off', {}]), [['wf-1', 'start', 'unknown', ''], ['wf-2', 'wait', 'unknown', '']]],
    ['no policy, no run', { ...routed, policies: {} }, [['wf-1', 'start', 'refuse', 'no policy'], ['wf-2', 'wait', 'refuse', 'no policy'], ['wf-3', 'refuse', 'refuse', 'no policy']]],
    ['a more careful mode rehearses', { ...routed, routes: [{ ...route, mode: 'dry-run' }] }, [['wf-1', 'start', 'rehearse', 'dry run']]],
    ['other params made no plan', { ...routed, routes: [{ ...route, params: { by: 2 } }], runbooks: { 'fix@1': { ...fix, params: { by: { type: 'integer' } } } } }, [['wf-1', 'start', 'unknown', ''], ['wf-2', 'wait', 'unknown', ''], ['wf-3', 'refuse', 'unknown', '']]],
    ['a route that names the target by labels that no alert has', { ...routed, routes: [{ ...route, target: 'deployment' }] }, [['wf-1', 'start', 'no workflow', 'no target'], ['wf-2', 'wait', 'no workflow', 'no target'], ['wf-3', 'refuse', 'no workflow', 'no target']]],
    ['no route', { ...routed, routes: [] }, [['wf-1', 'start', 'no workflow', 'no route'], ['wf-2', 'wait', 'no workflow', 'no route'], ['wf-3', 'refuse', 'no workflow', 'no route']]],
  ]
  for (const [why, changed, differences] of rows) test(why, () => assert.deepEqual(differing(night().story.log, changed), differences))
})
