/** Every gate: what was said before, the plan, and then the decision and its reason. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Workflow } from '../../src/core/workflow.ts'
import { allowing, catalogueWith, Story } from './story.ts'

interface Row {
  readonly given: string
  readonly mode?: 'off' | 'dry-run' | 'approve' | 'auto'
  readonly before?: (story: Story, workflow: Workflow) => void
  readonly judging?: Parameters<Story['judge']>[1]
  readonly decision: string
  readonly reason: string | undefined
}

const policy = (type: string, settings: Record<string, unknown>) => ({ type, name: type, settings, source: 'p.yaml:1' })

const rows: readonly Row[] = [
  { given: 'nothing against it', decision: 'start', reason: undefined },
  { given: 'a stop of everything', before: (story) => story.stop('s'), decision: 'wait', reason: 'stopped' },
  { given: 'a lifted stop', before: (story) => story.stop('s').lift('s'), decision: 'start', reason: undefined },
  { given: 'a stop of another target', before: (story) => story.stop('s', ['target="db"']), decision: 'start', reason: undefined },
  { given: 'another workflow answered its episode', before: (story, { episode }) => Object.assign(story.state.episodes.get(episode!)!, { answer: { workflow: 'other' } }), decision: 'refuse', reason: 'answered' },
  { given: 'its alert was resolved', before: (story, { labels }) => story.alert(Object.fromEntries(labels), { status: 'resolved' }), decision: 'obsolete', reason: 'resolved' },
  { given: 'the target is worked on', before: (story) => { const other = story.workflow({ id: 'other' }); story.says({ kind: 'decided', ...story.judge(other) }).claim(other) }, decision: 'wait', reason: 'target busy' },
  { given: 'mode off', mode: 'off', decision: 'refuse', reason: 'mode off' },
  { given: 'mode dry-run', mode: 'dry-run', decision: 'rehearse', reason: 'dry run' },
  { given: 'mode approve', mode: 'approve', decision: 'ask', reason: 'approval' },
  { given: 'a policy that lets it go as far as approve, and a route that says auto', judging: { catalogue: catalogueWith([policy('mode', { most: 'approve' })]) }, decision: 'ask', reason: 'approval' },
  { given: 'a policy that lets it go further than its route', mode: 'dry-run', judging: { catalogue: catalogueWith([policy('mode', { most: 'auto' })]) }, decision: 'rehearse', reason: 'dry run' },
  { given: 'a policy that lets it rehearse', judging: { catalogue: catalogueWith([policy('mode', { most: 'dry-run' })]) }, decision: 'rehearse', reason: 'dry run' },
  { given: 'a policy that lets it do nothing', mode: 'approve', judging: { catalogue: catalogueWith([policy('mode', { most: 'off' })]) }, decision: 'refuse', reason: 'mode off' },
  { given: 'a policy whose mode cannot be read', judging: { catalogue: catalogueWith([policy('mode', { most: 'everything' })]) }, decision: 'refuse', reason: 'mode off' },
  { given: 'a runbook that is to ask', judging: { catalogue: { ...allowing, runbooks: { 'fix@1': { mode: 'approve' } as never } } }, decision: 'ask', reason: 'approval' },
  { given: 'nothing here can kill', judging: { canKill: false }, decision: 'ask', reason: 'no kill' },
  { given: 'force.dryRun', judging: { forceDryRun: true }, decision: 'rehearse', reason: 'force.dryRun' },
  { given: 'no policy entry', judging: { catalogue: { digest: 'c', routes: [], runbooks: {}, policies: {} } }, decision: 'refuse', reason: 'no policy' },
  { given: 'an empty policy list', judging: { catalogue: catalogueWith([]) }, decision: 'refuse', reason: 'no policy' },
  { given: 'a target that did not opt in', judging: { catalogue: catalogueWith([policy('targets', { names: ['db'] })]) }, decision: 'refuse', reason: 'targets' },
  { given: 'an excluded target', judging: { catalogue: catalogueWith([policy('excluded', { names: ['web'] })]) }, decision: 'refuse', reason: 'excluded' },
  { given: 'a policy type of a newer version', judging: { catalogue: catalogueWith([policy('astrology', {})]) }, decision: 'refuse', reason: 'policy failed' },
  { given: 'settings that do not fit', judging: { catalogue: catalogueWith([policy('targets', { names: 7 })]) }, decision: 'refuse', reason: 'policy failed' },
  { given: 'a plan whose facts are 31 s old', judging: { at: 1_031_100 }, decision: 'plan again', reason: undefined },
]

for (const row of rows) {
  test(`${row.given}: ${row.decision}${row.reason ? `, ${row.reason}` : ''}`, () => {
    const story = new Story()
    const workflow = story.workflow({ mode: row.mode ?? 'auto' })
    row.before?.(story, workflow)
    const judgement = story.judge(workflow, row.judging)
    assert.deepEqual([judgement.outcome, judgement.reason], [row.decision, row.reason])
    assert.equal(judgement.takes.length > 0, row.decision === 'start' || row.reason === 'target busy')
  })
}

test('the worst verdict wins, and every verdict is kept', () => {
  const story = new Story()
  const workflow = story.workflow({ mode: 'approve' })
  story.stop('s')
  const judgement = story.judge(workflow, { catalogue: catalogueWith([policy('excluded', { names: ['web'] })]) })
  assert.deepEqual([judgement.outcome, judgement.reason], ['refuse', 'excluded'])
  assert.deepEqual(judgement.verdicts.map((one) => one.reason ?? 'fine'), ['stopped', 'fine', 'approval', 'excluded'])
})

test('a plan that changes nothing is refused, and a bound is called a bound', () => {
  for (const [notes, reason] of [['already 3', 'nothing to change'], ['at its upper bound: 5 of 5', 'at bound']] as const) {
    const story = new Story()
    const workflow = story.workflow()
    Object.assign(workflow.plan!, { changes: [], notes })
    assert.deepEqual([story.judge(workflow).outcome, story.judge(workflow).reason], ['refuse', reason])
  }
})
