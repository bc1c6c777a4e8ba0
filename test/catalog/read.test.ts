import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { checkKnown } from '../../src/catalog/known.ts'
import { folder, good, said, script, type Files } from './folders.ts'

describe('a catalogue without problems is read whole', () => {
  it('has its routes, manifests and policies, with defaults written out', async (t) => {
    const made = await folder(t)
    const reading = await made.read()
    assert.deepEqual(said(reading, made), [])
    assert.deepEqual(said(reading, made, 'warnings'), [])
    const { catalogue } = reading
    assert.ok(catalogue)
    assert.match(catalogue.digest, /^[0-9a-f]{64}$/)
    const { digest, ...manifest } = catalogue.runbooks['scale@1']!
    assert.equal(digest, reading.scripts[0]!.digest)
    assert.deepEqual(manifest, {
      name: 'scale', version: 1, about: 'What it is about.', target: 'service', provider: 'local', params: {}, verify: false,
      planTimeoutMs: 30_000, healedWithinMs: 600_000,
      steps: [{ name: 'act', effect: 'repeatable', timeoutMs: 60_000, each: false, concurrency: 1, onError: 'stop', memoryMb: 512 }],
    })
    assert.deepEqual(catalogue.routes, [{
      matchers: ['alertname="Slow"'], runbook: { name: 'scale', version: 1 }, mode: 'auto', params: {}, source: 'runbooks/routes.yaml:2',
    }])
    assert.deepEqual(catalogue.policies, { scale: [{ type: 'targets', name: 'targets', settings: { names: ['web', 'api'] }, source: 'policies/scale.yaml:3' }] })
  })
  it('has one digest wherever it lies, and another when anything changes', async (t) => {
    const [one, two, other] = await Promise.all([folder(t), folder(t), folder(t, { 'policies/scale.yaml': good['policies/scale.yaml']!.replace('api', 'db') })])
    const digests = await Promise.all([one, two, other].map(async (made) => (await made.read()).catalogue?.digest))
    assert.equal(digests[0], digests[1])
    assert.notEqual(digests[0], digests[2])
  })
  it('has the code of policies that are code, as it was reviewed, and no other', async (t) => {
    const module = "import type { PolicyInput } from 'paramedic'\nexport default ({ at }: PolicyInput) => ({ verdict: 'allow', detail: at })\n"
    const listed = (source: string, more = '') => ({ 'policies/scale.yaml': `runbook: scale\npolicies:\n  - { type: code, module: quiet.ts, sha256: ${hash('sha256', source)}${more} }\n`, 'policies/quiet.ts': module })
    const made = await folder(t, listed(module))
    const { catalogue, problems } = await made.read()
    assert.deepEqual(problems, [])
    const { code, ...settings } = catalogue!.policies['scale']![0]!.settings as { code: string }
    assert.deepEqual(settings, { module: 'quiet.ts', sha256: hash('sha256', module), with: {} })
    assert.match(code, /^ +\nexport default \(\{ at \} +\) => /)
    await made.write({ 'policies/quiet.ts': module.replace('allow', 'refuse') })
    assert.match(said(await made.read(), made)[0]!, /^policies\/scale\.yaml:3: policies\[0\]\.sha256 is of another quiet\.ts: once this one was reviewed, write [0-9a-f]{64}$/)
    await made.write({ 'policies/quiet.ts': '' })
    assert.match(said(await made.read(), made)[0]!, /there is no quiet\.ts in this folder/)
    const fs = "import { readFileSync } from 'node:fs'\nexport default () => readFileSync('x')\n"
    await made.write({ ...listed(fs), 'policies/quiet.ts': fs })
    assert.match(said(await made.read(), made)[0]!, /quiet\.ts imports something/)
    await made.write(listed(module, ', code: x'))
    assert.match(said(await made.read(), made)[0]!, /\.code is put there when the file is read/)
  })
  it('has who owns and approves what a route runs, and how far a runbook goes by itself', async (t) => {
    const { catalogue } = await (await folder(t, { ...route(`${slow}    runbook: scale@1\n    mode: auto\n    owner: shop\n    approvers: [ann, T1AA/U1AA]\n`), 'runbooks/scale/1.ts': script("mode: 'approve', deadline: minutes(5),") })).read()
    const { owner, approvers } = catalogue!.routes[0]!
    const { mode, deadlineMs } = catalogue!.runbooks['scale@1']!
    assert.deepEqual([owner, approvers, mode, deadlineMs], ['shop', ['ann', 'T1AA/U1AA'], 'approve', 300_000])
    const made = await folder(t, route(`${slow}    runbook: scale@1\n    mode: auto\n    approvers: []\n`))
    assert.match(said(await made.read(), made)[0]!, /approvers is empty: name who may approve/)
  })
  it('is plain JSON', async (t) => {
    const { catalogue } = await (await folder(t)).read()
    assert.deepEqual(JSON.parse(JSON.stringify(catalogue)), catalogue)
  })
})

