/** Rule 25: what is over is forgotten, at the same entry everywhere; what is open, or may be sent again, is not. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Catalogue } from '../../src/core/catalogue.ts'
import { room } from '../../src/core/counter.ts'
import { alertsDue, judgementsDue, plansDue, stepsDue } from '../../src/core/due.ts'
import type { Fact } from '../../src/core/entry.ts'
import { evolve } from '../../src/core/evolve.ts'
import { restoreState, snapshotLines } from '../../src/core/snapshot.ts'
import { initialState, type State } from '../../src/core/state.ts'
import { allowing, alertBody, plan, Story } from './story.ts'

const hour = 3_600_000
const day = 24 * hour

/** One that never forgets, told the same. */
const unforgetting = (): State => Object.assign(initialState(), { swept: Infinity })

describe('the sweep', () => {
  test('a resend within the time joins its episode; after it, it is a new one and answered anew', () => {
    const story = new Story()
    const id = story.alert({ alertname: 'A' })
    story.says({ kind: 'unmatched', episodes: [id], reason: 'no route', detail: '', tell: false, route: '' })
    story.later(day - 20_000).alert({ alertname: 'A' })
    assert.equal(story.state.episodes.get(id)?.told, 2)
    story.later(day - 20_000).alert({ alertname: 'A' })
    assert.equal(story.state.episodes.get(id)?.told, 3, 'each resend begins the time anew')
    story.later(2 * day).says({ kind: 'taken', notice: 'none', who: 'ann' })
    assert.equal(story.state.episodes.has(id), false)
    story.alert({ alertname: 'A' })
    assert.deepEqual([story.state.episodes.get(id)?.told, story.state.unanswered.has(id)], [1, true])
  })

  test('an early `resolved` keeps a late firing from acting, for as long as one may come', () => {
    const story = new Story()
    const id = story.alert({ alertname: 'A' }, { status: 'resolved' })
    story.later(day - 20_000).alert({ alertname: 'A' })
    assert.equal(story.state.unanswered.size, 0)
    story.later(2 * day).says({ kind: 'taken', notice: 'none', who: 'ann' })
    assert.equal(story.state.episodes.has(id), false)
  })

  test('the longest time that a process asks for counts, a day at least', () => {
    const story = new Story()
    const joined = (rememberMs?: number): Fact => ({ kind: 'joined', name: 'h', host: 'h', roles: ['run'], foldVersion: 1, ...(rememberMs === undefined ? {} : { rememberMs }) })
    const told = [joined(3 * day), joined(hour), joined()].map((fact, index) => story.says(fact, `P${index}`).state.rememberMs)
    assert.deepEqual(told, [3 * day, 3 * day, 3 * day])
    story.says({ kind: 'runner lost', runner: 'P0', name: 'h', why: '' }, 'P1')
    assert.equal(story.state.rememberMs, 3 * day, 'while nobody took its place')
    assert.equal(story.says(joined(), 'P3').state.rememberMs, day)
  })

  test('what is open stays, however old: an alert without an answer, a workflow, a stop, what people were not told', () => {
    const story = new Story()
    const unanswered = story.alert({ alertname: 'A' })
    const workflow = story.workflow({ target: 'web' })
    const failed = story.workflow({ target: 'api' })
    story.says({ kind: 'ended', workflow: failed.id, turn: failed.turn, state: 'failed', reason: 'plan failed', detail: '' })
    story.stop('s1', [], 'pause')
    for (let days = 0; days < 10; days++) story.later(day).says({ kind: 'taken', notice: 'none', who: 'ann' })
    const { state } = story
    assert.deepEqual([state.episodes.has(unanswered), state.workflows.has(workflow.id), state.workflows.has(failed.id), state.inForce.size], [true, true, true, true].map((one, index) => (index === 3 ? 1 : one)))
    assert.ok(state.notices.has(`workflow:${failed.id}`), 'Slack was away for days: it is still to be told')
    for (const _ of [1, 2, 3, 4]) story.says({ kind: 'message sent', notice: `workflow:${failed.id}`, revision: 9, channel: 'C', ts: '1', rang: true })
    story.says({ kind: 'message sent', notice: 'stop:s1', revision: 9, channel: 'C', ts: '2', rang: true })
    story.lift('s1').says({ kind: 'message sent', notice: 'stop:s1', revision: 9, channel: 'C', ts: '2' })
    for (let days = 0; days < 3; days++) story.later(day).says({ kind: 'taken', notice: 'none', who: 'ann' })
    assert.deepEqual([state.workflows.has(failed.id), state.episodes.has(failed.episode!), state.stops.has('s1'), state.notices.size], [false, false, false, 0])
    assert.equal(story.stop('s1').state.inForce.size, 0, 'its id stays lifted')
  })

  test('an episode that nobody resolves ever lets go of its name', () => {
    const story = new Story()
    const id = story.alert({ alertname: 'A' })
    story.says({ kind: 'unmatched', episodes: [id], reason: 'no route', detail: '', tell: false, route: '' })
    assert.equal(story.state.counters.get('firing:A')?.holders.size, 1)
    for (let days = 0; days < 4; days++) story.later(day).says({ kind: 'taken', notice: 'none', who: 'ann' })
    assert.equal(story.state.counters.has('firing:A'), false)
  })

  test('what was forgotten is handed out once, as it was', () => {
    const story = new Story()
    const workflow = story.workflow({ target: 'web' })
    story.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'expired', reason: 'expired', detail: '' })
    story.says({ kind: 'message sent', notice: `workflow:${workflow.id}`, revision: 9, channel: 'C', ts: '1' })
    story.later(2 * day).says({ kind: 'taken', notice: 'none', who: 'ann' })
    const { forgotten } = story.state.did
    assert.deepEqual([forgotten.workflows.map(({ id, state }) => [id, state]), forgotten.episodes.map(({ id }) => id)], [[[workflow.id, 'expired']], [workflow.episode]])
    story.says({ kind: 'taken', notice: 'none', who: 'ann' })
    assert.equal(story.state.did.forgotten.workflows.length, 0)
  })

  test('a catalogue can be put back in force for a month after it was, and one in force stays', () => {
    const story = new Story()
    const use = (digest: string, was: string) => story.says({ kind: 'catalogue announced', catalogue: { ...allowing, digest } }).says({ kind: 'catalogue activated', digest, was })
    use('c1', '')
    story.later(29 * day)
    use('c2', 'c1')
    for (let days = 0; days < 29; days++) story.later(day).says({ kind: 'taken', notice: 'none', who: 'ann' })
    assert.deepEqual([...story.state.catalogues.keys()], ['c1', 'c2'])
    for (let days = 0; days < 40; days++) story.later(day).says({ kind: 'taken', notice: 'none', who: 'ann' })
    assert.deepEqual([...story.state.catalogues.keys()], ['c2'])
    assert.ok(story.state.activatedBefore.has('c1'), 'and never comes back by itself')
  })

  test('of catalogues that change often the last twenty in force are kept, and one that something runs by', () => {
    const story = new Story().says({ kind: 'fold version', version: 2 })
    const runbook = { digest: 'd', steps: [] } as unknown as Catalogue['runbooks'][string]
    let was = ''
    const use = (digest: string, runbooks: Catalogue['runbooks'] = {}): void => {
      story.says({ kind: 'catalogue announced', catalogue: { ...allowing, digest, runbooks } }).says({ kind: 'catalogue activated', digest, was })
      was = digest
    }
    const kept = (): string[] => [...story.state.catalogues.keys()]
    use('old')
    use('runs', { 'fix@1': runbook })
    const workflow = story.workflow()
    for (let n = 0; n < 25; n++) {
      use(`n${n}`)
      if (n === 10) use('old')
    }
    assert.deepEqual([kept().length, kept()[0], kept()[1]], [20, 'runs', 'n7'], 'in the order in which they were in force last')
    assert.ok(kept().includes('old'))
    story.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'expired', reason: 'expired', detail: '' })
    use('last')
    assert.deepEqual([kept().length, kept()[0], kept().at(-1), story.state.catalogue?.digest], [20, 'n7', 'last', 'last'])
  })
})

