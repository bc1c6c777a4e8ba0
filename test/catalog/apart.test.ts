/** The catalogue read in a thread that ends with it, as a server does. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readApart } from '../../src/catalog/apart.ts'
import { folder, type Files } from './folders.ts'

const apart = async (t: TestContext, files: Files = {}, known: Record<string, string> = {}) => {
  const made = await folder(t, files)
  const { runbooks, policies, path: scratch } = made
  return { reading: await readApart({ runbooks, policies, scratch, known: async () => known }), here: await made.read(), copies: () => readdirSync(join(scratch, 'copies')) }
}

test('it is the same reading, and the copies for running are there', async (t) => {
  const { reading, here, copies } = await apart(t)
  assert.deepEqual([reading.catalogue, reading.problems, reading.fingerprint], [here.catalogue, [], here.fingerprint])
  assert.ok(here.catalogue !== undefined)
  assert.deepEqual(copies(), here.scripts.map(({ digest }) => digest))
})

test('problems are the same, and of a bad catalogue nothing is taken', async (t) => {
  const { reading, here, copies } = await apart(t, { 'runbooks/routes.yaml': 'routes: [' })
  assert.ok(here.problems.length > 0)
  assert.deepEqual([reading.catalogue, reading.problems], [undefined, here.problems])
  assert.throws(copies, /ENOENT/)
})

test('what the log has run as another script is refused', async (t) => {
  const { reading } = await apart(t, {}, { 'scale@1': 'f'.repeat(64) })
  assert.equal(reading.catalogue, undefined)
  assert.match(reading.problems.map(({ message }) => message).join(), /^scale@1 has run here as another script/)
})