const route = (text: string): Files => ({ 'runbooks/routes.yaml': `routes:\n${text}` })
const policy = (text: string): Files => ({ 'policies/scale.yaml': text })
const slow = '  - matchers: [alertname="Slow"]\n'

/** What is written, and what must be said about it: `file:line: ` and a part of the words. */
const problems: [Files, string, RegExp, string][] = [
  // The shape of routes.yaml
  [route(`${slow}    runbok: scale@1\n`), 'runbooks/routes.yaml:3', /routes\[0\]\.runbok is not known \(did you mean runbook\?\)/, 'an unknown key with a suggestion'],
  [{ 'runbooks/routes.yaml': 'route: []\n' }, 'runbooks/routes.yaml:1', /route is not known \(did you mean routes\?\)/, 'at the top too'],
  [route(`${slow}    runbook: scale@1\n    mode: atuo\n`), 'runbooks/routes.yaml:4', /mode must be one of off, dry-run, approve, auto, not "atuo" \(did you mean auto\?\)/, 'an unknown mode'],
  [route(`${slow}    mode: auto\n`), 'runbooks/routes.yaml:3', /no runbook to run/, 'a mode without a runbook'],
  [route(`${slow}    runbook: scale\n    mode: auto\n`), 'runbooks/routes.yaml:3', /name@version/, 'a runbook without its version'],
  [route(`${slow}    heartbeat: 5\n`), 'runbooks/routes.yaml:3', /heartbeat must be a duration with its unit/, 'a bare number as duration'],
  [route(`${slow}    heartbeat: -5m\n`), 'runbooks/routes.yaml:3', /must be a duration/, 'a negative duration'],
  [route(`${slow}    heartbeat: 5m\n    runbook: scale@1\n    mode: auto\n`), 'runbooks/routes.yaml:3', /never answered/, 'a heartbeat with a runbook'],
  [route(`${slow}    runbook: scale@1\n    mode: auto\n    ladder: [scale@1]\n`), 'runbooks/routes.yaml:5', /ladder names scale@1 a second time/, 'a ladder that tries the same again'],
  [route(`${slow}    runbook: scale@1\n    mode: auto\n    ladder: [scael@1]\n`), 'runbooks/routes.yaml:5', /ladder\[0\]: there is no runbook scael \(did you mean scale\?\)/, 'a rung that is not there'],
  [route(`${slow}    ladder: [scale@1]\n`), 'runbooks/routes.yaml:3', /ladder goes on from a runbook/, 'a ladder without a runbook'],
  [route(`${slow}    unmatched: shout\n`), 'runbooks/routes.yaml:3', /one of tell, record/, 'an unknown word'],
  [route('  - runbook: scale@1\n    mode: auto\n'), 'runbooks/routes.yaml:2', /matchers is missing/, 'no matchers at all'],
  [route(`${slow}    mode: off\n    mode: auto\n`), 'runbooks/routes.yaml:4', /names mode twice; the first is on line 3/, 'a duplicate key'],
  [route('  - matchers: [alertname="Slow"\n    mode: off\n'), 'runbooks/routes.yaml:3', /is not YAML/, 'broken YAML'],
  [route('  - matchers: [alertname=~"a{2}"]\n'), 'runbooks/routes.yaml:2', /single quotes/, 'a pattern that YAML cannot take, with what to do'],
  [{ 'runbooks/routes.yaml': '' }, 'runbooks/routes.yaml:1', /is missing/, 'no file'],
  // Matchers
  [route('  - matchers: [\'alertname=~"(?<=a)b"\']\n'), 'runbooks/routes.yaml:2', /matchers\[0\]/, 'a pattern that is not RE2'],
  [route('  - matchers: [\'alertname=~"(a"\']\n'), 'runbooks/routes.yaml:2', /matchers\[0\]/, 'a pattern that is none'],
  [route('  - matchers: ["alertname"]\n'), 'runbooks/routes.yaml:2', /matchers\[0\] alertname/, 'no matcher'],
  [route('  - matchers: []\n    runbook: scale@1\n    mode: auto\n'), 'runbooks/routes.yaml:2', /empty never means everything/, 'an empty list that would act'],
  [route('  - matchers: []\n    heartbeat: 5m\n'), 'runbooks/routes.yaml:2', /empty never means everything/, 'an empty list that would be a heartbeat'],
  [route('  - matchers: []\n    unmatched: record\n'), 'runbooks/routes.yaml:2', /alertname=~"\.\+"/, 'an empty list for the rest, with what to write'],
  [route('  - matchers: [\'team!="x"\', \'a=~".*"\']\n    runbook: scale@1\n    mode: auto\n'), 'runbooks/routes.yaml:2', /without any label/, 'matchers that take everything'],
  [route('  - matchers: [alertname=~"S.*"]\n  - matchers: [alertname="Slow", service=~"web|api"]\n    runbook: scale@1\n    mode: auto\n'), 'runbooks/routes.yaml:3', /routes\[1\] can never match: routes\[0\] takes every alert.*\(line 2\)/, 'a route behind one that takes all of it'],
  [route('  - matchers: [alertname="Slow", alertname="Fast"]\n'), 'runbooks/routes.yaml:2', /routes\[0\] can never match: its matchers exclude each other/, 'a route that excludes itself'],
  // Routes against runbooks
  [route(`${slow}    runbook: scale@2\n    mode: auto\n`), 'runbooks/routes.yaml:3', /there is no scale@2; of scale there are: 1/, 'a version that does not exist'],
  [route(`${slow}    runbook: scal@1\n    mode: auto\n`), 'runbooks/routes.yaml:3', /there is no runbook scal \(did you mean scale\?\)/, 'a runbook that does not exist'],
  [route(`${slow}    runbook: scale@1\n    mode: auto\n    params: { by: 1 }\n`), 'runbooks/routes.yaml:5', /params\.by is not a param/, 'a param that the runbook does not have'],
  // Policies
  [policy('runbook: scale\npolicies:\n  - { type: rat, max: 1, per: 1h }\n'), 'policies/scale.yaml:3', /there is no policy type rat \(did you mean rate\?\)/, 'an unknown policy type'],
  [policy('runbook: scale\npolicies:\n  - type: rate\n    max: 1\n    pre: 1h\n'), 'policies/scale.yaml:5', /policies\[0\]\.pre is not known \(did you mean per\?\)/, 'an unknown setting'],
  [policy('runbook: scale\npolicies:\n  - type: rate\n    max: 0\n    per: 1h\n'), 'policies/scale.yaml:4', /policies\[0\]\.max must be at least 1/, 'a number below its bound'],
  [policy('runbook: scale\npolicies:\n  - type: rate\n    max: 1\n    per: 60\n'), 'policies/scale.yaml:5', /must be a duration with its unit/, 'a duration without its unit'],
  [policy('runbook: scale\npolicies:\n  - type: targets\n    names: []\n'), 'policies/scale.yaml:4', /empty never means everything/, 'an empty list of targets'],
  [policy('runbook: scale\npolicies:\n  - { type: rate, max: 1, per: 1h }\n  - { type: rate, max: 7, per: 1d }\n'), 'policies/scale.yaml:4', /second policy named rate/, 'two policies of one name'],
  [policy('runbok: scale\npolicies: []\n'), 'policies/scale.yaml:1', /runbok is not known \(did you mean runbook\?\)/, 'an unknown key'],
  [policy('policies: []\n'), 'policies/scale.yaml:1', /must say whom it is for/, 'policies for nobody'],
  [policy('runbook: scala\npolicies:\n  - { type: targets, names: [web] }\n'), 'policies/scale.yaml:1', /there is no runbook scala \(did you mean scale\?\)/, 'policies for a runbook that is not there'],
  [{ 'policies/second.yaml': '\nrunbooks: [scale]\npolicies: []\n' }, 'policies/second.yaml:2', /has its policies in .*scale\.yaml:1 already/, 'two files for one runbook'],
  [{ 'policies/more.yml': 'runbook: x\n' }, 'policies/more.yml:1', /NAME\.yaml/, 'a file that would be overlooked'],
  [{ ...route('  - matchers: [alertname="Slow", service="db"]\n    runbook: scale@1\n    mode: auto\n') }, 'runbooks/routes.yaml:2', /can never act: .*allow web, api, and service="db" takes none/, 'a target that no policy allows'],
  [route('  - matchers: [alertname="Slow", deployment="db"]\n    runbook: scale@1\n    target: namespace/deployment\n    mode: auto\n'), 'runbooks/routes.yaml:2', /what the label namespace\/deployment names; .* deployment="db" takes none/, 'a target of two labels that no policy allows'],
  [route(`${slow}    runbook: scale@1\n    target: namespace/\n    mode: auto\n`), 'runbooks/routes.yaml:4', /several joined by/, 'labels that are none'],
  [route(`${slow}    provider: swarm\n`), 'runbooks/routes.yaml:3', /provider is for a runbook, and there is none/, 'hands for nobody'],
  [policy('runbook: scale\npolicies:\n  - { type: targets, names: [web] }\n  - { type: excluded, names: [web] }\n'), 'runbooks/routes.yaml:2', /allow no target at all/, 'every target excluded'],
  // Folders
  [{ 'runbooks/tool.ts': 'export {}\n' }, 'runbooks/tool.ts:1', /is not a runbook/, 'a script at the top'],
  [{ 'runbooks/scale/shared.ts': 'export {}\n' }, 'runbooks/scale/shared.ts:1', /nothing is shared/, 'a file between versions'],
  [{ 'runbooks/scale/2/x.ts': 'export {}\n' }, 'runbooks/scale/2:1', /belongs to no version/, 'a folder of no version'],
  [{ 'runbooks/scale/1.ts': script("secrets: ['PATH'],") }, 'runbooks/scale/1.ts:10', /secrets\[0\] must be capital letters.*nothing that steers the shell itself/, 'a secret that would steer the shell of the step'],
  [{ 'runbooks/Scale_up/1.ts': script() }, 'runbooks/Scale_up:1', /not a name/, 'a name that is none'],
  [{ 'runbooks/empty/README.md': 'x\n' }, 'runbooks/empty:1', /holds no version/, 'a runbook without a script'],
]

