/** The tree is what docs/architecture.md says it is, and holds nothing that nobody uses. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cyclesOf, isUsed, readSources, reachable, type Source } from './tree/sources.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
const rooms = new Map([...page.matchAll(/^\| `(\w+)` \|[^|]*\|([^|]*)\|$/gm)].map(([, room, list]) => [room!, list!.split(',').map((one) => one.trim()).filter(Boolean)]))

const sources = readSources(root, globSync('{src,test,runbooks,docs,tools,bench,examples}/**/*.ts', { cwd: root }))
const own = [...sources.values()].filter(({ path }) => path.startsWith('src/'))
const roomOf = (path: string): string => (path.split('/').length > 2 ? path.split('/')[1]! : 'top')

test('every folder of src/ is a room of the page, and the other way round', () => {
  const found = [...new Set(own.map(({ path }) => roomOf(path)).filter((room) => room !== 'top'))].sort()
  assert.deepEqual(found, [...rooms.keys()].sort())
})

test('arrows between rooms go only where the page says', () => {
  // Those that wire rooms together may take from every room; a runbook's own module and the configuration are words that all may use.
  const free = ['src/runbook.ts', 'src/config.ts']
  const wrong = own.filter(({ path }) => roomOf(path) !== 'top').flatMap(({ path, imports }) => [...imports.keys()]
    .filter((to) => roomOf(to) !== roomOf(path) && !free.includes(to) && !rooms.get(roomOf(path))!.includes(roomOf(to)))
    .filter((to) => !(roomOf(path) === 'cli' && ['src/serve.ts', 'src/main.ts'].includes(to)))
    .map((to) => `${path} imports ${to}`))
  assert.deepEqual(wrong, [])
})

test('no file is dead: each of src/ is reached from the command line or by a runbook, each of test/ from a test', () => {
  const live = reachable(sources, ['src/cli/main.ts', 'src/runbook.ts', 'src/cli/demo/catalogue/runbooks/clean-up/1.ts'])
  assert.deepEqual(own.map(({ path }) => path).filter((path) => !live.has(path)), [])
  const scripts = readFileSync(join(root, 'package.json'), 'utf8')
  const starts = [...sources.keys()].filter((path) => path.endsWith('.test.ts') || scripts.includes(path) || /(^|\/)runbooks\//.test(path))
  const tested = reachable(sources, starts)
  const others = [...sources.keys()].filter((path) => !/^(src|test\/fixtures|test\/servers\/slack)/.test(path))
  assert.deepEqual(others.filter((path) => !tested.has(path)), [])
})

test('no export is there for nobody', () => {
  // A runbook's own module is for those who write runbooks; a command is loaded by its name, and `run` by the bin.
  const isForOthers = (path: string, name: string): boolean => path === 'src/runbook.ts' || (path.startsWith('src/cli/') && ['register', 'run'].includes(name))
  const unused = own.flatMap(({ path, exports }) =>
    exports.filter((name) => !isForOthers(path, name) && !isUsed(sources, path, name)).map((name) => `${path} exports ${name}, which nobody imports`))
  assert.deepEqual(unused, [])
})

test('no file imports itself by way of others', () => {
  assert.deepEqual(cyclesOf(sources).map((cycle) => cycle.join(' → ')), [])
})

test('the checks see what is planted', () => {
  const source = (path: string, imports: Record<string, string[]>, exports: string[] = []): [string, Source] =>
    [path, { path, imports: new Map(Object.entries(imports).map(([to, names]) => [to, { names: new Set(names), isLater: false }])), mentions: new Set(), words: new Set(), exports }]
  const tree = new Map([source('a.ts', { 'b.ts': ['x'] }), source('b.ts', { 'c.ts': ['z'] }, ['x', 'y']), source('c.ts', { 'b.ts': ['x'] }, ['z']), source('d.ts', {})])
  assert.deepEqual(cyclesOf(tree), [['b.ts', 'c.ts', 'b.ts']])
  assert.deepEqual([...tree.keys()].filter((path) => !reachable(tree, ['a.ts']).has(path)), ['d.ts'])
  assert.deepEqual([isUsed(tree, 'b.ts', 'x'), isUsed(tree, 'b.ts', 'y')], [true, false])
})
