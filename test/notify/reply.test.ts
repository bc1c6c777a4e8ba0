/** The answers that come after the first one. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { replier } from '../../src/notify/reply.ts'
import { Desk } from './desk.ts'

describe('the answers that follow', () => {
  test('go by the response_url five times, then as messages', async (t) => {
    const desk = await Desk.open(t)
    const reply = replier({ responseUrl: desk.slack.responseUrl(), channel: '#alerts', post: desk.edge.post, origins: [desk.slack.origin], signal: new AbortController().signal })
    for (let n = 1; n <= 7; n++) assert.ok(await reply({ text: `answer ${n}`, blocks: [] }))
    assert.equal(desk.slack.responses.length, 5)
    assert.deepEqual(desk.slack.posted.map(({ text }) => text), ['answer 6', 'answer 7'])
    assert.deepEqual(desk.slack.refusals, [])
  })

  test('and after half an hour as messages', async (t) => {
    const desk = await Desk.open(t)
    const reply = replier({ responseUrl: desk.slack.responseUrl(), channel: '#alerts', post: desk.edge.post, origins: [desk.slack.origin], signal: new AbortController().signal, now: () => desk.steady() })
    assert.ok(await reply({ text: 'soon', blocks: [] }))
    desk.aheadMs = desk.slack.aheadMs = 30 * 60_000
    assert.ok(await reply({ text: 'late', blocks: [] }))
    assert.deepEqual([desk.slack.responses.length, desk.slack.posted.map(({ text }) => text)], [1, ['late']])
    assert.deepEqual(desk.slack.refusals, [])
  })

  for (const address of ['http://169.254.169.254/latest/meta-data', 'https://hooks.slack.com.evil.example/x', 'https://user@evil.example/', 'file:///etc/passwd', 'not an address', 'https://hooks.slack.com@evil.example/', 'http://hooks.slack.com/x']) {
    test(`never to ${address}`, async (t) => {
      const desk = await Desk.open(t)
      const dialled: string[] = []
      t.mock.method(globalThis, 'fetch', async (url: string) => (dialled.push(url), new Response('')))
      const reply = replier({ responseUrl: address, channel: '', post: desk.edge.post, origins: ['https://hooks.slack.com'], signal: new AbortController().signal })
      assert.equal(await reply({ text: 'x', blocks: [] }), false)
      assert.deepEqual(dialled, [])
    })
  }
})