describe('check says where, what and what to do', () => {
  for (const [changes, place, words, why] of problems) {
    it(why, async (t) => {
      const made = await folder(t, changes)
      const reading = await made.read()
      const found = said(reading, made)
      assert.equal(reading.catalogue, undefined)
      assert.ok(found.some((line) => line.startsWith(`${place}: `) && words.test(line)), `${place} ${words} in\n${found.join('\n')}`)
      assert.equal(found.length, 1, found.join('\n'))
    })
  }

  it('a route that is wrong hides nothing of the others', async (t) => {
    const made = await folder(t, route(`${slow}    mod: auto\n  - matchers: [alertname="Fast"]\n    runbook: scale@7\n    mode: auto\n`))
    const [first, second] = said(await made.read(), made)
    assert.match(first!, /^runbooks\/routes.yaml:3: routes\[0\]\.mod is not known/)
    assert.match(second!, /^runbooks\/routes.yaml:5: routes\[1\]\.runbook: there is no scale@7/)
  })
})

const warnings: [Files, string, RegExp, string][] = [
  [{ 'policies/scale.yaml': '' , 'policies/README.md': 'x\n' }, 'runbooks/routes.yaml:3', /no policy is written for scale, so every plan of it is refused/, 'a runbook without policies'],
  [policy('runbook: scale\npolicies: []\n'), 'policies/scale.yaml:1', /is empty, so every plan/, 'an empty list of policies'],
  [policy('runbook: scale\npolicies:\n  - { type: cooldown, for: 5m }\n'), 'policies/scale.yaml:1', /no policy of type targets/, 'nothing opted in'],
  [route(`${slow}    runbook: scale@1\n`), 'runbooks/routes.yaml:2', /mode is not given, so scale@1 does not run/, 'a route without a mode'],
  [{ 'runbooks/scale/1.ts': script('healedWithin: minutes(1),') }, 'runbooks/scale/1.ts:10', /group_interval is 1m.*at least 2m/, 'healing in less than Alertmanager needs by default'],
]

