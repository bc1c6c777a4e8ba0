/** How a call goes: three levels, each above the next, and what is forced off above them all. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { initialState } from '../../src/core/state.ts'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings, type EdgeMode } from '../../src/edge/settings.ts'
import { switchedMode, type Switching } from '../../src/edge/switches.ts'
import { Story } from '../core/story.ts'

const log = (modes: Readonly<Record<string, EdgeMode>>): Pick<Switching, 'switched'> => ({ switched: () => new Map(Object.entries(modes).map(([edge, mode]) => [edge, { mode }])) })

const rows: readonly { readonly given: string; readonly switching: Switching; readonly read: EdgeMode | undefined; readonly change: EdgeMode | undefined }[] = [
  { given: 'nothing is switched', switching: {}, read: undefined, change: undefined },
  { given: 'the configuration switches the edge', switching: { modes: { k: 'off' } }, read: 'off', change: 'off' },
  { given: 'the configuration switches one kind of its calls', switching: { modes: { 'k/change': 'off' } }, read: undefined, change: 'off' },
  { given: 'the log is above the configuration', switching: { modes: { k: 'off' }, ...log({ k: 'on' }) }, read: 'on', change: 'on' },
  { given: 'the log for all is above the configuration for one', switching: { modes: { 'k/change': 'off' }, ...log({ k: 'on' }) }, read: 'on', change: 'on' },
  { given: 'for one kind is above for all, on one level', switching: log({ k: 'off', 'k/read': 'on' }), read: 'on', change: 'off' },
  { given: 'forced off is above the log', switching: { forcedOff: ['k/change'], ...log({ k: 'on', 'k/change': 'on' }) }, read: 'on', change: 'off' },
  { given: 'mock without leave is nothing', switching: log({ k: 'mock' }), read: undefined, change: undefined },
  { given: 'direct without leave is nothing', switching: { modes: { k: 'direct' } }, read: undefined, change: undefined },
  { given: 'with leave both count', switching: { allowInProduction: true, ...log({ 'k/read': 'mock', 'k/change': 'direct' }) }, read: 'mock', change: 'direct' },
  { given: 'another edge is switched', switching: { modes: { other: 'off' }, ...log({ 'other/read': 'off' }) }, read: undefined, change: undefined },
]

describe('switches', () => {
  for (const { given, switching, read, change } of rows) {
    test(given, () => assert.deepEqual([switchedMode(switching, 'k', 'read'), switchedMode(switching, 'k', 'change')], [read, change]))
  }

  test('hot: the log switches a call of an open edge off and on again, and each is counted', async () => {
    const { switches } = initialState()
    const degraded: string[] = []
    const edge = createEdges({ settings: usualSettings, switched: () => switches, onDegraded: (name, mode) => void degraded.push(`${name} ${mode}`) }).open('k', { meaning: () => 'fault' })
    const call = (effect: 'read' | 'repeatable') => edge.call({ effect, signal: new AbortController().signal, deadlineMs: 1000, run: async () => 'answered' }).catch((problem: Error) => problem.name)
    const both = async () => [await call('read'), await call('repeatable')]
    assert.deepEqual(await both(), ['answered', 'answered'])
    switches.set('k/change', { mode: 'off', at: 1, who: 'ann', why: 'upgrade' })
    assert.deepEqual(await both(), ['answered', 'EdgeOff'])
    assert.deepEqual([edge.view().mode, edge.view().degraded], ['off', true])
    switches.delete('k/change')
    assert.deepEqual(await both(), ['answered', 'answered'])
    assert.deepEqual(degraded, ['k off'])
  })

  test('no switch skips a policy or a stop: the judgement is the same with every one of them', () => {
    const judged = (switched: boolean) => {
      const story = new Story()
      for (const edge of switched ? ['local', 'local/change', 'kubernetes', 'slack'] : []) story.says({ kind: 'switched', edge, mode: 'direct', who: 'ann', why: '' })
      const one = story.workflow()
      story.stop('s')
      const { judgedAt: _, given: __, verdicts, ...rest } = story.judge(one, { at: 1_000_100 })
      return { ...rest, plan: '', verdicts }
    }
    assert.deepEqual(judged(true), judged(false))
    assert.equal(judged(true).reason, 'stopped')
  })

  test('the fold keeps the newest word, `configured` takes it back, and nonsense fills no memory', () => {
    const story = new Story()
    const say = (edge: string, mode: EdgeMode | 'configured') => story.says({ kind: 'switched', edge, mode, who: 'ann', why: 'w' })
    say('slack', 'off')
    say('slack', 'on')
    assert.equal(story.state.switches.get('slack')?.mode, 'on')
    say('slack', 'configured')
    assert.equal(story.state.switches.size, 0)
    for (let n = 0; n < 1000; n++) say(`edge-${n}`, 'off')
    assert.equal(story.state.switches.size, 200)
  })
})