interface Step {
  readonly afterMs: number
  readonly what: 'fires' | 'resolved' | 'unmatched' | 'workflow' | 'ends' | 'takes'
  readonly who: number
}

const steps = fc.array(fc.record<Step>({ afterMs: fc.integer({ min: 0, max: 4 * hour }), what: fc.constantFrom('fires', 'resolved', 'unmatched', 'workflow', 'ends', 'takes'), who: fc.nat(5) }), { minLength: 20, maxLength: 120 })
const window = { key: 'rate:all', max: 3, window: { ms: 6 * hour }, policy: 'rate', otherwise: 'wait' } as const

/** The same entries for whoever folds them: nothing in them depends on what is remembered. */
const told = (all: readonly Step[]): Story => {
  const story = new Story(unforgetting())
  all.forEach(({ afterMs, what, who }, index) => {
    story.later(afterMs)
    const [open] = story.state.unanswered.keys()
    const ready = [...story.state.live.get('ready')!][0]
    if (what === 'workflow') story.workflow({ target: `t${who}`, id: `w${index}` })
    else if (what === 'unmatched' && open !== undefined) story.says({ kind: 'unmatched', episodes: [open], reason: 'no route', detail: '', tell: who > 2, route: '' })
    else if (what === 'takes' && ready) story.decideStart(ready, [window]).claim(ready)
    else if (what === 'ends' && ready) story.says({ kind: 'ended', workflow: ready.id, turn: ready.turn, state: 'expired', reason: 'expired', detail: '' })
    else story.says({ kind: 'received', source: 'alertmanager', payload: alertBody([{ labels: { alertname: `A${who}`, n: String(Math.floor(index / 12)) }, status: what === 'resolved' ? 'resolved' : 'firing' }]) })
  })
  return story
}

