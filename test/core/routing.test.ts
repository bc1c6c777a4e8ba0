import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Route } from '../../src/core/catalogue.ts'
import { matches, parseMatchers } from '../../src/core/matcher.ts'
import { compileRoutes, RouteError } from '../../src/core/routing.ts'
import { shadowedBy } from '../../src/core/shadow.ts'

const route = (matchers: readonly string[], index = 0): Route => ({ matchers, mode: 'off', params: {}, source: `runbooks/routes.yaml:${index + 2}` })
const routes = (lists: readonly (readonly string[])[]): Route[] => lists.map(route)
const labels = (of: Record<string, string>) => new Map(Object.entries(of))
const shadows = (lists: readonly (readonly string[])[]) =>
  shadowedBy(lists.map((list) => ({ matchers: parseMatchers(list).list }))).map(({ index, by }) => [index, by ?? 'itself'])

const name = fc.constantFrom('a', 'b', 'c', '__proto__')
const text = fc.constantFrom('', 'x', 'y', 'xy', 'web-1', 'web-2', 'web-10', 'x\ny', 'é', 'X')
const pattern = fc.constantFrom('x', 'x|y', 'x.*', '.*y', '.+', '.*', 'web-.*', 'web-[12]', '.*-1', '(?i)x', '[xy]+', '', 'x|', '(?s).*', 'web-1|web-2', '.*-.*')
const matcher = fc.oneof(
  fc.tuple(name, fc.constantFrom('=', '!='), text),
  fc.tuple(name, fc.constantFrom('=~', '!~'), pattern),
).map(([of, operator, value]) => `${of}${operator}${JSON.stringify(value)}`)
const lists = fc.array(fc.array(matcher, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 })
const alert = fc.array(fc.tuple(name, text.filter((value) => value !== '')), { maxLength: 4 }).map((pairs) => new Map(pairs))

describe('the first route that matches is taken', () => {
  it('as a plain search from the top would find it', () => {
    fc.assert(fc.property(lists, fc.array(alert, { minLength: 1, maxLength: 6 }), (all, alerts) => {
      const routing = compileRoutes(routes(all))
      const plain = all.map((list) => parseMatchers(list))
      for (const one of [...alerts, ...alerts]) {
        const found = plain.findIndex((list) => matches(list, one))
        assert.equal(routing.route(one)?.index ?? -1, found, JSON.stringify([...one]))
        assert.equal(routing.explain(one).taken?.index ?? -1, found)
      }
    }), { numRuns: 400 })
  })

  it('also where many routes share what they ask for', () => {
    const many = Array.from({ length: 500 }, (_, i) => ['severity="critical"', `pod=~".*[a-f]${i}[a-z].*"`])
    const routing = compileRoutes(routes([...many, ['severity="critical"']]))
    assert.equal(routing.route(labels({ severity: 'critical', pod: 'web-c321x' }))?.index, 321)
    assert.equal(routing.route(labels({ severity: 'critical', pod: 'web' }))?.index, 500)
    assert.equal(routing.route(labels({ severity: 'warning', pod: 'web-c321x' })), undefined)
  })

  it('by every value that was ever seen, after very many of them', () => {
    const routing = compileRoutes(routes([['pod=~".*7.*"', 'team!="b"'], ['pod=~".*[0-8].*"']]))
    for (let i = 0; i < 20_000; i++) {
      const digits = String(i)
      const expected = digits.includes('7') ? 0 : /[0-8]/.test(digits) ? 1 : undefined
      assert.equal(routing.route(labels({ pod: digits }))?.index, expected, digits)
    }
  })

  it('and never an alert whose labels only look alike', () => {
    const routing = compileRoutes(routes([['a="x"', 'b="yz"'], ['a="xy"', 'b="z"']]))
    assert.equal(routing.route(labels({ a: 'x', b: 'yz' }))?.index, 0)
    assert.equal(routing.route(labels({ a: 'xy', b: 'z' }))?.index, 1)
    assert.equal(routing.route(labels({ a: 'x', b: 'z' })), undefined)
  })
})

