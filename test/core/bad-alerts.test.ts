import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertBody, Story } from './story.ts'

test('whatever is wrong with what is sent is one message, until an hour passed without', () => {
  const story = new Story()
  const bad = (n: number) => story.says({ kind: 'received', source: 'alertmanager', payload: alertBody([]), problems: [{ index: n, field: `labels.${n}`, problem: `has ${n} bytes` }] })
  const told = () => [...story.state.notices.values()].filter(({ about }) => about.kind === 'bad alerts')
  for (let n = 0; n < 500; n++) bad(n)
  assert.deepEqual(told().map(({ count, about }) => [count, about.kind === 'bad alerts' && about.problems]), [[500, ['alerts[499].labels.499: has 499 bytes']]])
  story.later(3_700_000)
  bad(1)
  assert.equal(told().length, 2)
})