test('folded with the sweep, everything within its time is as without it', () => {
  let forgot = 0
  fc.assert(fc.property(steps, (all) => {
    const { state: whole, log } = told(all)
    const swept = initialState()
    for (const read of log) evolve(swept, read)
    const now = whole.at
    for (const [id, episode] of whole.episodes) {
      const mine = swept.episodes.get(id)
      if (mine || now - episode.lastAt < day) assert.deepEqual(mine, episode)
      else forgot++
    }
    for (const [id, workflow] of whole.workflows) {
      if (swept.workflows.has(id) || whole.live.get(workflow.state)?.has(workflow)) assert.deepEqual(swept.workflows.get(id), workflow)
    }
    assert.deepEqual(room(swept, window, now, ''), room(whole, window, now, ''))
    const seat = { me: 'A', live: ['A'], now }
    for (const due of [(state: State) => alertsDue(state, seat, 100), (state: State) => judgementsDue(state, seat), (state: State) => plansDue(state, seat), (state: State) => stepsDue(state, seat)]) {
      assert.deepEqual(due(swept), due(whole))
    }
    const restored = restoreState(snapshotLines(swept))
    assert.deepEqual([...snapshotLines(restored)], [...snapshotLines(swept)])
  }), { numRuns: 60, seed: 25 })
  assert.ok(forgot > 50, `only ${forgot} were forgotten: nothing was shown`)
})

/** Everything in it, whatever it is called and wherever it lies. */
const sizesOf = (value: unknown, path = 'state', found = new Map<string, number>(), seen = new Set<unknown>()): Map<string, number> => {
  if (typeof value !== 'object' || value === null || seen.has(value)) return found
  seen.add(value)
  const children = value instanceof Map || value instanceof Set ? [...value.values()] : Array.isArray(value) ? value : undefined
  if (children) found.set(path, (found.get(path) ?? 0) + children.length)
  if (children) for (const child of children) sizesOf(child, `${path}[]`, found, seen)
  else for (const [name, child] of Object.entries(value)) sizesOf(child, `${path}.${name}`, found, seen)
  return found
}

test('200,000 alerts over many days leave a state as large as it was', () => {
  const story = new Story()
  story.says({ kind: 'catalogue announced', catalogue: allowing }).says({ kind: 'catalogue activated', digest: 'c1', was: '' })
  const [days, groups, size] = [100, 40, 50]
  const afterDay = (number: number): void => {
    for (let group = 0; group < groups; group++) {
      story.later(day / groups - 100)
      const name = `${number}-${group}`
      story.log.length = 0
      if (group % 2 === 0) life(story, name)
      const tell = (status: string, some: (index: number) => boolean): Story => story.says({
        kind: 'received', source: 'alertmanager',
        payload: alertBody(Array.from({ length: size }, (_, index) => index).filter(some).map((index) => ({ labels: { alertname: `Novel${group % 9}`, name, index: String(index) }, status }))),
      })
      tell('firing', () => true)
      story.says({ kind: 'unmatched', episodes: [...story.state.unanswered.keys()], reason: 'no route', detail: '', tell: group % 3 === 0, route: '' })
      tell('resolved', (index) => index % 3 === 0)
      for (const { key, revision } of [...story.state.noticesDue]) story.says({ kind: 'message sent', notice: key, revision, channel: 'C', ts: '1', rang: true })
      for (const { key } of [...story.state.ringing[0]!]) story.says({ kind: 'taken', notice: key, who: 'ann' })
      for (const { key, revision } of [...story.state.noticesDue]) story.says({ kind: 'message sent', notice: key, revision, channel: 'C', ts: '1' })
    }
  }
  for (let number = 0; number < 5; number++) afterDay(number)
  const before = sizesOf(story.state)
  for (let number = 5; number < days; number++) afterDay(number)
  const after = sizesOf(story.state)
  assert.ok(before.get('state.episodes')! > groups * size && before.get('state.notices')! > 30, 'there was something to forget')
  for (const [path, size] of after) if (!forGood.has(path)) assert.ok(size <= (before.get(path) ?? 0) * 1.05 + 10, `${path} grew from ${before.get(path)} to ${size}`)
})

