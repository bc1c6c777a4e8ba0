import assert from 'node:assert/strict'
import test, { describe } from 'node:test'
import { Outage } from '../../src/log/kafka-outage.ts'
import { Patience, troubleOf } from '../../src/log/kafka-trouble.ts'

/** As kafkajs wraps it when it has no retries left. */
function wrapped(cause: object): Error {
  return Object.assign(new Error('wrapped', { cause: Object.assign(new Error('inner'), cause) }), { name: 'KafkaJSNumberOfRetriesExceeded', retriable: false })
}

describe('what a failure of kafkajs means', () => {
  for (const [error, code, again, refused, because] of [
    [wrapped({ type: 'MESSAGE_TOO_LARGE' }), 'LOG_TOO_LARGE', false, true, 'it will be as large the next time'],
    [wrapped({ type: 'INVALID_RECORD' }), 'LOG_BROKEN', false, true, 'it will be as wrong the next time'],
    [wrapped({ type: 'TOPIC_AUTHORIZATION_FAILED' }), 'LOG_REFUSED', false, false, 'only an operator can allow it'],
    [wrapped({ type: 'CLUSTER_AUTHORIZATION_FAILED' }), 'LOG_REFUSED', false, false, 'only an operator can allow it'],
    [wrapped({ name: 'TypeError' }), 'LOG_BROKEN', false, false, 'a mistake of ours'],
    [wrapped({ name: 'KafkaJSNotImplemented' }), 'LOG_BROKEN', false, false, 'a stranger\'s snappy stays snappy'],
    [wrapped({ type: 'NOT_ENOUGH_REPLICAS' }), 'LOG_UNREACHABLE', true, true, 'the leader said no before it appended'],
    [wrapped({ type: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' }), 'LOG_UNREACHABLE', true, false, 'the leader has it'],
    [wrapped({ type: 'NOT_LEADER_FOR_PARTITION' }), 'LOG_UNREACHABLE', true, false, 'there is another leader'],
    [wrapped({ type: 'UNKNOWN_TOPIC_OR_PARTITION' }), 'LOG_UNFIT', true, false, 'a broker that just started knows no topics'],
    [wrapped({ name: 'KafkaJSSASLAuthenticationError' }), 'LOG_REFUSED', true, false, 'a password may be on its way'],
    [Object.assign(new Error('Connection error: certificate has expired'), { code: 'CERT_HAS_EXPIRED' }), 'LOG_UNREACHABLE', true, false, 'a certificate can be renewed'],
    [Object.assign(new Error('read ECONNRESET'), { name: 'KafkaJSNonRetriableError', retriable: false }), 'LOG_UNREACHABLE', true, false, 'a reset came under this name'],
    [Object.assign(new Error('several'), { errors: [{ type: 'TOPIC_AUTHORIZATION_FAILED', message: 'x' }] }), 'LOG_REFUSED', false, false, 'creating topics gathers errors'],
    ['a string', 'LOG_UNREACHABLE', true, false, 'whatever is thrown, there is an answer'],
  ] as const) {
    test(`${code}${again ? ', again' : ''}: ${because}`, () => {
      const trouble = troubleOf(error, 'p-log')
      assert.deepEqual([trouble.code, trouble.again, trouble.refused], [code, again, refused])
      assert.ok(trouble.text.length > 0)
    })
  }
})

describe('patience', () => {
  test('AnOutageMayLastARefusalMayNot', (context) => {
    context.mock.timers.enable({ apis: ['Date'] })
    let now = 0
    context.mock.method(performance, 'now', () => now)
    const patience = new Patience(10_000)
    assert.equal(patience.over('LOG_UNFIT'), false)
    now = 9000
    assert.equal(patience.over('LOG_UNFIT'), false)
    assert.equal(patience.over('LOG_UNREACHABLE'), false, 'another failure starts the time anew')
    now = 11_000
    assert.equal(patience.over('LOG_UNFIT'), false)
    patience.worked()
    now = 22_000
    assert.equal(patience.over('LOG_UNFIT'), false, 'it worked in between')
    now = 32_000
    assert.equal(patience.over('LOG_UNFIT'), true)
    now = 1e9
    patience.over('LOG_UNREACHABLE')
    now = 2e9
    assert.equal(patience.over('LOG_UNREACHABLE'), false, 'an outage is waited out')
    assert.equal(patience.over('LOG_CUT'), true, 'what was cut away does not come back')
  })
})

describe('what people are told of an outage', () => {
  function outage(context: test.TestContext) {
    const clock = { now: 0 }
    context.mock.method(performance, 'now', () => clock.now)
    const said: string[] = []
    return { clock, said, outage: new Outage({ where: 'k:9092', notify: (text) => said.push(text) }) }
  }

  test('AShortOneIsNotMentioned', (context) => {
    const { clock, said, outage: it } = outage(context)
    it.failed('reading', 'gone')
    clock.now = 900
    it.failed('reading', 'gone')
    it.worked('reading')
    assert.deepEqual(said, [])
    assert.equal(it.why, undefined)
  })

  test('ALongOneIsSaidOnceAMinuteAndItsEndOnce', (context) => {
    const { clock, said, outage: it } = outage(context)
    for (; clock.now <= 130_000; clock.now += 500) {
      it.failed('reading', `connect ECONNREFUSED 127.0.0.1:${clock.now}`)
      it.failed('appending', 'connect ECONNREFUSED')
    }
    assert.ok(said.length <= 4, said.join('\n'))
    assert.match(said[0]!, /Kafka at k:9092 has not served for 1\.\d s: connect ECONNREFUSED.*Start its brokers/)
    const before = said.length
    it.worked('reading')
    assert.equal(said.length, before, 'appending still fails')
    it.worked('appending')
    it.worked('appending')
    assert.deepEqual(said.slice(before), ['Kafka at k:9092 serves again after 131 s.'])
  })

  test('AnotherReasonIsNewsAndAPartThatGaveUpIsForgotten', (context) => {
    const { clock, said, outage: it } = outage(context)
    for (; clock.now <= 5000; clock.now += 500) it.failed('reading', 'no broker')
    for (; clock.now <= 20_000; clock.now += 500) it.failed('reading', 'no such certificate')
    assert.equal(said.length, 2, said.join('\n'))
    it.failed('appending', 'gave up')
    clock.now = 30_000
    it.worked('reading')
    assert.match(said.at(-1)!, /serves again/)
  })
})
