/** What others wrote and we run: each package was looked at once, is pinned, and none brings code that is built for one Node. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isForRunning, lockedPackages, packagesFile, packagesList } from '../tools/packages.ts'

const root = join(import.meta.dirname, '..')

test('docs/packages.txt lists what the lock brings, so that a new package is seen in review', () => {
  const [reviewed, locked] = [readFileSync(packagesFile, 'utf8'), packagesList()].map((text) => text!.split('\n')) as [string[], string[]]
  const news = { unexpected: locked.filter((line) => !reviewed.includes(line)), gone: reviewed.filter((line) => !locked.includes(line)) }
  assert.deepEqual(news, { unexpected: [], gone: [] }, 'look at what is new (who keeps it, what it may do, its license), then `npm run packages` and commit the list')
})

test('every package comes from the registry, whole', () => {
  const strange = lockedPackages().filter(([, { resolved, integrity }]) => !integrity?.startsWith('sha512-') || (resolved !== undefined && !resolved.startsWith('https://')))
  assert.deepEqual(strange.map(([place]) => place), [])
})

test('every dependency of ours is pinned to one version', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>
  assert.deepEqual(Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)), [])
})

test('nothing that runs is native code or runs a script when it is installed', () => {
  const running = lockedPackages().filter(([, locked]) => isForRunning(locked))
  assert.ok(running.length > 50, 'the packages that run are found')
  // What package.json forbids to run its script is taken as it was published, and works without what it would have built.
  const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { allowScripts: Record<string, boolean> }
  const isForbidden = (place: string): boolean => allowScripts[place.slice('node_modules/'.length)] === false
  assert.deepEqual(running.filter(([place, { hasInstallScript }]) => hasInstallScript && !isForbidden(place)).map(([place]) => place), [])
  assert.deepEqual(running.flatMap(([place]) => globSync('**/*.node', { cwd: join(root, place), exclude: ['node_modules'] })), [])
  const native = running.filter(([place]) => !isForbidden(place)).flatMap(([place]) => globSync(['binding.gyp', '**/*.node'], { cwd: join(root, place), exclude: ['node_modules'] }).map((file) => `${place}/${file}`))
  assert.deepEqual(native, [])
})