describe('a route that cannot be judged is refused', () => {
  const table: readonly [matchers: string[], says: RegExp, reason: string][] = [
    [[], /routes\.yaml:3: routes\[1\] has no matchers/, 'no matchers must not mean all: a route acts'],
    [['{}'], /has no matchers/, 'an empty list in braces is none'],
    [['a=~"("'], /routes\[1\]: a=~"\(": not a regular expression of RE2/, 'no pattern'],
  ]
  for (const [matchers, says, reason] of table) {
    it(`${JSON.stringify(matchers)}: ${reason}`, () => {
      assert.throws(() => compileRoutes(routes([['a="1"'], matchers])), (error) => {
        assert.ok(error instanceof RouteError)
        assert.equal(error.index, 1)
        assert.match(error.message, says)
        return true
      })
    })
  }
})

describe('it is explained', () => {
  const routing = compileRoutes(routes([['alertname="A"', 'severity="page"'], ['team!=""'], ['alertname=~"A|B"']]))

  it('which route is taken, and what kept the alert out of those above', () => {
    const { taken, because, passed } = routing.explain(labels({ alertname: 'A', severity: 'warning' }))
    assert.equal(taken?.index, 2)
    assert.equal(because, 'routes[2] (runbooks/routes.yaml:4) matches: alertname=~"A|B"; none of the 2 above it does')
    assert.deepEqual(passed, [
      { index: 0, source: 'runbooks/routes.yaml:2', matcher: 'severity="page"', value: 'warning' },
      { index: 1, source: 'runbooks/routes.yaml:3', matcher: 'team!=""', value: '' },
    ])
  })

  it('that none is', () => {
    const { taken, because, passed } = routing.explain(labels({ alertname: 'C' }))
    assert.equal(taken, undefined)
    assert.equal(because, 'none of 3 routes matches')
    assert.equal(passed.length, 3)
  })
})

describe('a route that can never be taken is found', () => {
  const table: readonly [lists: string[][], found: [number, number | 'itself'][], reason: string][] = [
    [[['a="1"'], ['a="1"', 'b="2"']], [[1, 0]], 'the one above asks for less'],
    [[['a="1"', 'b="2"'], ['a="1"']], [], 'the one above asks for more'],
    [[['a=~"1|2"'], ['a="2"']], [[1, 0]], 'one of the alternatives'],
    [[['a=~"1|2"'], ['a=~"2|3"']], [], '3 is left'],
    [[['a=~"web-.*"'], ['a=~"web-[0-9]+"']], [[1, 0]], 'a pattern within a pattern'],
    [[['a=~"web-[0-9]+"'], ['a=~"web-.*"']], [], 'the narrower above'],
    [[['a!="x"'], ['a=~"y.*"']], [[1, 0]], 'what begins with y is not x'],
    [[['a!~"x.*"'], ['a=~"x?y"']], [], 'xy is left'],
    [[['a=~".+"'], ['a!=""']], [], 'a line feed is no dot, so "\\n" is left'],
    [[['a!=""'], ['a=~".+"']], [[1, 0]], 'whatever has a character is not empty'],
    [[['a=~"(?s).*"'], ['b="1"']], [[1, 0]], 'takes everything'],
    [[['a=~".*"'], ['b="1"']], [], 'takes nearly everything'],
    [[['a=""'], ['b="1"']], [], 'an alert may have both'],
    [[['a="1"'], ['a="1"', 'a="2"']], [[1, 'itself']], 'no value is both'],
    [[['a=~"x.*"', 'a!~".*y"'], ['a="xz"']], [[1, 0]], 'two matchers on one label'],
    [[['a="1"'], ['a="2"'], ['a=~"1|2"']], [], 'two routes together: not looked for'],
    [[['b="1"'], ['a="1"'], ['a="1"', 'b="2"']], [[2, 1]], 'not by the first one'],
    [[[], ['a="1"'], []], [], 'routes that could not be read'],
  ]
  for (const [all, found, reason] of table) {
    it(`${all.map((list) => `{${list.join()}}`).join(' ')}: ${reason}`, () => assert.deepEqual(shadows(all), found))
  }

  it('and never one that some alert takes', () => {
    fc.assert(fc.property(lists, fc.array(alert, { minLength: 1, maxLength: 20 }), (all, alerts) => {
      const never = new Set(shadows(all).map(([index]) => index))
      const routing = compileRoutes(routes(all))
      for (const one of alerts) assert.ok(!never.has(routing.route(one)?.index ?? -1))
    }), { numRuns: 300 })
  })
})
