/** What a trial finds: each call that nobody expected, each that did not come, and a world that is not as it should be. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { readScripts } from '../../src/catalog/scripts.ts'
import { tryScript } from '../../src/trial/trials.ts'
import { folder } from '../catalog/folders.ts'
import { paramedic } from '../cli/cli.ts'

const scriptOf = (run: string, more = ''): string => `import { runbook, minutes } from 'paramedic'
export default runbook({
  target: 'service',${more}
  plan: async ({ target, scale }) => ({ changes: [{ target, from: (await scale.read(target)).replicas, to: 3 }] }),
  steps: [{ name: 'act', effect: 'repeatable', timeout: minutes(1), run: ${run} }],
})
`
const trialOf = (more: object): string => `import { trial } from 'paramedic'
export default trial(${JSON.stringify({ alert: { labels: { alertname: 'Slow', service: 'web' } }, targets: { web: { replicas: 2 } }, plan: [{ target: 'web', from: 2, to: 3 }], calls: [], ...more })})
`
const files = (run: string, trial: object, more?: string) => ({ 'runbooks/scale/1.ts': scriptOf(run, more), 'runbooks/scale/1.test.ts': trialOf(trial), 'runbooks/scale/1/fix.sh': '#!/bin/sh\necho "$TARGET"\n' })

async function problemsOf(t: TestContext, run: string, trial: object, more?: string): Promise<readonly string[]> {
  const made = await folder(t, files(run, trial, more))
  const [script] = (await readScripts(made.runbooks)).scripts
  return (await tryScript(script!, { runbooks: made.runbooks, timeoutMs: 20_000 })).problems
}

const set = '({ scale, target }) => scale.set(target, 3)'
const rows: readonly (readonly [reason: string, run: string, trial: object, problems: readonly (string | RegExp)[]])[] = [
  ['all went as it says', set, { calls: ['scale.set web 3'], after: { targets: { web: { replicas: 3, ready: 2 } } } }, []],
  ['a call that is missing', '() => 1', { calls: ['scale.set web 3'] }, ['missing: scale.set web 3']],
  ['a call that nobody expected', set, {}, ['unexpected in act: scale.set web 3']],
  ['another call than the next one', set, { calls: ['scale.set web 4'] }, ['unexpected in act: scale.set web 3, where scale.set web 4 comes next', 'missing: scale.set web 4']],
  ['a plan that is another', set, { plan: [], calls: ['scale.set web 3'] }, [/^planned \[\{"target":"web","from":2,"to":3\}\] instead of \[\]$/]],
  ['a world that is not so in the end', set, { calls: ['scale.set web 3'], after: { targets: { web: { ready: 3 } } } }, ['web should have ready 3 in the end, and has 2']],
  ['outside of the bounds', '({ scale, target }) => scale.set(target, 9)', { calls: ['scale.set web 9'] }, ['web may have 1 to 5 replicas, and 9 were asked for']],
  ['no label names the target', set, { alert: { labels: { alertname: 'Slow' } } }, ['the alert has no label service, which names the target']],
  ['a command is a line of the trial', '({ $, labels }) => $`restart -- ${labels.service}`', { calls: [{ call: '$ restart -- web', gives: 'done' }] }, []],
  ['a command that fails', '({ $ }) => $`false`', { calls: [{ call: '$ false', fails: 3 }] }, [/exit code: 3/]],
  ['a command that nobody expected is not run', '({ $ }) => $`touch /tmp/never`', {}, ['unexpected in act: $ touch /tmp/never', /exit code: 127/]],
  ['a pattern', "({ $ }) => $`echo ${'a b'} end`", { calls: ['$ echo * end'] }, []],
  ['a program of the version', "['./fix.sh', 'now']", { calls: ['$ */1/fix.sh now'] }, []],
  ['a request is a line of the trial', "async () => (await fetch('https://pager/x', { method: 'POST' })).status", { calls: ['POST https://pager/x'] }, []],
  ['what it has left is a time', 'async ({ leftMs, $ }) => { AbortSignal.timeout(leftMs()); await $`date -d @$PARAMEDIC_DEADLINE` }', { calls: ['$ date -d @$PARAMEDIC_DEADLINE'] }, []],
  ['it waits for what never comes', '({ poll }) => poll(() => false)', {}, ['act: looked 100 times, and it did not come true']],
  ['a trial that cannot be read', set, { cals: [] }, [/cals is not known \(did you mean calls\?\)/]],
]
for (const [reason, run, trial, expected] of rows) {
  test(reason, { timeout: 60_000 }, async (t) => {
    const problems = await problemsOf(t, run, trial)
    assert.equal(problems.length, expected.length, JSON.stringify(problems))
    for (const [at, one] of expected.entries()) typeof one === 'string' ? assert.equal(problems[at], one) : assert.match(problems[at]!, one)
  })
}

test('`runbook test` shows each call, and exits 1 where one is unexpected or missing', { timeout: 60_000 }, async (t) => {
  const made = await folder(t, files(set, { calls: ['scale.set web 3'] }))
  const good = await paramedic(['runbook', 'test'], { cwd: made.path })
  assert.deepEqual([good.code, good.out.split('\n').slice(0, 3)], [0, ['ok  scale@1 on web', '      plan: scale.read web', '      act: scale.set web 3']])
  await made.write({ 'runbooks/scale/1.test.ts': trialOf({}) })
  const bad = await paramedic(['runbook', 'test', 'scale@1'], { cwd: made.path })
  assert.deepEqual([bad.code, bad.out.includes('! unexpected in act: scale.set web 3')], [1, true])
  assert.equal((await paramedic(['runbook', 'test', 'nobody'], { cwd: made.path })).code, 2)
  assert.equal((await paramedic(['check'], { cwd: made.path })).code, 0, 'a trial is no part of a version')
})
