/** The rules that make one log and one fold hold, each by its number in docs/protocol.md. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { room } from '../../src/core/counter.ts'
import { targetTake } from '../../src/core/decide.ts'
import { alertsDue, judgementsDue, plansDue, stepsDue, verificationsDue } from '../../src/core/due.ts'
import type { Fact } from '../../src/core/entry.ts'
import type { Take } from '../../src/core/plan.ts'
import { preferred } from '../../src/core/rendezvous.ts'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import { createLatch } from '../../src/runner/latch.ts'
import { rows } from '../simulation/planted.ts'
import { allowing, plan, Story } from './story.ts'

test('every rule of docs/protocol.md is named by a test', () => {
  const rules = [...readFileSync('docs/protocol.md', 'utf8').matchAll(/^(\d+)\. /gm)].map(([, rule]) => Number(rule))
  assert.deepEqual(rules, Array.from({ length: 25 }, (_, index) => index + 1))
  const titles = globSync('test/**/*.test.ts').map((file) => readFileSync(file, 'utf8').replaceAll(/^\s*(\/?\*|\/\/).*$/gm, ''))
  const numbers = titles.flatMap((text) => [...text.matchAll(/\brules? (\d+)(?: and (\d+))?: /g)].flatMap(([, ...found]) => found))
  const named = new Set([...rows.map(({ rule }) => rule), ...numbers].map(Number))
  assert.deepEqual(rules.filter((rule) => !named.has(rule)), [])
})

const seat = (story: Story, me = 'A') => ({ me, live: [me], now: story.at })
const lost = (runner: string) => ({ kind: 'runner lost', runner, name: runner, why: 'test' }) as const

test('rule 5: what a lost process claims or reports is void for good; what its intake accepted stays', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'] })
  story.decideStart(workflow)
  const claim = story.claim(workflow, 0, 'B')
  story.says(lost('B'), 'A')
  assert.equal(workflow.state, 'ready', 'offered again')
  story.done(workflow, 0, claim, 'B')
  assert.equal(workflow.state, 'ready', 'the dead man\'s word counts for nothing')
  story.decideStart(workflow).claim(workflow, 0, 'B')
  assert.equal(workflow.holder, undefined, 'nor does a claim under the old name')
  const before = story.state.episodes.size
  story.says({ kind: 'received', source: 'alertmanager', payload: { version: '4', receiver: 'r', groupKey: 'k', externalURL: '', alerts: [{ status: 'firing', labels: { alertname: 'New' }, startsAt: '2026-01-01T00:00:00Z' }] } }, 'B')
  assert.equal(story.state.episodes.size, before + 1)
})

test('rule 7: what is not above the last number of its process is dropped', () => {
  const story = new Story()
  story.alert({ alertname: 'X' })
  const entries = story.state.counts.received
  story.state.processes.get('A')!.n += 5
  story.alert({ alertname: 'Y' })
  assert.equal(story.state.counts.received, entries)
  assert.equal(story.state.counts.dropped, 1)
})

test('rule 8: log time is the highest seen; a broker whose clock jumps back makes it stand still', () => {
  const story = new Story()
  story.alert({ alertname: 'X' })
  const at = story.state.at
  story.later(-500_000).alert({ alertname: 'Y' })
  assert.equal(story.state.at, at)
})

test('rule 9: nothing that the fold runs is a policy, or judges routes', () => {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/^import (?!type )[^']*'(\.[^']+)'/gm)) visit(join(dirname(file), path!))
  }
  const core = join(import.meta.dirname, '../../src/core')
  visit(join(core, 'evolve.ts'))
  const files = [...seen].map((file) => file.slice(core.length + 1))
  assert.ok(files.includes('fold/claims.ts') && files.includes('matcher.ts'), 'the way through the imports is seen')
  assert.deepEqual(files.filter((file) => /^(policies\/|decide|routing|route-|scope|backtest|explain)/.test(file)), [])
})

