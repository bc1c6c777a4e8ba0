import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeFile } from 'node:fs/promises'
import { aboutOf } from '../../src/catalog/definition.ts'
import { folder, said, script, type Files } from './folders.ts'

const one = (text: string): Files => ({ 'runbooks/scale/1.ts': text })
const step = (text: string) => script().replace(/\{ name: 'act'.*\}/, text)
const first = 'runbooks/scale/1.ts'

const rows: [Files, string, RegExp, string][] = [
  // What it declares
  [one(script().replace(/ {2}plan: .*\n/, '')), `${first}:4`, /plan must be a function: a runbook without plan/, 'no plan'],
  [one(script().replace(/ {2}steps: [\s\S]*?\],\n/, '')), `${first}:4`, /steps is missing/, 'no steps'],
  [one(script().replace(/\{ name: 'act'.*\n/, '')), `${first}:7`, /steps is empty: a runbook without steps does nothing/, 'an empty list of steps'],
  [one(step("{ name: 'act', effect: 'repeatable', timout: minutes(1), run: () => 1 }")), `${first}:8`, /steps\[0\]\.timout is not known \(did you mean timeout\?\)/, 'an unknown key'],
  [one(step("{ name: 'act', effect: 'repeat', timeout: minutes(1), run: () => 1 }")), `${first}:8`, /effect must be one of read, repeatable, once/, 'an unknown effect'],
  [one(step("{ name: 'act', effect: 'read', timeout: 0, run: () => 1 }")), `${first}:8`, /timeout must be at least 1/, 'no time at all'],
  [one(step("{ name: 'act', effect: 'read', timeout: '1m', run: () => 1 }")), `${first}:8`, /timeout must be whole milliseconds/, 'a duration as text'],
  [one(step("{ name: 'act', effect: 'read', timeout: 5, concurrency: 2, run: () => 1 }")), `${first}:8`, /concurrency means nothing without `each: true`/, 'concurrency of one job'],
  [one(step("{ name: 'act', effect: 'read', timeout: 5, run: 'x' }")), `${first}:8`, /run must be a function/, 'run that cannot be run'],
  [one(step("{ name: 'act', effect: 'read', timeout: 5, run: () => 1 },\n{ name: 'act', effect: 'read', timeout: 5, run: () => 1 }")), `${first}:9`, /"act" a second time/, 'two steps of one name'],
  [one(script("params: { by: { type: 'integer', default: 9, max: 3 } },")), `${first}:10`, /params\.by\.default must be at most 3, not 9/, 'a default beyond its own bound'],
  [one(script("params: { by: { type: 'string', pattern: '(?=x)' } },")), `${first}:10`, /params\.by\.pattern is no regular expression of RE2/, 'a pattern that is not RE2'],
  [one(script("params: { by: { type: 'integer', default: 1, min: 4, max: 3 } },")), `${first}:10`, /min is above max/, 'bounds the wrong way round'],
  [one(script().replace("'service'", "'ser-vice'")), `${first}:5`, /target must be the name of a label/, 'a target that is no label'],
  [one(script('verify: true,')), `${first}:10`, /verify must be a function/, 'a probe that cannot be run'],
  [one('export const x = 1\n'), `${first}:1`, /has no runbook as its default export/, 'no default export'],
  // What it says
  [one(script().replace('minutes(1)', 'minuts(1)')), `${first}:8`, /cannot be imported: ReferenceError: minuts is not defined/, 'a name that is not there'],
  [one(script().replace('minutes }', 'minuts }')), `${first}:1`, /cannot be imported: SyntaxError: .*minuts/, 'an import that is not there'],
  [one(script().replace('target: \'service\',', 'target: ,')), `${first}:5`, /cannot be read/, 'broken TypeScript'],
  [one(`enum X { a }\n${script()}`), `${first}:1`, /enum is not supported/, 'TypeScript that cannot be stripped'],
  [one(`throw new Error('at the top')\n${script()}`), `${first}:1`, /cannot be imported: Error: at the top/, 'a throw'],
  // What it imports
  [one(`import { readFile } from 'node:fs/promises'\nvoid readFile\n${script()}`), `${first}:1`, /imports node:fs\/promises: a runbook imports 'paramedic'/, 'a module of Node'],
  [one(script().replace("import {", "import zod from 'zod'\nimport {")), `${first}:1`, /imports zod/, 'a package'],
  [one(`${script()}\nimport { x } from '../other/1/x.ts'\nvoid x\n`), `${first}:13`, /imports \.\.\/other\/1\/x\.ts: only files of the folder 1\//, 'a file of another runbook'],
  [one(`${script()}\nimport { x } from './1/x.ts'\nvoid x\n`), `${first}:13`, /there is no such file/, 'a file that is not there'],
  [{ ...one(`import x from './1/x.json' with { type: 'json' }\nvoid x\n${script()}`), 'runbooks/scale/1/x.json': '{}' }, `${first}:1`, /only scripts can be imported/, 'data'],
  [{ ...one(`import './1/x.ts'\n${script()}`), 'runbooks/scale/1/x.ts': "\nimport 'node:fs'\n" }, 'runbooks/scale/1/x.ts:2', /imports node:fs/, 'a module, by way of its folder'],
  [one(`${script()}\nconst name = 'node:' + 'fs'\nawait import(name)\n`), `${first}:1`, /imports node:fs: a runbook imports 'paramedic' and files/, 'an import hidden from the text'],
]

describe('a script that cannot be a runbook is told with its line', () => {
  for (const [changes, place, words, why] of rows) {
    it(why, async (t) => {
      const made = await folder(t, changes)
      const found = said(await made.read(), made)
      assert.ok(found.some((line) => line.startsWith(`${place}: `) && words.test(line)), `${place} ${words} in\n${found.join('\n')}`)
    })
  }
})

describe('a script is imported where it can do no harm', () => {
  const hang: [string, RegExp, string][] = [
    ['while (true) {}', /did not end being imported within 1 s/, 'one that never comes to its end'],
    ['await new Promise(() => {})', /never ends being imported/, 'one that awaits nothing'],
    ['process.exit(0)', /ended the process that imported it/, 'one that ends its process'],
    ['process.kill(process.pid, "SIGKILL")', /ended the process that imported it \(SIGKILL\)/, 'one that kills it'],
  ]
  for (const [text, words, why] of hang) {
    it(`${why} costs no other its description`, async (t) => {
      const made = await folder(t, { 'runbooks/bad/1.ts': `${text}\n${script()}`, 'runbooks/after/1.ts': script('healedWithin: "x",'), ...one(script(`// ${why}`)) })
      const found = said(await made.read({ importTimeoutMs: 1000 }), made)
      assert.equal(found.length, 2, found.join('\n'))
      assert.match(found[0]!, /^runbooks\/after\/1\.ts:10: healedWithin/)
      assert.match(found[1]!, words)
    })
  }
  it('sees nothing of our environment and prints nowhere', async (t) => {
    process.env['PARAMEDIC_TEST_SECRET'] = 'secret'
    t.after(() => delete process.env['PARAMEDIC_TEST_SECRET'])
    const made = await folder(t, one(`console.log('x')\nif (Object.keys(process.env).length > 0) throw new Error(Object.keys(process.env).join())\n${script()}`))
    assert.deepEqual(said(await made.read(), made), [])
  })
  it('is described from its whole folder', async (t) => {
    const made = await folder(t, {
      ...one(script().replace("'service'", 'label').replace('import', "import { label } from './1/label.ts'\nimport")),
      'runbooks/scale/1/label.ts': "import { more } from './deep/more.ts'\nexport const label: string = 'service' + more\n",
      'runbooks/scale/1/deep/more.ts': "export const more: string = ''\n",
    })
    const reading = await made.read()
    assert.deepEqual(said(reading, made), [])
    assert.equal(reading.catalogue?.runbooks['scale@1']?.target, 'service')
  })
})

describe('the digest of a version covers all that it uses', () => {
  const files: Files = { ...one(`import './1/x.ts'\n${script()}`), 'runbooks/scale/1/x.ts': 'export {}\n', 'runbooks/scale/1/notes.txt': 'a' }
  const digest = async (t: Parameters<typeof folder>[0], changes: Files) => (await (await folder(t, { ...files, ...changes })).read()).scripts[0]!.digest
  it('its text, its files, their names; and nothing else', async (t) => {
    const same = await digest(t, {})
    assert.match(same, /^[0-9a-f]{64}$/)
    assert.equal(await digest(t, { 'runbooks/scale/README.md': 'words' }), same)
    const others = await Promise.all([
      digest(t, one(`import './1/x.ts'\n${script()} `)),
      digest(t, { 'runbooks/scale/1/x.ts': 'export {}; \n' }),
      digest(t, { 'runbooks/scale/1/notes.txt': 'b' }),
      digest(t, { 'runbooks/scale/1/notes.txt': '', 'runbooks/scale/1/notes2.txt': 'a' }),
    ])
    assert.equal(new Set([same, ...others]).size, 5)
  })
  it('links are followed to what they say, as ConfigMaps have them', async (t) => {
    const made = await folder(t)
    const before = (await made.read()).scripts[0]!.digest
    const { mkdir, rename, symlink } = await import('node:fs/promises')
    await mkdir(`${made.runbooks}/..data`)
    await rename(`${made.runbooks}/scale`, `${made.runbooks}/..data/scale`)
    await symlink('..data/scale', `${made.runbooks}/scale`)
    assert.equal((await made.read()).scripts[0]!.digest, before)
    await writeFile(`${made.runbooks}/..data/scale/1.ts`, `${script()}\n`)
    assert.notEqual((await made.read()).scripts[0]!.digest, before)
  })
  it('a link that leads nowhere is told of, and not passed over', async (t) => {
    const made = await folder(t)
    const { symlink } = await import('node:fs/promises')
    await symlink('nowhere', `${made.runbooks}/scale/2.ts`)
    await symlink('nowhere', `${made.policies}/gone.yaml`)
    const { problems } = await made.read()
    assert.deepEqual(problems.filter(({ message }) => message === 'cannot be read').map(({ path }) => path.split('/').slice(-2).join('/')), ['policies/gone.yaml', 'scale/2.ts'])
  })
})

describe('what a runbook is about', () => {
  const rows: [string, string, string][] = [
    ["import x from 'y'\n\n/** One line. */\nexport default 1\n/** no */", 'One line.', 'the first doc comment'],
    ['/**\n * Two\n * lines.\n */', 'Two\nlines.', 'without its stars'],
    ['// At the top.\n// Of it.\ncode()', 'At the top.\nOf it.', 'else the line comments at the top'],
    ['code()', '', 'or nothing'],
  ]
  for (const [source, about, why] of rows) it(why, () => assert.equal(aboutOf(source), about))
})
