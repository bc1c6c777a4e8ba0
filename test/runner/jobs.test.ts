/** What a job gives back, what its script is handed, and what it is refused. With real children. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Json } from '../../src/core/plan.ts'
import { boottimeMs } from '../../src/runner/boottime.ts'
import { createJobs } from '../../src/runner/jobs.ts'
import type { Call, Jobs } from '../../src/runner/jobs.ts'
import type { JobInput, JobOrder, Outcome } from '../../src/runner/protocol.ts'
import { noCall, orderIn, outputOf, type Script } from './orders.ts'

const nul = '\0'

let folder: string
let jobs: Jobs
let secrets: readonly string[] = ['hunter2-secret', 'first line of a key\nsecond line of a key']

const order = (of: Script, more: Parameters<typeof orderIn>[2] = {}): JobOrder => orderIn(folder, of, more)

async function run(script: Script, more: Partial<JobOrder> & { given?: Partial<JobInput>; call?: Call } = {}): Promise<Outcome> {
  const { call = noCall, ...rest } = more
  const asked = order(script, rest)
  const outcome = await jobs.start(asked, call).result
  jobs.release(asked.workflow)
  return outcome
}

describe('a job', { concurrency: 3 }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'paramedic-jobs-'))
    jobs = createJobs({
      warm: 3, stateDirectory: join(folder, 'state'), outputDirectory: join(folder, 'out'), killAfterMs: 300_000,
      secrets: () => secrets, outputCapBytes: 200_000,
    })
    await jobs.ready
    jobs.extend(boottimeMs())
  })
  after(async () => {
    assert.deepEqual(await jobs.close(), { survivors: 0 })
    assert.ok(!existsSync(join(folder, 'state', 'pids')))
    rmSync(folder, { recursive: true, force: true })
  })

  const failures: readonly (readonly [string, Script, Partial<JobOrder>, string, RegExp, string])[] = [
    ['throws', { run: `() => { throw new Error('no such shop') }` }, {}, 'thrown', /^no such shop$/, 'its message is the error'],
    ['throws what is no error', { run: `() => { throw { code: 7 } }` }, {}, 'thrown', /code: 7/, 'shown all the same'],
    ['fails in a shell', { run: "({ $ }) => $`echo bad >&2; exit 3`" }, {}, 'thrown', /exit code 3: bad/, 'the last line of stderr says why'],
    ['forgets an await', { run: `() => { void Promise.reject(new Error('lost')); return new Promise(() => {}) }` }, {}, 'thrown', /^lost$/, 'nobody awaits it, so nobody else would see it'],
    ['returns too much', { run: `() => 'x'.repeat(17000)` }, {}, 'thrown', /16384 can be kept/, 'outputs are kept on the log'],
    ['returns no JSON', { run: `() => 10n` }, {}, 'thrown', /BigInt/, 'outputs are JSON'],
    ['has a plan without changes', { plan: `() => ({})` }, {}, 'thrown', /list of changes/, 'policies judge changes'],
    ['verifies neither true nor false', { verify: `() => 'yes'` }, {}, 'thrown', /true or false/, 'what is no proof is no proof'],
    ['takes too long', { run: `() => new Promise(() => {})` }, { timeoutMs: 300 }, 'timeout', /300 ms/, 'every step has an end'],
    ['spins for ever', { run: `() => { for (;;) ; }` }, { timeoutMs: 300 }, 'timeout', /300 ms/, 'a busy process cannot watch its own time'],
    ['polls for ever', { run: `({ poll }) => poll(() => false, { everyMs: 20 })` }, { timeoutMs: 300 }, 'timeout', /300 ms/, 'a poll ends with its step'],
    ['eats memory outside of the heap', { run: `async () => { const all = []; for (;;) { all.push(Buffer.alloc(8e6, 1)); await new Promise((done) => setTimeout(done, 5)) } }` }, { memoryMb: 200 }, 'memory', /200 MB/, 'its processes together are watched'],
    ['eats its heap', { run: `() => { const all = []; for (;;) all.push(new Array(1000).fill(Math.random())) }` }, {}, 'memory', /heap|of memory/, 'its own limit or the watch, whichever sees it first'],
    ['exits', { run: `() => process.exit(5)` }, {}, 'exit', /exit code 5/, 'a script does not end its process'],
    ['comes too late', {}, { notAfterBoottimeMs: 1 }, 'refused', /too late/, 'protocol rule 3: an order says after when it is too late'],
    ['is not what was approved', {}, { digest: '0'.repeat(64) }, 'changed', /not what was approved/, 'the digest is checked on the bytes that run'],
    ['has no such step', {}, { step: 4 }, 'thrown', /has no step 4/, 'the manifest and the script differ'],
    ['wants node:fs', { head: `import 'node:fs'` }, {}, 'thrown', /through the handles/, 'scripts act through handles only'],
    ['wants node:child_process', { run: `() => import('child_process')` }, {}, 'thrown', /through the handles/, 'also later'],
    ['wants a package', { head: `import 'zx'` }, {}, 'thrown', /no package/, 'what it needs is in its folder'],
    ['wants what is not its own', { head: `import '../../../src/main.js'` }, {}, 'thrown', /own folder/, 'nothing is shared between versions'],
    ['asks for a module on the quiet', { run: `() => process.getBuiltinModule('fs')` }, {}, 'thrown', /through the handles/, 'the other door is shut too'],
    ['has an id that is a path', {}, { id: '../x' }, 'refused', /letters/, 'it names a file'],
  ]
  for (const [name, script, more, failure, error, because] of failures)
    test(`fails as ${failure} when it ${name}`, async () => {
      const outcome = await run(script, more)
      assert.equal(outcome.kind === 'failed' && outcome.failure, failure, `${because}: ${JSON.stringify(outcome)}`)
      assert.match(outcome.kind === 'failed' ? outcome.error : '', error, because)
      if (outcome.kind === 'failed' && failure === 'thrown') assert.ok(!outcome.detail.includes(outcome.error.split(': ').at(-1)!), `said once: ${outcome.detail}`)
      if (failure === 'refused') assert.equal(outcome.started, false)
    })

  const shells: readonly (readonly [string, string, Json, string])[] = [
    ['a label is one word', "$`printf %s ${labels.evil}`", '$(touch /tmp/x) `id` "; rm -rf \' ~ *', 'quoted by zx'],
    ['an own environment', "$`env | cut -d= -f1 | grep -v ^ALERT_LABEL_ | sort | tr '\\n' ' '`", 'HOME LANG PARAMEDIC_DEADLINE PARAMEDIC_JOBS PARAM_BY PATH PWD SHLVL TARGET TMPDIR TRACEPARENT _', 'nothing of the server, no credentials'],
    ['labels below a prefix', "$`printf %s \"$ALERT_LABEL_BASH_ENV|$ALERT_LABEL_A_B\"`", 'payload|dash', 'the name of a label could be BASH_ENV'],
    ['no channel', "$`for fd in /proc/self/fd/*; do test $(basename $fd) -le 2 || readlink $fd; done | grep -c socket || true`.then(({ stdout }) => stdout.trim())", '0', 'no way to speak in the place of the child, which does it through a socket'],
    ['a folder of its own', "$`test \"$PWD\" = \"$HOME\" && touch mine && echo yes`", 'yes', 'what it leaves is removed with it'],
    ['nothing that all objects share', "$`echo ${String(({}).__proto__)}`.then(({ stdout }) => stdout.trim())", 'undefined', 'a text with this name is data'],
    ['options', "$({ nothrow: true })`exit 4`.then((output) => output.exitCode)", 4, 'as in zx'],
    ['at once', "$.sync`echo now`.stdout", 'now\n', 'as in zx'],
  ]
  for (const [name, command, expected, because] of shells)
    test(`a shell has ${name}`, async () => {
      const labels = { evil: '$(touch /tmp/x) `id` "; rm -rf \' ~ *', BASH_ENV: 'payload', 'a-b': 'dash', nul: `a${nul}b` }
      assert.deepEqual(outputOf(await run({ run: `({ $, labels }) => ${command}` }, { given: { labels } })), expected, because)
    })

  const holes: readonly (readonly [string, string, RegExp])[] = [
    ['a NUL', '$`echo ${labels.nul}`', /NUL/],
    ['nothing', '$`echo ${labels.missing}`', /undefined/],
    ['an object', '$`echo ${labels}`', /object/],
    ['a value in quotes', '$`echo "${labels.evil}"`', /inside "…"/],
    ['a value behind eval', '$`eval ${labels.evil}`', /as the text of a command/],
  ]
  for (const [name, command, error] of holes)
    test(`a shell refuses ${name}`, async () => {
      const outcome = await run({ run: `async ({ $, labels }) => { await ${command} }` }, { given: { labels: { nul: `a${nul}b`, evil: '$(id)' } } })
      assert.match(outcome.kind === 'failed' ? outcome.error : JSON.stringify(outcome), error)
    })

  test('handles are answered by the server, errors keep their names', async () => {
    const asked: Json[] = []
    const call: Call = async (name, args) => {
      asked.push([name, ...args])
      if (args[0] === 'gone') throw Object.assign(new Error('there is no gone'), { name: 'TargetUnknown' })
      return { replicas: 3 }
    }
    const script = `async ({ scale }) => {
      const size = await scale.read('shop')
      await scale.set('shop', size.replicas + 1, { version: 'v1' })
      await scale.restart('shop', 'm1')
      await scale.list()
      return scale.read('gone').catch((error) => [error.name, error.message])
    }`
    assert.deepEqual(outputOf(await run({ run: script }, { call })), ['TargetUnknown', 'there is no gone'])
    assert.deepEqual(asked, [['scale.read', 'shop'], ['scale.set', 'shop', 4, { version: 'v1' }], ['scale.restart', 'shop', 'm1'], ['scale.list'], ['scale.read', 'gone']])
  })

  const readers: readonly (readonly [string, Script])[] = [
    ['scale.set', { plan: `async ({ scale, target }) => { await scale.set(target, 9).catch(() => {}); return { changes: [] } }` }],
    ['scale.restart', { verify: `async ({ scale }) => { try { await scale.restart('shop', 'm') } catch {} ; return true }` }],
    ['$', { plan: `(context) => { try { context.$ } catch {} ; return { changes: [] } }` }],
  ]
  for (const [handle, script] of readers)
    test(`a ${script.plan ? 'plan' : 'probe'} that asks for ${handle} has failed, whatever it makes of the answer`, async () => {
      const outcome = await run(script)
      assert.deepEqual(outcome.kind === 'failed' && [outcome.failure, outcome.detail], ['forbidden', handle])
    })

  test('a plan reads, and is given its data', async () => {
    const plan = `async ({ scale, target, params, labels, alert }) => ({
      changes: [{ target, from: (await scale.read(target)).replicas, to: 3 + params.by }],
      notes: { proto: Object.keys(labels), constructor: typeof labels.constructor, frozen: Object.isFrozen(labels), starts: alert.startsAt },
    })`
    const labels = JSON.parse('{"__proto__":"own","alertname":"Slow"}') as Record<string, string>
    const alert = { labels, annotations: {}, startsAt: '2026-01-01T00:00:00Z', fingerprint: 'f' }
    assert.deepEqual(outputOf(await run({ plan }, { given: { labels, alert }, call: async () => ({ replicas: 3 }) })), {
      changes: [{ target: 'shop', from: 3, to: 4 }],
      notes: { proto: ['__proto__', 'alertname'], constructor: 'undefined', frozen: true, starts: '2026-01-01T00:00:00Z' },
    })
  })

  test('a script imports the files of its folder, as listed and as digested', async () => {
    const script = { head: `import { two } from './1/more.ts'\nimport sizes from './1/sizes.json' with { type: 'json' }\nimport { join } from 'node:path'`, run: `() => [two, sizes.small, join('a', 'b')]`, files: { '1/more.js': 'export const two = 2\n', '1/sizes.json': '{"small":1}' } }
    assert.deepEqual(outputOf(await run(script)), [2, 1, 'a/b'])
    const changed = order(script)
    writeFileSync(join(dirname(changed.script), '1/more.js'), 'export const two = 3\n')
    const outcome = await jobs.start(changed, noCall).result
    assert.match(outcome.kind === 'failed' ? outcome.error : '', /more\.js is not what was approved/)
  })

  test('the steps of one workflow share a process, those of two never', async () => {
    const script = { run: `() => [process.pid, globalThis.times = (globalThis.times ?? 0) + 1, process.cwd()]` }
    const first = order(script, { workflow: 'shared' })
    const [one, two, other] = [await jobs.start(first, noCall).result, await jobs.start({ ...first, id: 'again' }, noCall).result, await jobs.start({ ...first, id: 'other', workflow: 'other' }, noCall).result].map((outcome) => outputOf(outcome) as [number, number, string])
    assert.deepEqual([two![0], two![1]], [one![0], 2])
    assert.equal(other![1], 1)
    jobs.release('shared')
    jobs.release('other')
    while (existsSync(one![2])) await new Promise((done) => setTimeout(done, 10))
  })

  test('jobs of one workflow at the same time each have a process', async () => {
    const first = order({ run: `async ({ scale }) => { await scale.list(); return process.cwd() }` }, { workflow: 'parallel' })
    // Each waits for all of them: one that had ended would lend its process to the next.
    const all = Promise.withResolvers<void>()
    let asked = 0
    const call: Call = async () => (++asked === 3 && all.resolve(), await all.promise, [])
    const cwds = await Promise.all(['a', 'b', 'c'].map(async (id) => outputOf(await jobs.start({ ...first, id: `parallel-${id}` }, call).result)))
    assert.equal(new Set(cwds).size, 3)
    jobs.release('parallel')
  })

  test('what it prints is kept whole, in order and masked, and its end is cut', async () => {
    const outcome = await run({ run: "async ({ $, log }) => { console.log('one', 'hunter2-secret'); await $`echo two; echo hunter2-secret >&2`; log('second line of a key'); process.stdout.write('no end'); return 'hunter2-secret'.length }" })
    assert.equal(outcome.printed.tail, 'one ***\n$ echo two; echo *** >&2\ntwo\n***\n***\nno end')
    assert.equal(readFileSync(outcome.printed.file!, 'utf8'), outcome.printed.tail)
    const much = await run({ run: `() => { for (let line = 0; line < 40000; line++) console.log('line', line, 'x'.repeat(20)); throw new Error('hunter2-secret') }` })
    assert.equal(much.kind === 'failed' && much.error, '***')
    assert.ok(much.printed.cut && much.printed.bytes > 1_000_000)
    assert.ok(much.printed.tail.endsWith(`line 39999 ${'x'.repeat(20)}\n`))
    assert.equal(Buffer.byteLength(much.printed.tail), 65536)
    const kept = readFileSync(much.printed.file!, 'utf8')
    assert.ok(kept.startsWith('line 0 ') && kept.length < 200_200 && kept.includes('cut here'))
  })

  test('what a handle refuses is told in its own words, without a path of this machine', async () => {
    const outcome = await run({ run: `({ scale }) => scale.read('nobody')` }, { call: async () => { throw Object.assign(new Error('there is no target nobody'), { name: 'TargetUnknown' }) } })
    assert.deepEqual(outcome.kind === 'failed' && [outcome.error, outcome.detail], ['there is no target nobody', ''])
  })

  test('what it returns is masked, and what became secret while it runs', async () => {
    const returned = await run({ run: `() => ({ said: ['it is hunter2-secret'], 'hunter2-secret': 1 })` })
    assert.deepEqual(outputOf(returned), { said: ['it is ***'], '***': 1 })
    const reads = Promise.withResolvers<void>()
    const ends = run({ run: `async ({ scale }) => { console.log('new-secret before'); await scale.read('x'); console.log('new-secret after'); return 'new-secret' }` }, {
      call: async () => (reads.resolve(), await changed.promise, null),
    })
    const changed = Promise.withResolvers<void>()
    await reads.promise
    secrets = [...secrets, 'new-secret']
    jobs.extend(boottimeMs())
    changed.resolve()
    const outcome = await ends
    assert.equal(outputOf(outcome), '***')
    assert.match(outcome.printed.tail, /\*\*\* after/)
  })

  test('what it printed before it was killed is not lost', async () => {
    const outcome = await run({ run: `() => { console.log('last words'); for (;;) ; }` }, { timeoutMs: 300 })
    assert.equal(outcome.printed.tail, 'last words\n')
  })

  test('handles end with their job', async () => {
    const first = order({ run: `({ scale, $ }) => { globalThis.kept = { scale, $ }; return globalThis.before }` }, { workflow: 'ends' })
    outputOf(await jobs.start(first, noCall).result)
    const second = { ...order({ run: `async () => Promise.all([globalThis.kept.scale.read('x'), (async () => globalThis.kept.$\`true\`)()].map((one) => one.then(() => 'alive', (error) => error.message)))` }), workflow: 'ends' }
    const said = outputOf(await jobs.start(second, noCall).result) as string[]
    for (const one of said) assert.match(one, /this job is over/)
    jobs.release('ends')
  })

  test('a job that may have more memory than those that wait has a process of its own', async () => {
    const outcome = await run({ run: `() => process.execArgv.find((flag) => flag.includes('old-space'))` }, { memoryMb: 900 })
    assert.equal(outputOf(outcome), '--max-old-space-size=900')
  })

  test('a kill leaves the others alone, and one before the start is told so', async () => {
    const stays = jobs.start(order({ run: `() => new Promise((done) => setTimeout(() => done('stayed'), 700))` }, { workflow: 'stays' }), noCall)
    const many = Array.from({ length: 12 }, () => jobs.start(order({ run: `() => new Promise(() => {})` }, { workflow: 'goes' }), noCall))
    await many[0]!.started
    const killed = await jobs.kill(['goes'], 'a test')
    assert.equal(killed.length, 12)
    const outcomes = await Promise.all(many.map(({ result }) => result))
    assert.ok(outcomes.every((outcome) => outcome.kind === 'failed' && outcome.failure === 'killed' && outcome.error === 'a test'))
    assert.ok(outcomes.some(({ started }) => !started), 'not all of them had a process yet')
    assert.equal(outputOf(await stays.result), 'stayed')
    jobs.release('stays')
  })
})
