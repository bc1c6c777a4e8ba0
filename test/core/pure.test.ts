/** The core judges; it does not act. Time, chance and identity are handed in, or no decision could be replayed. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, it } from 'node:test'

const core = resolve(import.meta.dirname, '../../src/core')
const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))

/** Comments may speak of what code must not do. */
const codeOf = (source: string): string => source.replace(/\/\*[^]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

const banned: readonly [RegExp, string][] = [
  [/['"]node:/, 'the core imports nothing of Node'],
  [/\brequire\s*\(|\bimport\s*\(/, 'what is imported stands at the top of a file'],
  [/\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\b|\bTemporal\.Now\b/, 'time is handed in'],
  [/\bMath\.random\b|\bcrypto\b|\brandomUUID\b/, 'chance is handed in'],
  [/\bprocess\.(?:env|hrtime|pid|argv|cwd|exit|memoryUsage|uptime|nextTick|platform|stdout|stderr|on)\b/, 'the core does not know its process'],
  [/\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bqueueMicrotask\b/, 'a judge does not wait'],
  [/\bfetch\s*\(|\bconsole\.|\bWebSocket\b|\bglobalThis\b|\bBuffer\b/, 'the core touches nothing outside'],
  [/\basync\b|\bawait\b/, 'a judge does not wait'],
]

/** Pure libraries: they parse and check. */
const libraries = new Set(['re2js', 'zod'])

const faultsOf = (source: string, name: string): string[] => {
  const code = codeOf(source)
  const faults = banned.flatMap(([pattern, why]) => (pattern.test(code) ? [`${name}: ${pattern.exec(code)![0]}: ${why}`] : []))
  for (const [, from = ''] of code.matchAll(/\bfrom\s+'([^']+)'/g)) {
    if (libraries.has(from) || from.startsWith('node:')) continue
    const within = from.startsWith('.') && !relative(core, resolve(core, dirname(name), from)).startsWith('..')
    if (!within) faults.push(`${name}: imports ${from}: the core imports only itself, ${[...libraries].join(' and ')}`)
  }
  return faults
}

describe('the core', () => {
  it('is there to be looked at', () => assert.ok(files.length > 10, `${files.length} files in ${core}`))

  for (const name of files) {
    it(`${name} reads no clock, draws no number, imports nothing from outside`, () => {
      assert.deepEqual(faultsOf(readFileSync(join(core, name), 'utf8'), name), [])
    })
  }

  const planted: readonly [source: string, faults: number, why: string][] = [
    [`import { readFileSync } from 'node:fs'`, 1, 'Node'],
    [`const now = Date.now()`, 1, 'a clock'],
    [`const now = new Date()`, 1, 'a clock'],
    [`const then = new Date(0).toISOString()`, 0, 'a time that was handed in'],
    [`const id = crypto.randomUUID()`, 1, 'chance'],
    [`const one = Math.random()`, 1, 'chance'],
    [`process.n = process.env.N`, 1, 'the environment'],
    [`process.n = entry.n`, 0, 'a process of ours, in a variable'],
    [`setTimeout(() => {}, 1)`, 1, 'waiting'],
    [`import { x } from '../log/log.ts'`, 1, 'another room'],
    [`import { x } from './alert.ts'`, 0, 'itself'],
    [`// Date.now() would be wrong here\nconst a = 1`, 0, 'a comment'],
  ]
  for (const [source, faults, why] of planted) {
    it(`the check sees ${why} in: ${source}`, () => assert.equal(faultsOf(source, 'x.ts').length, faults))
  }
})
