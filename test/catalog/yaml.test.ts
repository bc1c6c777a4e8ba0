import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearest } from '../../src/catalog/nearest.ts'
import { lineAt, readYaml } from '../../src/catalog/yaml.ts'

const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]', ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`)].join('\n')

const refused: [string, number, RegExp, string][] = [
  [bomb, 7, /unfolds to more than 1000000 values/, 'aliases of aliases of aliases'],
  [`a: &a 1\nb: [${Array(1001).fill('*a').join(', ')}]`, 2, /1000 aliases or more/, 'very many aliases'],
  ['a: &a [1, *a]', 1, /\*a stands for nothing/, 'an alias of itself'],
  ['a: *b', 1, /\*b stands for nothing/, 'an alias of nothing'],
  ['[[[['.repeat(30), 1, /is not YAML/, 'very deep'],
  ['a'.repeat((8 << 20) + 1), 1, /larger than 8 MB/, 'very large'],
  ['a: 1\n---\nb: 2', 1, /several documents/, 'several documents'],
  ['a: 1\nb:\n  c: 1\n  c: 2', 4, /names c twice; the first is on line 3/, 'a key twice'],
  ['a: !!binary aGk=', 1, /has the tag !!binary/, 'a tag'],
  ['? [a, b]\n: c', 1, /key that is not text/, 'a list as a key'],
  ['__proto__: { x: 1 }', 1, /may not be __proto__/, 'a key that is no key'],
  ['a: "\\q"', 1, /is not YAML: unknown escape/, 'an escape that is none'],
]

describe('YAML has bounds, and no corners', () => {
  for (const [text, line, words, why] of refused) {
    it(why, () => {
      const { root, problems } = readYaml('x.yaml', text)
      assert.equal(root, undefined)
      assert.ok(problems.some((problem) => problem.line === line && words.test(problem.message)), JSON.stringify(problems.slice(0, 3)))
    })
  }
})

describe('YAML is read with its lines', () => {
  it('by path', () => {
    const { root } = readYaml('x.yaml', '# first\na:\n  - b: 1\n    c:\n\n      d: [2,\n        3]\n  - {e: 4}\n')
    assert.deepEqual(root?.value, { a: [{ b: 1, c: { d: [2, 3] } }, { e: 4 }] })
    const rows: [PropertyKey[], number][] = [
      [[], 2], [['a'], 2], [['a', 0], 3], [['a', 0, 'b'], 3], [['a', 0, 'c'], 4], [['a', 0, 'c', 'd'], 6], [['a', 0, 'c', 'd', 1], 7], [['a', 1, 'e'], 8], [['a', 1, 'nothing', 'there'], 8],
    ]
    for (const [path, line] of rows) assert.equal(lineAt(root, path), line, path.join('.'))
  })
  it('with the values of YAML 1.2', () => {
    const { root } = readYaml('x.yaml', 'on: off\nno: yes\nnull: ~\nn: 010\nq: "5"\nf: 1.5\nb: true\nv: 1.2.3\nk: >\n  two\n  lines\n5: key\n')
    assert.deepEqual(root?.value, { on: 'off', no: 'yes', null: null, n: 10, q: '5', f: 1.5, b: true, v: '1.2.3', k: 'two lines\n', 5: 'key' })
  })
  it('and nothing is an empty map', () => {
    for (const text of ['', '# only words\n', '---\n']) assert.deepEqual(readYaml('x.yaml', text).root?.value, {})
  })
  it('ten thousand routes in time', () => {
    const text = `routes:\n${Array.from({ length: 10_000 }, (_, i) => `  - matchers: [alertname="A${i}", service=~"web|api"]\n    runbook: scale@1\n    mode: auto\n`).join('')}`
    const { root } = readYaml('x.yaml', text)
    assert.equal((root?.value as { routes: unknown[] }).routes.length, 10_000)
    assert.equal(lineAt(root!, ['routes', 9999, 'mode']), 30_001)
  })
})

describe('the nearest word', () => {
  const words = ['runbook', 'mode', 'matchers', 'heartbeat', 'off']
  const rows: [string, string | undefined, string][] = [
    ['runbok', 'runbook', 'a letter missing'],
    ['mdoe', 'mode', 'two letters swapped'],
    ['Matcher', 'matchers', 'another case, one letter less'],
    ['of', 'off', 'a short word'],
    ['banana', undefined, 'nothing near'],
    ['', undefined, 'no word'],
  ]
  for (const [word, expected, why] of rows) it(why, () => assert.equal(nearest(word, words), expected))
})
