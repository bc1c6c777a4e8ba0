import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { literalAutomaton, witness } from '../../src/core/automaton.ts'
import { compilePattern, maxPatternLength, PatternError } from '../../src/core/regex.ts'

const pieces = [
  'a', 'b', 'Z', 'é', '🙂', 'ſ', '.', '.*', '.+?', 'a?', '[ab]', '[^a]', '(a|b)', '(?:ab)*', 'a{2}', 'a{1,3}', '\\d', '\\D', '\\w', '\\W', '\\s',
  '\\S', '\\b', '\\B', '^', '$', '\\A', '\\z', '(?i)', '(?i:Ab)', '(?s).', '(?m)^', '(?m)$', '(?U)a*', '\\pL', '\\p{Greek}', '\\P{L}', '[[:alpha:]]',
  '[[:^digit:]]', '\\x61', '\\x{1F642}', '\\Qa.\\E', '(?P<n>a)', '|', '-', '_', '0', '\\.', '\\n', 'web-', '.prod',
]
const pattern = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join(''))
const value = fc.array(fc.constantFrom('', 'a', 'b', 'A', 'ab', 'aab', 'é', '🙂', '\n', '0', '_', ' ', 's', 'S', 'k', '\u212a', '-', '.', 'web-', '.prod', '\ud800', '\u{10ffff}'), { maxLength: 5 })
  .map((parts) => parts.join(''))

const compiled = (source: string): RE2JS | undefined => {
  try {
    return RE2JS.compile(source)
  } catch {
    return undefined
  }
}

describe('patterns', () => {
  it("judge as re2js does, whichever way they are run", () => {
    fc.assert(fc.property(pattern, fc.array(value, { minLength: 1, maxLength: 8 }), (source, values) => {
      const oracle = compiled(source)
      if (oracle === undefined) return void assert.throws(() => compilePattern(source), PatternError)
      const { test, prefix, suffix, values: all } = compilePattern(source)
      for (const one of values) {
        const held = oracle.matches(one)
        assert.equal(test(one), held, `${source} and ${JSON.stringify(one)}`)
        if (!held) continue
        assert.ok(one.startsWith(prefix) && one.endsWith(suffix), `${source}: ${prefix}…${suffix} and ${one}`)
        if (all !== undefined) assert.ok(all.includes(one), `${source}: ${all.join()} and ${one}`)
      }
      for (const one of all ?? []) assert.ok(oracle.matches(one), `${source} does not accept ${one}`)
    }), { numRuns: 1500 })
  })

  const known: readonly [source: string, values: readonly string[] | undefined, prefix: string, suffix: string, reason: string][] = [
    ['critical|page', ['critical', 'page'], '', '', 'plain words'],
    ['critical', ['critical'], 'critical', 'critical', 'one word'],
    ['crit(ical)?', ['crit', 'critical'], '', '', 'an optional end'],
    ['[ab]c', ['ac', 'bc'], '', '', 'a small class'],
    ['^a$|b', ['a', 'b'], '', '', 'anchors that say nothing new'],
    ['', [''], '', '', 'nothing: a missing label'],
    ['a|', ['', 'a'], '', '', 'or nothing'],
    ['web-.*', undefined, 'web-', '', 'a beginning'],
    ['.*-db', undefined, '', '-db', 'an end'],
    ['web-[0-9]+\\.prod', undefined, 'web-', '.prod', 'both'],
    ['.+', undefined, '', '', 'anything'],
    ['a[^\\x00-\\x{10FFFF}]', [], '', '', 'nothing at all'],
  ]
  for (const [source, values, prefix, suffix, reason] of known) {
    it(`${source}: what it can be is known: ${reason}`, () => {
      const made = compilePattern(source)
      assert.deepEqual(made.values, values)
      if (values?.length !== 0 && (values === undefined || values.length === 1)) assert.deepEqual([made.prefix, made.suffix], [prefix, suffix])
    })
  }

  const refused: readonly [source: string, says: RegExp, reason: string][] = [
    ['.*a.{13}', /too complicated/, 'every place may be the start: states double with each'],
    ['(a|b)*a(a|b){13}', /too complicated/, 'the same in disguise'],
    ['(?:a{0,500}b{0,500}){2}'.repeat(3), /too complicated|RE2/, 'counts over counts'],
    ['x'.repeat(maxPatternLength + 1), /at most/, 'too long'],
    ['(?<=a)b', /RE2/, 'looking behind'],
    ['(a)\\1', /RE2/, 'looking back'],
    ['\\Qabc', /RE2/, 'an open quote swallows the end'],
    ['a)|(b', /RE2/, 'parentheses that would close the anchor'],
  ]
  for (const [source, says, reason] of refused) {
    it(`${source.slice(0, 30)} is refused: ${reason}`, () => assert.throws(() => compilePattern(source), says))
  }

  it('look at each character once, however they and the label are made', () => {
    // Not a clock but a count: an automaton can only ever take one step per character.
    for (const source of ['(a+)+', '(a|aa)+$', '(.*a){8}', '(\\pL|\\w)*x', '.*.*.*=.*', '(?:x+x+)+y']) {
      const { automaton, test } = compilePattern(source)
      const { next, classes, accepts } = automaton()
      assert.equal(next.length, accepts.length * classes)
      assert.ok(next.every((state) => state < accepts.length))
      for (const long of ['a'.repeat(65_536), 'é'.repeat(30_000), `${'x'.repeat(65_000)}!`]) assert.equal(typeof test(long), 'boolean')
    }
  })
})

describe('a witness', () => {
  const accepted = (source: string, is = true) => ({ automaton: compilePattern(source).automaton(), accepted: is })

  it('meets every demand, if there is one', () => {
    fc.assert(fc.property(pattern, pattern, fc.boolean(), (a, b, is) => {
      if (compiled(a) === undefined || compiled(b) === undefined) return
      const found = witness([accepted(a), accepted(b, is)])
      if (typeof found === 'string') return
      assert.equal(compilePattern(a).test(found.text), true, `${a}: ${found.text}`)
      assert.equal(compilePattern(b).test(found.text), is, `${b}: ${found.text}`)
    }), { numRuns: 500 })
  })

  const table: readonly [demands: ReturnType<typeof accepted>[], found: string, reason: string][] = [
    [[accepted('a.*'), accepted('b.*')], 'none', 'they begin differently'],
    [[accepted('crit.*'), accepted('.+', false)], 'none', 'what begins with crit is not empty'],
    [[accepted('.*'), accepted('.+', false)], '', 'nothing is .* and not .+'],
    [[accepted('(?s).*'), accepted('.*', false)], '\n', 'a line feed is no dot'],
    [[accepted('[a-f]+'), accepted('\\w+', false)], 'none', 'one class within another'],
    [[{ automaton: literalAutomaton('a🙂'), accepted: true }, accepted('a.')], 'a🙂', 'a character beyond the BMP is one'],
    [[accepted('.*a.{9}'), accepted('.*b.{9}'), accepted('.*c.{9}', false)], 'unknown', 'too many pairs to look at'],
  ]
  for (const [demands, found, reason] of table) {
    it(`${JSON.stringify(found)}: ${reason}`, () => {
      const got = witness(demands)
      assert.equal(typeof got === 'string' ? got : got.text, found)
    })
  }
})
