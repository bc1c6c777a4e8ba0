import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { editorTypesModule, moreEditorTypesModule } from '../../docs/generate/editor-types.ts'
import { policiesPage } from '../../docs/generate/policies.ts'
import { initCatalogue } from '../../src/catalog/init/init.ts'
import { annotateProblem, printProblem } from '../../src/catalog/problem.ts'
import { readCatalogue } from '../../src/catalog/read.ts'
import { readYaml } from '../../src/catalog/yaml.ts'

const root = new URL('../../', import.meta.url).pathname
const empty = async (t: TestContext) => {
  const path = await mkdtemp(join(tmpdir(), 'init-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

describe('init writes a catalogue of the user’s own', () => {
  it('that passes check without a word, and runs nothing by itself', async (t) => {
    const path = join(await empty(t), 'mine')
    assert.deepEqual((await initCatalogue(path)).problems, [])
    const { catalogue, problems, warnings } = await readCatalogue({ runbooks: join(path, 'runbooks'), policies: join(path, 'policies'), groupIntervalMs: 300_000 })
    assert.deepEqual([...problems, ...warnings], [])
    assert.deepEqual(catalogue?.routes.map(({ mode }) => mode), ['dry-run', 'off'])
  })
  it('whose scripts an editor understands', async (t) => {
    const path = await empty(t)
    await initCatalogue(path)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const check = () => promisify(execFile)(process.execPath, [tsc, '-p', path], { timeout: 120_000 }).then(() => '', ({ stdout }: { stdout: string }) => stdout)
    assert.equal(await check(), '')
    const script = join(path, 'runbooks/add-replica/1.ts')
    await writeFile(script, (await readFile(script, 'utf8')).replace("'repeatable'", "'sometimes'"))
    assert.match(await check(), /1\.ts\(\d+,\d+\).*sometimes/)
  })
  it('with YAML that is YAML', async (t) => {
    const path = await empty(t)
    const { written } = await initCatalogue(path)
    for (const name of ['paramedic.yaml', '.github/workflows/check.yml']) {
      assert.deepEqual(readYaml(name, await readFile(join(path, name), 'utf8')).problems, [])
      assert.ok(written.some((one) => one.endsWith(name)))
    }
  })
  it('and touches nothing that is there', async (t) => {
    const path = await empty(t)
    await writeFile(join(path, 'README.md'), 'mine')
    const { written, problems } = await initCatalogue(path)
    assert.deepEqual(written, [])
    assert.match(printProblem(problems[0]!), /README\.md:1: is there already/)
    assert.equal(await readFile(join(path, 'README.md'), 'utf8'), 'mine')
    await assert.rejects(stat(join(path, 'runbooks')))
  })
})

describe('what is written by a script is what the script writes', () => {
  it('docs/policies.md', async () => assert.equal(await readFile(join(root, 'docs/policies.md'), 'utf8'), policiesPage(), 'node docs/generate/policies.ts > docs/policies.md'))
  for (const [file, text] of [['editor-types.ts', editorTypesModule()], ['editor-types-more.ts', moreEditorTypesModule()]] as const) {
    it(`the types for editors: ${file}`, async () => assert.equal(await readFile(join(root, 'src/catalog/init', file), 'utf8'), text))
  }
})

describe('this repository’s own catalogue', () => {
  it('passes its own check', async () => {
    const { problems, warnings } = await readCatalogue({ runbooks: join(root, 'runbooks'), policies: join(root, 'policies'), groupIntervalMs: 60_000 })
    assert.deepEqual([...problems, ...warnings].map(printProblem), [])
  })
})

describe('a problem is printed', () => {
  const problem = { path: 'a,b:c/x.yaml', line: 3, message: '100% wrong:\nmend it' }
  it('for people', () => assert.equal(printProblem(problem), 'a,b:c/x.yaml:3: 100% wrong:\nmend it'))
  it('for GitHub, with its marks escaped', () => assert.equal(annotateProblem(problem), '::error file=a%2Cb%3Ac/x.yaml,line=3::100%25 wrong:%0Amend it'))
})