test('rule 10: an entry or a version that is not known ends deciding and starting, and a stop is still seen', () => {
  const unknown = { kind: 'of a later version' } as unknown as Fact
  for (const word of [unknown, { kind: 'fold version', version: 99 }] as const) {
    const story = new Story()
    const workflow = story.workflow()
    story.decideStart(workflow)
    assert.equal(stepsDue(story.state, seat(story)).length, 1)
    story.says(word).alert({ alertname: 'X' })
    assert.deepEqual([alertsDue, judgementsDue, stepsDue].map((due) => due(story.state, seat(story), 9).length), [0, 0, 0])
    story.claim(workflow)
    assert.equal(workflow.started, false, 'nothing is skipped: what came behind it is not folded')
    story.stop('s1')
    assert.equal(story.state.inForce.size, 1)
  }
})

test('rule 11: a catalogue takes force only after the one that was said to be before it', () => {
  const story = new Story()
  const catalogue = (digest: string) => ({ digest, routes: [], runbooks: {}, policies: {} })
  story.says({ kind: 'catalogue announced', catalogue: catalogue('a') }).says({ kind: 'catalogue activated', digest: 'a', was: '' })
  story.says({ kind: 'catalogue announced', catalogue: catalogue('b') }).says({ kind: 'catalogue activated', digest: 'b', was: '' })
  assert.equal(story.state.catalogue?.digest, 'a', 'b was judged against no catalogue')
  story.says({ kind: 'catalogue activated', digest: 'b', was: 'a' })
  assert.equal(story.state.catalogue?.digest, 'b')
})

test('rule 11: without a catalogue in force nothing is answered', () => {
  const story = new Story()
  story.alert({ alertname: 'X' })
  assert.equal(alertsDue(story.state, seat(story), 9).length, 0)
  story.says({ kind: 'catalogue announced', catalogue: allowing }).says({ kind: 'catalogue activated', digest: allowing.digest, was: '' })
  assert.equal(alertsDue(story.state, seat(story), 9).length, 1)
})

test('rule 12: the numbers of an identity go an hour of log time after it was lost, not before', () => {
  for (const [ms, known] of [[3_590_000, true], [3_610_000, false]] as const) {
    const story = new Story()
    story.alert({ alertname: 'X' })
    story.says(lost('A'), 'B').later(ms).says({ kind: 'joined', name: 'c', host: 'h', roles: ['run'], foldVersion: 1 }, 'C')
    assert.equal(story.state.processes.has('A'), known, `after ${ms} ms`)
  }
})

const once: Take = { key: 'rate:all', max: 1, window: { ms: 10_000 }, policy: 'rate', reason: 'rate', otherwise: 'wait' }

test('rule 13 and 14: two deciders that judged the same past start one, not two', () => {
  const story = new Story()
  const [one, two] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.decideStart(one, [once], 'A').decideStart(two, [once], 'B')
  story.claim(one, 0, 'A')
  story.claim(two, 0, 'B')
  assert.equal(one.state, 'running')
  assert.equal(two.state, 'waiting')
  assert.equal(two.wait?.until, one.steps[0]!.jobs[0]!.startedAt! + 10_000)
})

test('rule 14: a stop, or another catalogue, after the position judged at voids the claim', () => {
  for (const after of ['stop', 'stop and lift', 'catalogue'] as const) {
    const story = new Story()
    const workflow = story.workflow()
    story.decideStart(workflow)
    if (after === 'catalogue') {
      story.says({ kind: 'catalogue announced', catalogue: { digest: 'z', routes: [], runbooks: {}, policies: {} } })
      story.says({ kind: 'catalogue activated', digest: 'z', was: '' })
    } else {
      story.stop('s')
      if (after === 'stop and lift') story.lift('s')
    }
    story.claim(workflow)
    assert.notEqual(workflow.state, 'running', after)
    assert.equal(workflow.started, false, after)
  }
})

test('rule 14: later claims look at the stop, the holder and the step, and at no take', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.decideStart(workflow, [once]).done(workflow, 0, story.claim(workflow))
  story.claim(workflow, 1, 'B')
  assert.equal(workflow.steps[1]!.jobs[0]!.state, 'open', 'A holds it')
  story.claim(workflow, 1, 'A')
  assert.equal(workflow.steps[1]!.jobs[0]!.state, 'claimed')
})