describe('a warning refuses nothing', () => {
  for (const [changes, place, words, why] of warnings) {
    it(why, async (t) => {
      const made = await folder(t, changes)
      const reading = await made.read()
      const found = said(reading, made, 'warnings')
      assert.ok(reading.catalogue, said(reading, made).join('\n'))
      assert.ok(found.some((line) => line.startsWith(`${place}: `) && words.test(line)), `${place} ${words} in\n${found.join('\n')}`)
    })
  }
})

describe('every problem is told at once', () => {
  it('over all files, in their order', async (t) => {
    const made = await folder(t, {
      ...route(`${slow}    mode: atuo\n    onwer: me\n  - matchers: ["x"]\n`),
      'runbooks/broken/1.ts': script().replace("plan: async", 'plann: async'),
      'policies/bad.yaml': 'runbook: nobody\npolicies:\n  - { type: cooldwn }\n',
    })
    const found = said(await made.read(), made)
    for (const part of ['atuo', 'onwer', 'plann', 'cooldwn', 'nobody']) assert.ok(found.some((line) => line.includes(part)), `${part} in\n${found.join('\n')}`)
    assert.deepEqual(found, found.toSorted((a, b) => a.split(':')[0]!.localeCompare(b.split(':')[0]!)))
  })
  it('where there is nothing at all', async (t) => {
    const made = await folder(t)
    const found = (await made.read({ runbooks: `${made.path}/none`, policies: `${made.path}/none` })).problems.map(({ message }) => message)
    assert.ok(found.some((message) => message.includes('paramedic init')))
    assert.ok(found.some((message) => message.includes('catalog.policies')))
  })
})

