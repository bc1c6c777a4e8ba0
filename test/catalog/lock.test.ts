import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { execFileSync } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { compareWithBase } from '../../src/catalog/base.ts'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { folder, said, script, type Folder } from './folders.ts'

const lockOf = (made: Folder) => readFile(`${made.runbooks}/runbooks.lock`, 'utf8')

describe('a released version never changes', () => {
  it('is refused when its script changed, with the next free number', async (t) => {
    const made = await folder(t)
    await made.write({ 'runbooks/scale/1.ts': script('healedWithin: minutes(9),') })
    const found = said(await made.read(), made)
    assert.match(found[0] ?? '', /^runbooks\/scale\/1\.ts:1: scale@1 was released and has changed \(runbooks\.lock:1 says [0-9a-f]{12}, .* as version 2$/)
    assert.equal(found.length, 1)
  })
  it('is refused when a file of its folder changed', async (t) => {
    const made = await folder(t, { 'runbooks/scale/1/words.txt': 'a' })
    await made.write({ 'runbooks/scale/1/words.txt': 'b' })
    assert.match(said(await made.read(), made)[0] ?? '', /scale@1 was released and has changed/)
  })
  it('is not overwritten by locking again, nor is anything else then released', async (t) => {
    const made = await folder(t)
    const before = await lockOf(made)
    await made.write({ 'runbooks/scale/1.ts': script('healedWithin: minutes(9),'), 'runbooks/scale/2.ts': script() })
    const { added, problems } = await lockCatalogue(made.runbooks)
    assert.deepEqual(added, [])
    assert.match(problems[0]?.message ?? '', /write the change as version 3/)
    assert.equal(await lockOf(made), before)
  })
  it('keeps its line, and with it its number, when its script goes', async (t) => {
    const made = await folder(t)
    await made.write({ 'runbooks/scale/2.ts': script() })
    await lockCatalogue(made.runbooks)
    await rm(`${made.runbooks}/scale/1.ts`)
    assert.match(said(await made.read(), made)[0] ?? '', /routes\.yaml:3: .*there is no scale@1; of scale there are: 2/)
    await lockCatalogue(made.runbooks)
    assert.match(await lockOf(made), /^scale@1 /)
  })
})

describe('an unreleased version is a problem that says how to release it', () => {
  it('until it is locked', async (t) => {
    const made = await folder(t, {}, { lock: false })
    assert.deepEqual(said(await made.read(), made), ['runbooks/scale/1.ts:1: scale@1 is not released: record it with `paramedic runbook lock`'])
    assert.deepEqual(await lockCatalogue(made.runbooks), { added: ['scale@1'], problems: [] })
    assert.deepEqual(said(await made.read(), made), [])
    assert.deepEqual(await lockCatalogue(made.runbooks), { added: [], problems: [] })
  })
  it('and lines are sorted by name and number, comments first', async (t) => {
    const made = await folder(t, {}, { lock: false })
    await made.write({ 'runbooks/runbooks.lock': '# kept\n' })
    for (const name of ['scale/10', 'scale/2', 'a-first/1']) await made.write({ [`runbooks/${name}.ts`]: script() })
    await lockCatalogue(made.runbooks)
    assert.deepEqual((await lockOf(made)).split('\n').map((line) => line.split(' ')[0]), ['#', 'a-first@1', 'scale@1', 'scale@2', 'scale@10', ''])
  })
})

describe('a damaged lock is told by line', () => {
  const rows: [string, RegExp, string][] = [
    ['scale@1 abc', /runbooks\.lock:1: is not `name@version digest`/, 'a digest that is none'],
    ['<<<<<<< HEAD', /runbooks\.lock:1: is not/, 'a merge that was not finished'],
    [`scale@1 ${'a'.repeat(64)}\nscale@1 ${'b'.repeat(64)}`, /runbooks\.lock:2: names scale@1 twice; the first is on line 1/, 'two digests for one version'],
  ]
  for (const [text, words, why] of rows) {
    it(why, async (t) => {
      const made = await folder(t)
      await made.write({ 'runbooks/runbooks.lock': text })
      assert.ok(said(await made.read(), made).some((line) => words.test(line)))
      assert.ok((await lockCatalogue(made.runbooks)).problems.length > 0)
      assert.equal(await lockOf(made), text)
    })
  }
})

describe('against the base of a change', () => {
  const git = (made: Folder, ...args: string[]) =>
    execFileSync('git', ['-C', made.path, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { stdio: 'pipe' })
  const committed = async (t: Parameters<typeof folder>[0]) => {
    const made = await folder(t)
    git(made, 'init', '-q', '-b', 'main')
    git(made, 'add', '.')
    git(made, 'commit', '-q', '-m', 'base')
    return made
  }
  const compared = async (made: Folder, ref = 'main') => (await compareWithBase(made.runbooks, ref)).map(({ line, message }) => `${line}: ${message}`)

  it('new lines are welcome', async (t) => {
    const made = await committed(t)
    await made.write({ 'runbooks/scale/2.ts': script() })
    await lockCatalogue(made.runbooks)
    assert.deepEqual(await compared(made), [])
  })
  it('a line that changed is refused, even where the script changed with it', async (t) => {
    const made = await committed(t)
    await made.write({ 'runbooks/scale/1.ts': script('healedWithin: minutes(9),') })
    await rm(`${made.runbooks}/runbooks.lock`)
    await lockCatalogue(made.runbooks)
    assert.deepEqual(said(await made.read(), made), [])
    assert.match((await compared(made))[0] ?? '', /^1: scale@1 was released at main with [0-9a-f]{12} and the line now says/)
  })
  it('a line that is gone is refused', async (t) => {
    const made = await committed(t)
    await writeFile(`${made.runbooks}/runbooks.lock`, '')
    assert.match((await compared(made))[0] ?? '', /scale@1 was released at main and its line is gone/)
  })
  it('a base without a lock has nothing to hold on to', async (t) => {
    const made = await folder(t)
    git(made, 'init', '-q', '-b', 'main')
    git(made, 'commit', '-q', '--allow-empty', '-m', 'base')
    assert.deepEqual(await compared(made), [])
  })
  it('a base that is not there, or looks like an option, is a problem and not a pass', async (t) => {
    const made = await committed(t)
    assert.match((await compared(made, 'nowhere'))[0] ?? '', /cannot be compared with nowhere/)
    assert.match((await compared(made, '--all'))[0] ?? '', /cannot be compared with --all/)
    assert.match((await compared(await folder(t)))[0] ?? '', /cannot be compared/)
  })
})
