import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readOrder } from '../../src/http/stops.ts'
import { routesCovered } from '../../src/http/views/stops.ts'
import { parseMatchers } from '../../src/core/matcher.ts'
import type { Route } from '../../src/core/catalogue.ts'
import { LogError } from '../../src/log/log.ts'
import { me, open } from './door.ts'

describe('a stop', () => {
  const form = 'application/x-www-form-urlencoded'
  const rows: [body: string, type: string, matchers: string[], effect: 'kill' | 'pause', why: string, note: RegExp | undefined, because: string][] = [
    ['', '', [], 'kill', '', undefined, 'one curl without a body stops everything'],
    ['  \n', 'text/plain', [], 'kill', '', undefined, 'so does an empty line'],
    ['{}', 'text/plain', [], 'kill', '', undefined, 'the content type says nothing'],
    ['{"matchers":["team=\\"a\\""],"kind":"pause","why":"w"}', 'application/json', ['team="a"'], 'pause', 'w', undefined, 'all of it'],
    ['{"matchers":"team=\\"a\\""}', '', ['team="a"'], 'kill', '', undefined, 'one matcher needs no list'],
    ['{"matchers":[]}', '', [], 'kill', '', undefined, 'empty means everything here, and only here'],
    ['{"matchers":["team=~["],"why":"w"}', '', [], 'kill', 'w', /RE2.*Everything was stopped/, 'a scope that cannot be read'],
    ['{"matchers":["runbook=\u201cscale\u201d","team!=\u2018a\u2019"]}', '', ['runbook="scale"', 'team!="a"'], 'kill', '', undefined, 'quotes that a phone has curled'],
    [`{"matchers":["{runbook='scale service', team='a'}"]}`, '', ['{runbook="scale service", team="a"}'], 'kill', '', undefined, 'single quotes, which would be part of the value'],
    ['{"matchers":["team=\\"the \u201cbig\u201d one\\""]}', '', ['team="the \u201cbig\u201d one"'], 'kill', '', undefined, 'between straight quotes curled ones are text'],
    [`{"matchers":["runbook='scale"]}`, '', [], 'kill', '', /no pair of double ones. Everything was stopped/, 'half a pair: it would cover nothing'],
    ['{"matchers":[7]}', '', [], 'kill', '', /list of texts/, 'a scope of another type'],
    ['{"matchers":["a=\\"b\\""],"kind":"freeze"}', '', ['a="b"'], 'kill', '', /taken as kill/, 'the stronger of the two'],
    ['{"matcher":["a=\\"b\\""]}', '', [], 'kill', '', /"matcher" is not known/, 'misspelt: everything, and it is said'],
    ['{"kind":"pause","for":"2h"}', '', [], 'pause', '', undefined, 'one that lifts itself'],
    ['{"kind":"pause","for":"soon"}', '', [], 'pause', '', /stands until somebody lifts it/, 'a time that cannot be read'],
    ['{"for":"2h"}', '', [], 'kill', '', /A kill never lifts itself/, 'a kill is lifted by a person'],
    ['{"why":', 'application/json', [], 'kill', '', /could not be read/, 'half a body'],
    ['[]', 'application/json', [], 'kill', '', /could not be read/, 'no object'],
    ['why=db+burns&matchers=team%3D%22a%22', form, ['team="a"'], 'kill', 'db burns', undefined, 'the form of the page'],
    ['why=&matchers=', form, [], 'kill', '', undefined, 'the form with nothing in it'],
    ['the db burns', form, [], 'kill', 'the db burns', undefined, 'curl -d "the db burns"'],
    ['{"why":"w"}', form, [], 'kill', 'w', undefined, 'curl -d sends JSON under the type of a form'],
  ]
  for (const [body, type, matchers, effect, why, note, because] of rows) {
    test(`${body.slice(0, 50) || 'with no body'}: ${because}`, () => {
      const read = readOrder(body, type)
      assert.deepEqual([read.order.matchers, read.order.effect, read.order.why], [matchers, effect, why])
      if (note === undefined) assert.equal(read.note, undefined)
      else assert.match(read.note ?? '', note)
    })
  }

  test('without waiting it is answered with its id', async (t) => {
    const { call } = await open(t)
    const { status, json } = await call('POST', '/v1/stops')
    assert.equal(status, 201)
    assert.deepEqual(Object.keys(json), ['id', 'durable'])
  })

  test('one that covers nothing says so', async (t) => {
    const { call } = await open(t)
    const { json } = await call('POST', '/v1/stops', { body: { matchers: ['runbook="misspelt"'] } })
    assert.match(json.note, /covers nothing/)
  })

  test('with ?wait it is answered with its proof', async (t) => {
    const { call } = await open(t)
    const { json } = await call('POST', '/v1/stops?wait=10s', { body: { why: 'w' } })
    assert.deepEqual([json.why, json.durable, json.inForce, json.missing], ['w', true, true, []])
    assert.deepEqual(json.acknowledgements.map(({ at: _, ...one }: { at: string }) => one), [{ runner: me, name: 'one', killed: 2, survivors: 0, tookMs: 84 }])
  })

  test('a runner that does not answer is named when the time is over', async (t) => {
    const { call, parts } = await open(t)
    parts.answers = false
    const { json } = await call('POST', '/v1/stops?wait=100ms')
    assert.deepEqual(json.missing, [{ runner: me, name: 'one' }])
  })

  test('one that is not on the log yet is in force, and says so', async (t) => {
    const { call, parts } = await open(t)
    parts.stopsLand = false
    const { status, json } = await call('POST', '/v1/stops?wait=50ms', { body: { why: 'log is down' } })
    assert.deepEqual([status, json.durable, json.inForce], [201, false, true])
    assert.equal((await call('GET', `/v1/stops/${json.id}`)).json.durable, false)
    assert.equal((await call('GET', '/v1/stops')).json.items[0].id, json.id)
  })

  test('is lifted with a reason only, by as much of its id as is needed', async (t) => {
    const { call, parts } = await open(t)
    const { json: { id } } = await call('POST', '/v1/stops')
    for (const body of ['', '{}', '{"why":"  "}']) assert.equal((await call('POST', `/v1/stops/${id}/lift`, { body })).json.code, 'WHY_REQUIRED')
    assert.equal((await call('POST', `/v1/stops/${id}/lift`, { body: '{' })).json.code, 'BAD_JSON')
    assert.equal((await call('POST', `/v1/stops/${id.slice(-5)}/lift`, { body: { why: 'x' } })).status, 404, 'five characters are too few')
    assert.equal(parts.state.inForce.size, 1)
    const { status, json } = await call('POST', `/v1/stops/${id.slice(-6)}/lift`, { body: { why: 'over' } })
    assert.deepEqual([status, json.inForce, json.lifted.why], [202, false, 'over'])
    assert.equal(parts.state.inForce.size, 0)
  })

  test('an id that fits two lifts none', async (t) => {
    const { call, parts } = await open(t)
    for (const start of ['01900000-0000-7000-8000-aaa000', '01900000-0000-7000-8000-bbb000']) {
      parts.says({ kind: 'stop pulled', stop: { id: `${start}123456`, matchers: [], effect: 'kill', who: 'x', why: '' } })
    }
    const { status, json } = await call('POST', '/v1/stops/123456/lift', { body: { why: 'x' } })
    assert.deepEqual([status, json.code, json.ids.length], [409, 'AMBIGUOUS_ID', 2])
    assert.equal(parts.state.inForce.size, 2)
  })

  test('one that the configuration forces is not lifted from outside', async (t) => {
    const { call, parts } = await open(t)
    const { json: { id } } = await call('POST', '/v1/stops')
    parts.forced.push(id)
    assert.equal((await call('POST', `/v1/stops/${id}/lift`, { body: { why: 'x' } })).json.code, 'STOP_FORCED')
  })

  test('a lift that the log does not take leaves it standing', async (t) => {
    const { call, parts } = await open(t)
    const { json: { id } } = await call('POST', '/v1/stops')
    parts.before = () => Promise.reject(new LogError('LOG_UNREACHABLE', 'x'))
    assert.equal((await call('POST', `/v1/stops/${id}/lift`, { body: { why: 'x' } })).json.code, 'NOT_DURABLE')
    assert.equal(parts.state.inForce.size, 1)
  })

  test('a body beyond any sense stops everything as well', async (t) => {
    const { call, parts } = await open(t)
    const { status, json } = await call('POST', '/v1/stops', { body: 'x'.repeat(100_000) })
    assert.equal(status, 201)
    assert.match(json.note, /could not be read/)
    assert.deepEqual([...parts.state.inForce].map(({ matchers }) => matchers), [[]])
  })

  test('from the page it is answered with the page, and no redirect', async (t) => {
    const { call, door } = await open(t)
    const { status, type, text } = await call('POST', '/v1/stops', { body: 'why=%3Cb%3E', headers: { accept: 'text/html,*/*', 'content-type': form, origin: door.url } })
    assert.deepEqual([status, type], [201, 'text/html; charset=utf-8'])
    assert.match(text, /Stopped: everything/)
    assert.match(text, /1 of 1 runners answered, 2 killed/)
    assert.doesNotMatch(text, /<b>/)
  })
})

