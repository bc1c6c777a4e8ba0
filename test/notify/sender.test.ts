/** Whether a request is Slack's: its signature, its age, and whether it came before. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { createSlackDoor } from '../../src/notify/door.ts'
import { SeenSignatures, verifySlack } from '../../src/notify/verify.ts'
import { ear } from './ear.ts'

describe('who sends', () => {
  const secret = '8f742231b10e8888abcd99yyyzzz85a5'
  const body = 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
  const vector = { signingSecret: secret, timestamp: '1531420618', signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503', rawBody: body }
  const at = 1_531_420_618_000
  const verify = (changes: Record<string, unknown> = {}, seen = new SeenSignatures()) => verifySlack({ ...vector, now: at, seen, ...changes } as Parameters<typeof verifySlack>[0])

  test("Slack's own example is its", () => assert.deepEqual(verify(), { ok: true }))

  const refused: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['a body that was changed', { rawBody: `${body}&text=stop` }, /wrong/],
    ['another secret', { signingSecret: 'other' }, /wrong/],
    ['no secret', { signingSecret: '' }, /no signing secret/],
    ['older than five minutes', { now: at + 301_000 }, /five minutes old/],
    ['from the future', { now: at - 301_000 }, /five minutes ahead/],
    ['no timestamp', { timestamp: undefined }, /missing/],
    ['no signature', { signature: undefined }, /missing/],
    ['two signatures', { signature: [vector.signature, vector.signature] }, /missing/],
    ['a shorter signature', { signature: vector.signature.slice(0, -2) }, /cannot be read/],
    ['a longer signature', { signature: `${vector.signature}00` }, /cannot be read/],
    ['another version', { signature: vector.signature.replace('v0', 'v1') }, /cannot be read/],
    ['a timestamp that is none', { timestamp: '1531420618abc' }, /cannot be read/],
    ['a timestamp that was not signed', { timestamp: '1531420619' }, /wrong/],
  ]
  for (const [what, changes, why] of refused) {
    test(`${what} is refused`, () => {
      const found = verify(changes)
      assert.match(found.ok ? '' : found.why, why)
    })
  }

  test('the same once more is refused, also when many others came between', () => {
    const seen = new SeenSignatures(100)
    assert.ok(verify({}, seen).ok)
    for (let n = 0; n < 50; n++) seen.add(`v0=${n}`, at, at)
    assert.deepEqual(verify({}, seen), { ok: false, why: 'it was sent before' })
  })

  test('a forged one fills no memory', () => {
    const seen = new SeenSignatures(1)
    assert.ok(verify({}, seen).ok)
    for (let n = 0; n < 10; n++) verify({ signature: `v0=${createHmac('sha256', 'x').update(String(n)).digest('hex')}` }, seen)
    assert.equal(verify({}, seen).ok, false)
  })

  test('a field that was sent twice is refused, and nothing is done', async (t) => {
    const { desk } = await ear(t)
    const door = createSlackDoor({ hearing: { command: async (field) => ({ unreadable: String(field('text')) }), pressed: () => ({}) }, signingSecret: () => secret })
    const raw = 'text=stop&text=go&user_id=U0ANN&team_id=T0HOME'
    const headers = desk.slack.signed(raw)
    const request = { rawBody: Buffer.from(raw), timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'] }
    assert.deepEqual(await door.command(request), { status: 400, why: 'stop,go' })
    assert.equal((await door.command(request)).status, 401)
  })
})
