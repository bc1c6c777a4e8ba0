/** Generated pages say what the code says, and what they point at is there. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pages } from '../docs/generate/all.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('generated pages', () => {
  for (const [path, page] of Object.entries(pages)) {
    test(`${path} is as the code is`, async () => assert.equal(read(path), await page(), `${path} has drifted: npm run docs`))
  }
})

describe('links in generated pages', () => {
  const written = Object.keys(pages).filter((path) => path.endsWith('.md'))
  /** As GitHub makes them. */
  const anchorsOf = (text: string): Set<string> =>
    new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-')))
  for (const path of written) {
    test(`${path} points only at what is there`, () => {
      const dead = [...read(path).matchAll(/\]\(([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(([, file = '', anchor]) => {
        if (/^https?:/.test(file)) return []
        const target = file === '' ? path : join('docs', file)
        if (!existsSync(join(root, target))) return [`${file} is not there`]
        return anchor === undefined || anchorsOf(read(target)).has(anchor) ? [] : [`${target} has no #${anchor}`]
      })
      assert.deepEqual([...new Set(dead)], [])
    })
  }
})

test('every row of docs/faults.md names a test that is there', () => {
  const rows = read('docs/faults.md').split('\n').filter((line) => /^\| (?!fault|---)/.test(line))
  assert.ok(rows.length > 20)
  for (const row of rows) {
    const tests = [...row.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, path]) => path!)
    assert.ok(tests.length > 0 && tests.every((path) => existsSync(join(root, path))), row)
  }
})