test('rule 14: a first step that is offered again counts again', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.decideStart(workflow, [once]).claim(workflow, 0, 'B')
  story.says(lost('B'))
  story.decideStart(workflow, [once]).claim(workflow, 0, 'A')
  assert.equal(workflow.state, 'waiting')
  story.later(10_000).decideStart(workflow, [once]).claim(workflow, 0, 'A')
  assert.equal(workflow.state, 'running')
  assert.equal(room(story.state, { ...once, max: 9 }, story.at, '').used, 1)
})

test('rule 17: neither the decision nor what its plan read is older than 30 s when the first step is claimed', () => {
  for (const [readFor, decidedFor, state] of [[0, 29_000, 'running'], [0, 31_000, 'ready'], [20_000, 15_000, 'ready']] as const) {
    const story = new Story()
    const workflow = story.workflow()
    story.later(readFor).decideStart(workflow).later(decidedFor).claim(workflow)
    assert.equal(workflow.state, state, `${readFor} ms after it was read, and then ${decidedFor}`)
  }
})

test('rule 15: who waits for a key stands in line, and only the head is due when it frees', () => {
  const story = new Story()
  const take = targetTake('local', 'id-web')
  const workflows = [0, 1, 2].map(() => story.workflow({ target: 'web', effects: ['repeatable'] }))
  for (const workflow of workflows) story.decideStart(workflow, [take])
  const claim = story.claim(workflows[0]!)
  story.claim(workflows[1]!)
  story.claim(workflows[2]!)
  assert.deepEqual(workflows.map((one) => one.state), ['running', 'waiting', 'waiting'])
  assert.deepEqual(judgementsDue(story.state, seat(story)), [])
  story.done(workflows[0]!, 0, claim).says({ kind: 'ended', workflow: workflows[0]!.id, turn: workflows[0]!.turn, state: 'healed', reason: 'alert gone', detail: '' })
  assert.deepEqual(judgementsDue(story.state, seat(story)).map((one) => one.id), [workflows[1]!.id])
})

test('rule 15: preference counts from when work could be gone on with: the others leave it alone for a second each, from then on', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.decideStart(workflow)
  const [first, second] = preferred(workflow.id, ['A', 'B'])
  const mine = (me: string, now = story.at): number => stepsDue(story.state, { me, live: ['A', 'B'], now }).length
  assert.deepEqual([mine(first!), mine(second!), mine(second!, story.at + 1000)], [1, 0, 1])
  story.later(20_000).claim(workflow, 0, 'C')
  assert.equal(workflow.holder, 'C')
  story.says(lost('C'), 'A')
  story.decideStart(workflow)
  assert.deepEqual([mine(first!), mine(second!)], [1, 0], 'from when its runner was lost on, not from when it was first startable')
})

test('rule 16: whoever claims a `once` step and is lost before it began leaves it in doubt; a claim let go unstarted does not', () => {
  const one = new Story()
  const first = one.workflow({ effects: ['once'] })
  one.decideStart(first).claim(first, 0, 'B')
  one.says(lost('B'))
  assert.deepEqual([first.state, first.reason], ['failed', 'in doubt'])

  const two = new Story()
  const second = two.workflow({ effects: ['once'] })
  two.decideStart(second)
  two.says({ kind: 'let go', workflow: second.id, claim: two.claim(second), how: 'never started', survivors: 0, tookMs: 0 })
  assert.equal(second.state, 'ready')
})

test('rule 17: at `until` everything is judged again, and by facts that are no older than 30 s', () => {
  const story = new Story()
  const [one, two] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.decideStart(one, [once]).claim(one)
  story.decideStart(two, [once]).claim(two)
  assert.deepEqual(judgementsDue(story.state, seat(story)), [])
  story.later(10_000)
  assert.deepEqual(judgementsDue(story.state, seat(story)), [two])
  assert.equal(story.judge(two).outcome, 'start')
  story.later(30_000)
  assert.equal(story.judge(two).outcome, 'plan again')
  story.says({ kind: 'decided', ...story.judge(two) })
  assert.deepEqual(plansDue(story.state, seat(story)), [two])
})

