/** Which code `paramedic` runs: what was built, unless somebody is at work on the sources; and what it says on a Node that is too old. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'

const runs = (name: string): string => `export const run = async (args) => (console.log('${name}', ...args), 7)\n`

const place = (t: TestContext, ages: Readonly<Record<string, number>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'paramedic-bin-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, age] of Object.entries({ 'package.json': 0, 'bin/paramedic.js': 0, ...ages })) {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    if (path === 'bin/paramedic.js') copyFileSync(new URL('../../bin/paramedic.js', import.meta.url), file)
    else writeFileSync(file, path.startsWith('dist/cli') ? runs('built') : path.startsWith('src/') ? runs('source') : '{"type":"module"}')
    const when = Date.now() / 1000 - age
    utimesSync(file, when, when)
  }
  // A folder is as old as the last file that came or went in it.
  for (const path of ['src/core', 'src/cli', 'src']) if (existsSync(join(root, path))) utimesSync(join(root, path), Date.now() / 1000 - 20, Date.now() / 1000 - 20)
  return join(root, 'bin/paramedic.js')
}

const rows: readonly (readonly [said: string, ages: Readonly<Record<string, number>>, because: string])[] = [
  ['source status', { 'src/cli/main.ts': 10 }, 'nothing was built'],
  ['built status', { 'src/cli/main.ts': 10, 'src/core/due.ts': 20, 'dist/cli/main.js': 5, 'dist/built.json': 5 }, 'the build is newer than every source'],
  ['source status', { 'src/cli/main.ts': 10, 'src/core/due.ts': 1, 'dist/cli/main.js': 5, 'dist/built.json': 5 }, 'one source is newer than the build'],
  ['source status', { 'src/cli/main.ts': 10, 'dist/cli/main.js': 5 }, 'the build did not end'],
  ['built status', { 'dist/cli/main.js': 5, 'dist/built.json': 5 }, 'an image has no sources'],
]
for (const [said, ages, because] of rows) {
  test(`${said.split(' ')[0]}: ${because}`, (t) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [place(t, ages), 'status'], { encoding: 'utf8' })
    assert.deepEqual([stdout.trim(), status], [said, 7], stderr)
  })
}

test('an old Node without another at hand: 78, with what is needed', (t) => {
  const bin = place(t, { 'src/cli/main.ts': 10 })
  const old = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' }); await import(${JSON.stringify(bin)})`
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', old], { encoding: 'utf8' })
  assert.equal(status, 78, stderr)
  assert.match(stderr, /needs Node 26 or newer; this is 20\.1\.0\.\n.*npm ci/)
})
