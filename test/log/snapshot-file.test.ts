/** Snapshots as files: whole or not there, and never believed when they were changed. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readSnapshotFile, writeSnapshotFile } from '../../src/log/snapshot-file.ts'
import type { SnapshotHead } from '../../src/log/snapshot.ts'

const folders: string[] = []
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))
const fresh = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'paramedic-snapshot-'))
  folders.push(folder)
  return folder
}

const head = (position: number): SnapshotHead => ({ form: 1, foldVersion: 1, position, at: 1000 + position })
const hostile = ['["a","line \u2028 in a line\u2029"]', '["b","é 💊 \\n"]', `["c","${'x'.repeat(700_000)}"]`]
const read = async (folder: string, problems: string[] = []) => readSnapshotFile(folder, () => true, (text) => problems.push(text))

test('what was written is read again, line for line, under the same digest', async () => {
  const folder = await fresh()
  const digest = await writeSnapshotFile(join(folder, 'new'), head(7), hostile)
  const found = await read(join(folder, 'new'))
  assert.deepEqual(found, { ...head(7), lines: hostile, digest })
  assert.notEqual(await writeSnapshotFile(join(folder, 'new'), head(8), hostile.toReversed()), digest)
})

test('the newest counts; two are kept; a folder that is not there holds none', async () => {
  const folder = await fresh()
  for (const position of [5, 900, 30]) await writeSnapshotFile(folder, head(position), [`["at",${position}]`])
  assert.equal((await read(folder))?.position, 900)
  assert.equal((await readdir(folder)).length, 2)
  assert.equal((await readSnapshotFile(folder, ({ position }) => position < 100, () => {}))?.position, 30)
  assert.equal(await read(join(folder, 'not there')), undefined)
})

for (const [what, harm] of Object.entries({
  'cut off': (file: string) => truncate(file, 40),
  'changed by one byte': async (file: string) => {
    const bytes = await readFile(file)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(file, bytes)
  },
  'empty': (file: string) => truncate(file, 0),
  'something else': (file: string) => writeFile(file, 'hello'),
})) {
  test(`one that is ${what} is passed over for the one before it, and said`, async () => {
    const folder = await fresh()
    await writeSnapshotFile(folder, head(1), ['["before",1]'])
    await writeSnapshotFile(folder, head(2), ['["newest",1]', ...hostile])
    await harm(join(folder, (await readdir(folder)).sort().at(-1)!))
    const problems: string[] = []
    assert.equal((await read(folder, problems))?.position, 1)
    assert.equal(problems.length, 1)
    assert.match(problems[0]!, /cannot be used \(.+\): the one before it, or the log, is read instead/)
  })
}