test('rule 18: an approval counts once, while it is asked for, and for the plan that was shown', () => {
  const story = new Story()
  const workflow = story.workflow({ mode: 'approve' })
  story.says({ kind: 'decided', ...story.judge(workflow) })
  assert.equal(workflow.state, 'asking')
  story.says({ kind: 'approved', workflow: workflow.id, plan: 'another plan', who: 'ann', why: '' })
  assert.equal(workflow.state, 'asking')
  story.says({ kind: 'approved', workflow: workflow.id, plan: workflow.plan!.digest, who: 'ann', why: '' })
  assert.equal(workflow.state, 'ready')
  assert.equal(story.judge(workflow).outcome, 'start')
})

test('rule 18: another plan drops the approval, the same plan made anew keeps it', () => {
  for (const [targets, outcome] of [[['web'], 'start'], [['web', 'api'], 'ask']] as const) {
    const story = new Story()
    const workflow = story.workflow({ mode: 'approve' })
    story.says({ kind: 'decided', ...story.judge(workflow) })
    const { digest } = workflow.plan!
    story.says({ kind: 'approved', workflow: workflow.id, plan: digest, who: 'ann', why: '' })
    story.says({ kind: 'decided', ...story.judge(workflow, { at: story.at + 31_000 }) })
    assert.equal(workflow.state, 'planning')
    const again = plan(targets, story.at)
    story.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: outcome === 'start' ? { ...again, digest } : again })
    assert.equal(story.judge(workflow).outcome, outcome)
  }
})

test('rule 18: an approval sets aside nothing but the question', () => {
  const story = new Story()
  const workflow = story.workflow({ mode: 'approve' })
  story.says({ kind: 'decided', ...story.judge(workflow) })
  story.says({ kind: 'approved', workflow: workflow.id, plan: workflow.plan!.digest, who: 'ann', why: '' })
  story.stop('s')
  assert.deepEqual([story.judge(workflow).outcome, story.judge(workflow).reason], ['wait', 'stopped'])
})

test('rule 19: the lease of a target is on the provider\'s stable id, not on its name', () => {
  const story = new Story()
  const [web, api] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.says({ kind: 'decided', ...story.judge(web) }).claim(web)
  const renamed = { ...api.plan!, targets: [{ name: 'api', id: 'id-web' }] }
  assert.equal(story.judge({ ...api, plan: renamed }).reason, 'target busy')
})

test('rule 20: a lift may come before its stop; the id stays lifted', () => {
  const story = new Story()
  story.lift('s').stop('s')
  assert.equal(story.state.inForce.size, 0)
})

test('rule 21: a killed workflow keeps its target until its holder let go, or is lost', () => {
  for (const end of ['let go', 'lost'] as const) {
    const story = new Story()
    const workflow = story.workflow()
    const take = targetTake('local', 'id-web')
    story.decideStart(workflow, [take])
    const claim = story.claim(workflow, 0, 'B')
    story.stop('s')
    assert.equal(workflow.state, 'stopping')
    assert.equal(room(story.state, take, story.at, 'other').fits, false, 'the target is kept')
    if (end === 'lost') story.says(lost('B'))
    else story.says({ kind: 'let go', workflow: workflow.id, claim, how: 'killed', survivors: 0, tookMs: 4 }, 'B')
    assert.equal(workflow.state, 'stopped')
    assert.equal(room(story.state, take, story.at, 'other').fits, true)
  }
})

test('rule 21: a pause kills nothing and starts nothing', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.decideStart(workflow)
  const claim = story.claim(workflow)
  story.stop('p', [], 'pause')
  assert.equal(workflow.state, 'running')
  story.done(workflow, 0, claim)
  assert.deepEqual(stepsDue(story.state, seat(story)), [])
  story.lift('p')
  assert.equal(stepsDue(story.state, seat(story)).length, 1)
})

test('rule 21: a claim is let go once the log has each stop that killed it: another one that is there already does not stand in for it', () => {
  const story = new Story()
  const workflow = story.workflow()
  const latch = createLatch(story.state)
  story.stop('pause', [], 'pause')
  for (const id of ['pause', 'kill', 'elsewhere']) latch.trip({ id, matchers: id === 'elsewhere' ? ['target="db"'] : [], effect: id === 'pause' ? 'pause' : 'kill', who: 'ann', why: 'test' })
  assert.equal(latch.coversUnknown(workflow), true)
  story.stop('kill')
  assert.equal(latch.coversUnknown(workflow), false)
})