describe('the routes that a stop covers', () => {
  const route = (matchers: string[], name = 'fix'): Route => ({ matchers, runbook: { name, version: 1 }, mode: 'auto', params: {}, source: 'r:1' })
  const rows: [stop: string[], route: Route, count: number, because: string][] = [
    [[], route(['team="a"']), 1, 'everything'],
    [['team="a"'], route(['team="a"']), 1, 'the same label and value'],
    [['team="b"'], route(['team="a"']), 0, 'no alert can be both'],
    [['team="b"'], route(['team=~"a|b"']), 1, 'one of those that the route takes'],
    [['team="b"'], route(['team=~"x.*"']), 1, 'an expression may take anything'],
    [['zone="1"'], route(['team="a"']), 1, 'a label that the route does not ask for'],
    [['runbook="fix"'], route([]), 1, "the runbook's name"],
    [['runbook="other"'], route([]), 0, 'another runbook'],
    [['target="web"'], route(['team="a"']), 1, 'which target it will be is not known before'],
    [['target="web"'], route([], 'limited'), 1, 'a target that its policies allow'],
    [['target="wbe"'], route([], 'limited'), 0, 'a target that its policies never allow'],
    [[], { ...route([]), mode: 'off' }, 0, 'a route that is off starts nothing'],
  ]
  const policies = { limited: [{ type: 'targets', name: 'targets', settings: { names: ['web', 'api'] }, source: 'p:1' }] }
  for (const [stop, one, count, because] of rows) {
    test(`${stop.join() || '(everything)'} and ${one.matchers.join() || one.runbook!.name}: ${count}, ${because}`, () => {
      assert.equal(routesCovered({ digest: '', routes: [one], runbooks: {}, policies }, parseMatchers(stop)), count)
    })
  }
})