/** Kept for ever on purpose, a few bytes each: ids that people stopped and lifted. */
const forGood = new Set(['state.lifted'])

/** A process that joins and is lost, a stop, a request under its key, a bad alert, and a workflow from its alert to its end. */
const life = (story: Story, name: string): void => {
  const by = `p-${name}`
  story.says({ kind: 'joined', name: by, host: 'h', roles: ['run'], foldVersion: 1 }, by)
  story.stop(`s-${name}`, ['target="none"']).lift(`s-${name}`)
  const workflow = story.workflow({ id: `w-${name}`, target: `t-${name}` })
  const takes = [
    { key: `rate:${name}`, max: 3, window: { ms: hour }, policy: 'rate', otherwise: 'wait' },
    { key: `pause:${name}`, max: 3, window: { ms: hour, from: 'last end' }, policy: 'pause-after', otherwise: 'wait' },
    { key: `target:${name}`, max: 1, window: 'until end', policy: 'target', otherwise: 'wait' },
  ] as const
  story.decideStart(workflow, takes).done(workflow, 0, story.claim(workflow)).done(workflow, 1, story.claim(workflow, 1))
  story.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'unproven', reason: 'not healed in time', detail: '' })
  story.says({
    kind: 'submitted', workflow: `r-${name}`, catalogue: 'c1', runbook: { name: 'fix', version: 1, digest: 'd' }, provider: 'local', targets: ['web'], params: {}, mode: 'auto', steps: [],
    healedWithinMs: 1, probe: false, labels: [], who: 'ann', why: '', key: `ann\n${name}`, body: 'b',
  })
  story.says({ kind: 'planned', workflow: `r-${name}`, turn: 1, plan: plan(['web'], story.at) })
  story.says({ kind: 'ended', workflow: `r-${name}`, turn: 2, state: 'expired', reason: 'expired', detail: '' })
  story.says({ kind: 'received', source: 'alertmanager', payload: alertBody([{ labels: { alertname: `Bad${name}` }, status: 'resolved' }]), problems: [{ index: 0, field: name, problem: 'bad' }] })
  story.says({ kind: 'catalogue refused', problems: [name] })
  story.says({ kind: 'runner lost', runner: by, name: by, why: 'gone' })
}

describe('an alert that began longer ago than anything is remembered', () => {
  const judgedOf = (observed: readonly { readonly name: string; readonly value: boolean }[], approved = false) => {
    const story = new Story().later(40 * day)
    const workflow = story.workflow({ startsAt: new Date(story.at - 2 * day).toISOString() })
    if (approved) Object.assign(workflow, { approved: workflow.plan!.digest, approvals: [{ who: 'ann', at: story.at }] })
    const plan = { ...workflow.plan!, observed: [...workflow.plan!.observed, ...observed.map((one) => ({ ...one, readAt: story.at }))] }
    const { outcome, reason } = story.judge(Object.assign(workflow, { plan }))
    return [outcome, reason]
  }
  const rows = [
    [[{ name: 'fires', value: true }], false, ['start', undefined], 'Alertmanager has it'],
    [[{ name: 'fires', value: false }], false, ['obsolete', 'resolved'], 'it is gone: a late resend'],
    [[], false, ['ask', 'fact missing'], 'nobody could be asked'],
    [[], true, ['start', undefined], 'and a person said yes'],
  ] as const
  for (const [observed, approved, outcome, why] of rows) test(`${outcome[0]}: ${why}`, () => assert.deepEqual(judgedOf(observed, approved), outcome))
})