test('rule 22: let go by its deadline is said of an identity that is lost and had not answered, and of no other', () => {
  const story = new Story()
  for (const by of ['B', 'C', 'D']) story.says({ kind: 'joined', name: by, host: 'h', roles: by === 'D' ? ['notify'] : ['run'], foldVersion: 1 }, by)
  story.stop('s').says({ kind: 'stop acknowledged', stop: 's', runner: 'B', name: 'B', killed: 0, survivors: 0, tookMs: 1 }, 'B')
  const stop = story.state.stops.get('s')!
  assert.deepEqual(stop.lost, [])
  for (const runner of ['B', 'C', 'D']) story.says(lost(runner))
  assert.deepEqual(stop.lost.map(({ runner }) => runner), ['C'])
})

test('rule 23: a stop that is read again after its lift, from wherever, stays lifted, also after a snapshot', () => {
  const story = new Story()
  story.stop('s').lift('s').lift('early')
  const state = restoreState([...snapshotLines(story.state)])
  const latch = createLatch(state)
  for (const id of ['s', 'early', 'another']) latch.hear({ id, matchers: [], effect: 'kill', who: 'ann', why: 'test' })
  assert.deepEqual(latch.unrecorded().map(({ id }) => id), ['another'])
})

test('rule 24: `resolved` before `firing` is a tombstone; while waiting it ends the workflow; after the end it changes nothing', () => {
  const story = new Story()
  const tombstone = story.state.episodes.get(story.alert({ alertname: 'A' }, { status: 'resolved' }))!
  story.alert({ alertname: 'A' })
  assert.deepEqual(tombstone.answer, { reason: 'resolved first', detail: 'it was told of as resolved before it was told of as firing' })
  assert.equal(story.state.unanswered.size, 0)

  const workflow = story.workflow()
  story.alert({ alertname: 'HighLatency', service: 'web', id: workflow.id }, { status: 'resolved' })
  assert.deepEqual([workflow.state, workflow.reason], ['obsolete', 'resolved'])
  story.alert({ alertname: 'HighLatency', service: 'web', id: workflow.id }, { status: 'resolved' })
  assert.equal(workflow.state, 'obsolete')
})

test('rule 24: `resolved` while it runs is a hint: it goes on, and is verified', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'] })
  story.decideStart(workflow)
  const claim = story.claim(workflow)
  story.alert({ alertname: 'HighLatency', service: 'web', id: workflow.id }, { status: 'resolved' })
  assert.equal(workflow.state, 'running')
  story.done(workflow, 0, claim)
  assert.deepEqual(verificationsDue(story.state, seat(story)), [workflow])
})

test('a stop holds what has not begun; lifting plans it anew; what it killed is put before people and not started again', () => {
  const story = new Story()
  const [killed, held] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.decideStart(killed)
  const claim = story.claim(killed)
  story.stop('s').says({ kind: 'let go', workflow: killed.id, claim, how: 'killed', survivors: 0, tookMs: 1 })
  story.says({ kind: 'decided', ...story.judge(held) })
  assert.deepEqual([held.state, held.reason], ['waiting', 'stopped'])
  assert.deepEqual(plansDue(story.state, seat(story)), [])
  story.lift('s')
  assert.equal(held.state, 'planning')
  assert.deepEqual(plansDue(story.state, seat(story)).map((one) => one.id), [held.id])
  assert.equal(killed.state, 'stopped')
  assert.equal(story.state.notices.get(`workflow:${killed.id}`)?.urgency, 'page')
})

test('a stop by matchers holds what it covers and nothing else', () => {
  const story = new Story()
  const [web, api] = [story.workflow({ target: 'web' }), story.workflow({ target: 'api' })]
  story.stop('s', ['target="web"'])
  assert.equal(story.judge(web).reason, 'stopped')
  assert.equal(story.judge(api).outcome, 'start')
})

test('any stop that covers a workflow holds it: lifting one of two frees nothing', () => {
  const story = new Story()
  const workflow = story.workflow()
  story.stop('s1').stop('s2', ['runbook="fix"']).lift('s1')
  assert.equal(story.judge(workflow).reason, 'stopped')
  story.lift('s2')
  assert.equal(story.judge(workflow).outcome, 'start')
})

