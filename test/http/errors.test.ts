/** Codes in three places: the list, the code that refuses, docs/errors.md. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { errors } from '../../src/http/errors.ts'

const root = join(import.meta.dirname, '../..')
const sources = globSync('src/http/**/*.ts', { cwd: root }).filter((path) => !/http\/(errors|table)\.ts$/.test(path)).map((path) => readFileSync(join(root, path), 'utf8')).join('\n')

test('every code is one with which something is refused', () => {
  assert.deepEqual(Object.keys(errors).filter((code) => !sources.includes(`'${code}'`)), [])
})

test('docs/errors.md says of each code what to do, and of no other', () => {
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
  const sections = [...page.matchAll(/^## (\w+)\n\n\*\*(\d+)\*\* · (.+)$/gm)].map(([, code, status, text]) => [code!, Number(status), text!.length > 60] as const)
  assert.deepEqual(sections.map(([code, status]) => [code, status]), Object.entries(errors).map(([code, [status]]) => [code, status]))
  assert.deepEqual(sections.filter(([, , says]) => !says), [])
})