describe('routes are written as in Alertmanager', () => {
  it('in a flow list without quotes, also where YAML splits at a comma', async (t) => {
    const made = await folder(t, route('  - matchers: [alertname="Slow", severity=~"a|b", zone=~"x,y", team!="z"]\n    runbook: scale@1\n    mode: auto\n'))
    const reading = await made.read()
    assert.deepEqual(said(reading, made), [])
    assert.deepEqual(reading.catalogue?.routes[0]?.matchers, ['alertname="Slow"', 'severity=~"a|b"', 'zone=~"x,y"', 'team!="z"'])
  })
  it('as a block list, quoted, and with aliases', async (t) => {
    const made = await folder(t, route('  - matchers: &m\n      - alertname="Slow"\n      - \'zone=~"[ab]{2}"\'\n    unmatched: record\n    owner: team a\n  - matchers: [alertname="Other"]\n    heartbeat: 1h30m\n'))
    const { catalogue } = await made.read()
    assert.deepEqual(catalogue?.routes.map(({ matchers }) => matchers), [['alertname="Slow"', 'zone=~"[ab]{2}"'], ['alertname="Other"']])
    assert.equal(catalogue?.routes[1]?.heartbeatMs, 5_400_000)
    assert.equal(catalogue?.routes[0]?.mode, 'off')
  })
  it('with a last catch-all that runs nothing', async (t) => {
    const made = await folder(t, route(`${slow}    runbook: scale@1\n    mode: auto\n  - matchers: [alertname=~".+"]\n    unmatched: record\n`))
    const reading = await made.read()
    assert.deepEqual(said(reading, made), [])
    assert.equal(reading.catalogue?.routes[1]?.unmatched, 'record')
  })
})

describe('what Alertmanager and the log say counts too', () => {
  it('healedWithin below twice the group_interval that was told is a problem', async (t) => {
    const made = await folder(t, { 'runbooks/scale/1.ts': script('healedWithin: minutes(5),') })
    assert.deepEqual(said(await made.read({ groupIntervalMs: 150_000 }), made), [])
    const found = said(await made.read({ groupIntervalMs: 300_000 }), made)
    assert.match(found[0] ?? '', /^runbooks\/scale\/1\.ts:10: healedWithin is 5m, .*at least 10m/)
  })
  it('one that would not fit on the log is refused with its size, what makes it large, and what to do', async (t) => {
    const routes = (count: number) =>
      route(Array.from({ length: count }, (_, n) => `  - { matchers: ['alertname="Alert${n}"', 'zone="${'x'.repeat(16_000)}"'], unmatched: record }\n`).join(''))
    const together = await folder(t, routes(380))
    const reading = await together.read()
    assert.match(said(reading, together).join('\n'), /^runbooks\/routes\.yaml:1: the catalogue is \d+ kB on the log, and at most 6000 kB fit there \(routes \d+ kB, .*\): join routes[^\n]*$/)
    assert.equal(reading.catalogue, undefined)
  })
  it('what would not fit into one entry by itself is named', async (t) => {
    const names = (letter: string) => ({ 'policies/scale.yaml': `runbook: scale\npolicies:\n  - { type: targets, names: [${Array.from({ length: 9000 }, (_, n) => `${letter.repeat(n % 2 * 20)}web-${n}`).join()}] }\n` })
    assert.deepEqual(said(await (await folder(t, names('x'))).read(), await folder(t)), [])
    const made = await folder(t, names('long-'))
    assert.match(said(await made.read(), made).join('\n'), /^policies:1: what stands for scale is \d+ kB on the log, and at most 250 kB fit into one entry: name targets by a pattern[^\n]*$/)
  })
  it('a version that the log has run with another digest is refused', async (t) => {
    const { scripts } = await (await folder(t)).read()
    assert.deepEqual(checkKnown(scripts, { 'scale@1': scripts[0]!.digest }), [])
    const [found] = checkKnown(scripts, { 'scale@1': 'f'.repeat(64) })
    assert.match(`${found?.path}:${found?.line}: ${found?.message}`, /runbooks\/scale\/1\.ts:1: scale@1 has run here as another script/)
  })
})