test('jobs of one step run `concurrency` at a time, each is its own checkpoint, and a lost runner\'s done ones stay done', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'], each: ['web', 'api', 'db'] })
  story.decideStart(workflow)
  const claim = story.claim(workflow, 0, 'B', 0)
  story.claim(workflow, 0, 'B', 1)
  story.claim(workflow, 0, 'B', 2)
  assert.deepEqual(workflow.steps[0]!.jobs.map((job) => job.state), ['claimed', 'claimed', 'open'])
  story.done(workflow, 0, claim, 'B', 0)
  story.says(lost('B'))
  assert.deepEqual(workflow.steps[0]!.jobs.map((job) => job.state), ['done', 'open', 'open'])
  assert.deepEqual(stepsDue(story.state, seat(story)).map(({ job }) => job), [1, 2])
})

test('rule 21: whoever lets go of one job holds the workflow while another job of it runs, and its loss gives both back', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'], each: ['web', 'api', 'db'] })
  story.decideStart(workflow).claim(workflow, 0, 'B', 0)
  story.says({ kind: 'let go', workflow: workflow.id, claim: story.claim(workflow, 0, 'B', 1), how: 'never started', survivors: 0, tookMs: 0 }, 'B')
  story.claim(workflow, 0, 'A', 1)
  assert.deepEqual([workflow.holder, ...workflow.steps[0]!.jobs.map((job) => job.state)], ['B', 'claimed', 'open', 'open'])
  story.says(lost('B'))
  assert.deepEqual([workflow.holder, ...workflow.steps[0]!.jobs.map((job) => job.state)], [undefined, 'open', 'open', 'open'])
})

/** What two jobs of the first of two steps come to, with and without `onError: continue`; the state, the reason, the jobs that are due. */
const errors: readonly [given: string, onError: 'stop' | 'continue', first: 'fails' | 'is changed' | 'is in doubt', then: string, due: number][] = [
  ['a failed job ends its workflow', 'stop', 'fails', 'failed step failed', 0],
  ['a failed job is an error of its own, and the steps after it run', 'continue', 'fails', 'running', 2],
  ['a script that changed ends it all the same', 'continue', 'is changed', 'failed runbook changed', 0],
  ['a doubt ends it all the same', 'continue', 'is in doubt', 'failed in doubt', 0],
]
for (const [given, onError, first, then, due] of errors) {
  test(`onError ${onError}: ${given}`, () => {
    const story = new Story()
    const workflow = story.workflow({ effects: [first === 'is in doubt' ? 'once' : 'repeatable', 'read'], each: ['web', 'api'], onError })
    story.decideStart(workflow)
    const [one, two] = [story.claim(workflow), story.claim(workflow, 0, 'A', 1)]
    if (first === 'is in doubt') story.says({ kind: 'let go', workflow: workflow.id, claim: one, how: 'killed', survivors: 0, tookMs: 1 })
    else story.fails(workflow, 0, one, { reason: first === 'fails' ? 'step failed' : 'runbook changed' })
    assert.equal(workflow.state, 'running', 'what runs beside it ends by its own word')
    story.done(workflow, 0, two, 'A', 1)
    assert.equal([workflow.state, workflow.reason].filter(Boolean).join(' '), then)
    assert.equal(stepsDue(story.state, seat(story)).length, due)
    if (due === 0) return
    for (const job of [0, 1]) story.done(workflow, 1, story.claim(workflow, 1, 'A', job), 'A', job)
    assert.deepEqual([workflow.state, workflow.steps[0]!.jobs.map(({ state, detail }) => [state, detail])], ['verifying', [['failed', 'a test'], ['done', undefined]]])
  })
}

test('onError continue: jobs that have not begun when one fails still run', () => {
  const story = new Story()
  const workflow = story.workflow({ effects: ['repeatable'], each: ['web', 'api', 'db'], onError: 'continue' })
  story.decideStart(workflow).fails(workflow, 0, story.claim(workflow))
  assert.deepEqual(stepsDue(story.state, seat(story)).map(({ job }) => job), [1, 2])
})
