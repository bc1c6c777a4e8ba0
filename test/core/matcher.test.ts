import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { matches, MatcherError, mismatch, parseMatchers } from '../../src/core/matcher.ts'

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'))
const labels = (of: Record<string, string>) => new Map(Object.entries(of))

interface AmtoolCase { matcher: string; labels: Record<string, string>; matches: boolean | null; error?: string }

describe("matchers mean what Alertmanager's amtool says", () => {
  for (const one of fixture('matchers.json').cases as AmtoolCase[]) {
    it(`${one.matcher} and ${JSON.stringify(one.labels)}: ${one.matches ?? 'refused'}`, () => {
      if (one.matches === null) assert.throws(() => parseMatchers([one.matcher]), MatcherError, one.error)
      else assert.equal(matches(parseMatchers([one.matcher]), labels(one.labels)), one.matches)
    })
  }
})

type Terms = [name: string, operator: string, value: string][]
interface ParserCase { text: string; classic: Terms | null; utf8: Terms | null; values?: Record<string, boolean> }

describe("matchers are read as both of Alertmanager's parsers read them", () => {
  for (const { text, classic, utf8, values } of fixture('notation.json').cases as ParserCase[]) {
    const same = JSON.stringify(classic) === JSON.stringify(utf8)
    const read = () => parseMatchers([text])
    const terms = () => read().list.map(({ name, operator, value }) => [name, operator, value])
    if (classic && utf8 && !same) {
      it(`${text}: refused, since they differ`, () => assert.throws(read, { code: 'MATCHER_AMBIGUOUS' }))
    } else if (classic) {
      it(`${text}: ${same ? 'read alike' : 'read as the classic one does, with a warning'}`, () => {
        assert.deepEqual(terms(), classic)
        assert.equal(read().warnings.length, same ? 0 : 1)
      })
    } else if (utf8) {
      it(`${text}: only the UTF-8 one reads it, so names that need quotes must have them`, () => {
        const quoted = utf8.every(([name]) => name !== '' && text.includes(`"${name}"`))
        if (quoted) assert.deepEqual(terms(), utf8)
        else assert.throws(read, { code: 'MATCHER_SYNTAX' })
      })
    } else it(`${text}: refused by both`, () => assert.throws(read, MatcherError))
    for (const [value, held] of Object.entries(values ?? {})) {
      if ((classic && utf8 && !same) || (classic ?? utf8)![0]![0] === '') continue
      it(`${text}: ${JSON.stringify(value)} ${held ? 'passes' : 'does not pass'}`, (t) => {
        try {
          assert.equal(read().list[0]!.test(value), held)
        } catch (error) {
          if (classic || !(error instanceof MatcherError)) throw error
          t.skip('refused above')
        }
      })
    }
  }
})

describe('what cannot be read is refused with the place and what to write', () => {
  const table: readonly [text: string, code: string, at: number, says: RegExp, reason: string][] = [
    ['a', 'MATCHER_SYNTAX', 0, /write name="value"/, 'no operator'],
    ['a="1",b', 'MATCHER_SYNTAX', 6, /b is no matcher/, 'the second of two'],
    ['a="1",,b="2"', 'MATCHER_SYNTAX', 6, /missing between two commas/, 'nothing between commas'],
    ['a="b"c"', 'MATCHER_SYNTAX', 4, /needs a backslash/, 'a bare quote in a value'],
    ['a="b', 'MATCHER_SYNTAX', 4, /closing double quote/, 'never closed'],
    ['a="b\\tc"', 'MATCHER_AMBIGUOUS', 0, /write a="b\\\\tc".* or a="b\tc"/, 'a backslash that one parser keeps'],
    ['bad-name="a"', 'MATCHER_SYNTAX', 0, /write|quotes/, 'a name that older versions refuse'],
    ['имя="a"', 'MATCHER_SYNTAX', 0, /"имя"/, 'a name beyond ASCII without quotes'],
    ['a=~"(?=b)"', 'MATCHER_PATTERN', 0, /RE2/, 'not RE2'],
    ['a=~".*b.{14}"', 'MATCHER_PATTERN', 0, /too complicated/, 'more states than can be bounded'],
    ['""="a"', 'MATCHER_SYNTAX', 0, /empty/, 'a name that no label has'],
    [`a="${'x'.repeat(20_000)}"`, 'MATCHER_TOO_LONG', 0, /at most/, 'longer than anyone writes'],
  ]
  for (const [text, code, at, says, reason] of table) {
    it(`${text.slice(0, 40)}: ${reason}`, () => {
      assert.throws(() => parseMatchers(['ok="1"', text]), (error) => {
        assert.ok(error instanceof MatcherError)
        assert.equal(error.code, code)
        assert.equal(error.index, 1)
        assert.equal(error.at, at)
        assert.match(error.message, says)
        return true
      })
    })
  }
})

describe('a list of matchers', () => {
  it('must hold as a whole', () => {
    const both = parseMatchers(['a="1"', 'b=~"x|y"'])
    assert.equal(matches(both, labels({ a: '1', b: 'y' })), true)
    assert.equal(matches(both, labels({ a: '1', b: 'z' })), false)
    assert.equal(mismatch(both, labels({ a: '1', b: 'z' }))?.text, 'b=~"x|y"')
  })

  it('holds for everything when it is empty, which whoever must not mean everything asks for', () => {
    assert.equal(matches(parseMatchers([]), labels({ a: '1' })), true)
    assert.equal(parseMatchers(['{}']).list.length, 0)
  })

  it('takes no name for anything but a label', () => {
    const none = labels({ alertname: 'A' })
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      assert.equal(matches(parseMatchers([`${name}=""`]), none), true)
      assert.equal(matches(parseMatchers([`${name}=~".+"`]), none), false)
    }
    const own = new Map([['__proto__', 'polluted']])
    assert.equal(matches(parseMatchers(['__proto__="polluted"']), own), true)
  })

  it('reads what it writes', () => {
    const list = parseMatchers(['a="x\\"y\\\\z\\n"', '"b c"!~"1|2"', 'd=~"(?i)e.*"']).list
    const again = parseMatchers([list.map(({ text }) => text).join(',')])
    assert.deepEqual(again.list.map(({ text }) => text), list.map(({ text }) => text))
    assert.deepEqual(again.warnings, [])
  })
})
