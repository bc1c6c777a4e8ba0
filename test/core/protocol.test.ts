/** The rules that make one log and one fold hold, each by its number in docs/protocol.md. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { alertsDue, stepsDue } from '../../src/core/due.ts'
import type { Fact } from '../../src/core/entry.ts'
import { foldVersion, upgradeOf } from '../../src/core/upgrade.ts'
import { rows } from '../simulation/planted.ts'
import { allowing, lost, seat, Story } from './story.ts'

test('every rule of docs/protocol.md is named by a test', () => {
  const rules = [...readFileSync('docs/protocol.md', 'utf8').matchAll(/^(\d+)\. /gm)].map(([, rule]) => Number(rule))
  assert.deepEqual(rules, Array.from({ length: 25 }, (_, index) => index + 1))
  const titles = globSync('test/**/*.test.ts').map((file) => readFileSync(file, 'utf8').replaceAll(/^\s*(\/?\*|\/\/).*$/gm, ''))
  const numbers = titles.flatMap((text) => [...text.matchAll(/\brules? (\d+)(?: and (\d+))?: /g)].flatMap(([, ...found]) => found))
  const named = new Set([...rows.map(({ rule }) => rule), ...numbers].map(Number))
  assert.deepEqual(rules.filter((rule) => !named.has(rule)), [])
})

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
    story.claim(workflow)
    assert.equal(workflow.started, false, 'nothing is skipped: what came behind it is not folded')
    story.stop('s1')
    story.says({ kind: 'stop acknowledged', stop: 's1', runner: 'A', name: 'a', killed: 0, survivors: 0, tookMs: 1 })
    assert.deepEqual([...story.state.inForce].map(({ acknowledgements }) => acknowledgements.length), [1], 'and who obeyed it, so that he says it once')
  }
})

test('rule 10: a fold version is never taken back', () => {
  const story = new Story()
  story.says({ kind: 'fold version', version: foldVersion }).says({ kind: 'fold version', version: 1 })
  assert.deepEqual([story.state.foldVersion, story.state.unknownEntry], [foldVersion, undefined])
})

test('rule 10: it goes up to what the newest knows, once no older one lives', () => {
  const servers = (...versions: number[]) => versions.map((version, index) => ({ name: `s${index}`, foldVersion: version }))
  for (const [live, version, older, because] of [
    [servers(foldVersion, foldVersion), foldVersion, [], 'all know it'],
    [servers(foldVersion, foldVersion - 1), foldVersion, ['s1'], 'one is older'],
    [servers(foldVersion, foldVersion + 1), foldVersion + 1, ['s0'], 'we are the older one'],
    [[], foldVersion, [], 'nobody else is there'],
  ] as const) {
    const found = upgradeOf(live)
    assert.deepEqual([found.version, found.older.map(({ name }) => name)], [version, older], because)
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
