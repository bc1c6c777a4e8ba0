/** The rooms of docs/architecture.md are the rooms of src/, and each imports only what the page says. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
const rooms = new Map([...page.matchAll(/^\| `(\w+)` \|[^|]*\|([^|]*)\|$/gm)].map(([, room, list]) => [room!, list!.split(',').map((one) => one.trim()).filter(Boolean)]))

const files = globSync('src/**/*.ts', { cwd: root })
const roomOf = (file: string): string => (file.split('/').length > 2 ? file.split('/')[1]! : 'top')
const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) => relative(root, join(root, dirname(file), path!)))

test('every folder of src/ is a room of the page, and the other way round', () => {
  const found = [...new Set(files.map(roomOf).filter((room) => room !== 'top'))].sort()
  assert.deepEqual(found, [...rooms.keys()].sort())
})

test('arrows between rooms go only where the page says', () => {
  // Those that wire rooms together may take from every room; a runbook's own module and the configuration are words that all may use.
  const free = ['src/runbook.ts', 'src/config.ts']
  const wrong = files.filter((file) => roomOf(file) !== 'top').flatMap((file) => importsOf(file)
    .filter((path) => roomOf(path) !== roomOf(file) && !free.includes(path) && !rooms.get(roomOf(file))!.includes(roomOf(path)))
    .filter((path) => !(roomOf(file) === 'cli' && ['src/serve.ts', 'src/main.ts'].includes(path)))
    .map((path) => `${file} imports ${path}`))
  assert.deepEqual(wrong, [])
})
