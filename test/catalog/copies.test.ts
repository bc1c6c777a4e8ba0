import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findCopy, isWhole, materialise, pruneCopies } from '../../src/catalog/copies.ts'
import { sha256 } from '../../src/catalog/files.ts'
import { folder, script, type Files } from './folders.ts'

const files: Files = {
  'runbooks/scale/1.ts': `import { twice, type Size } from './1/deep/twice.ts'\nconst size: Size = twice(2)\nexport { size }\n${script()}`,
  'runbooks/scale/1/deep/twice.ts': "export type Size = number\nexport const twice = (n: Size): Size => n * 2\n",
  'runbooks/scale/1/notes.txt': 'as they are',
}

async function state(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'state-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const copyOf = async (t: TestContext, at: string) => {
  const { scripts } = await (await folder(t, files)).read()
  return (await materialise(scripts, at)).get('scale@1')!
}

describe('a copy is what runs', () => {
  it('is JavaScript, line for line, with its folder, under its digest', async (t) => {
    const at = await state(t)
    const copy = await copyOf(t, at)
    assert.equal(copy.script, join(at, 'copies', copy.digest, '1.js'))
    assert.deepEqual(Object.keys(copy.files), ['1/deep/twice.js', '1/notes.txt'])
    const js = await readFile(copy.script, 'utf8')
    assert.match(js, /^import \{ twice, +\} from '\.\/1\/deep\/twice\.js'$/m)
    assert.equal(js.split('\n').length, files['runbooks/scale/1.ts']!.split('\n').length)
    assert.equal(copy.scriptDigest, sha256(js))
    for (const [path, digest] of Object.entries(copy.files)) assert.equal(sha256(await readFile(join(dirname(copy.script), path))), digest)
  })
  it('runs in plain Node without a look at the repository', async (t) => {
    const copy = await copyOf(t, await state(t))
    const text = (await readFile(copy.script, 'utf8')).replace("from 'paramedic'", "from './paramedic.js'")
    await writeFile(join(dirname(copy.script), 'try.js'), `${text}\nconsole.log(size)`)
    await writeFile(join(dirname(copy.script), 'paramedic.js'), 'export const runbook = (x) => x, minutes = (n) => n')
    assert.equal(execFileSync(process.execPath, ['--no-strip-types', join(dirname(copy.script), 'try.js')], { encoding: 'utf8' }), '4\n')
  })
  it('stays when the repository has the version no more', async (t) => {
    const at = await state(t)
    const copy = await copyOf(t, at)
    assert.deepEqual(findCopy(at, copy.digest), copy)
    assert.equal(findCopy(at, 'f'.repeat(64)), undefined)
    assert.equal(findCopy(at, '../../etc'), undefined)
  })
})

describe('a copy is whole or not there', () => {
  it('made again it is left alone, and nothing is left beside it', async (t) => {
    const at = await state(t)
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => copyOf(t, at)))
    for (const other of others) assert.deepEqual(other, first)
    assert.deepEqual(await readdir(join(at, 'copies')), [first!.digest])
  })
  it('a changed file is seen, and mended by making it again', async (t) => {
    const at = await state(t)
    const copy = await copyOf(t, at)
    for (const path of [copy.script, join(dirname(copy.script), '1/deep/twice.js')]) {
      await writeFile(path, 'bad')
      assert.equal(isWhole(copy), false)
      assert.equal(findCopy(at, copy.digest), undefined)
      assert.equal(isWhole(await copyOf(t, at)), true)
    }
    assert.deepEqual(await readdir(join(at, 'copies')), [copy.digest])
  })
  it('what nobody needs, and what a crash left, goes; everything else stays', async (t) => {
    const at = await state(t)
    const copy = await copyOf(t, at)
    for (const name of ['a'.repeat(64), '.new-left', 'notes']) await mkdir(join(at, 'copies', name))
    assert.equal(await pruneCopies(at, new Set([copy.digest])), 2)
    assert.deepEqual((await readdir(join(at, 'copies'))).sort(), [copy.digest, 'notes'].sort())
  })
})
