import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Catalogue } from '../../src/core/catalogue.ts'
import { open } from './door.ts'

const catalogue = (letter: string): Catalogue => ({ digest: letter.repeat(64), routes: [], runbooks: {}, policies: {} })

test('a catalogue that was in force before comes back by a person, by the first characters of its digest', async (t) => {
  const { parts, call } = await open(t)
  for (const [letter, was] of [['a', ''], ['b', 'a'.repeat(64)]] as const) {
    parts.says({ kind: 'catalogue announced', catalogue: catalogue(letter) })
    parts.says({ kind: 'catalogue activated', digest: letter.repeat(64), was })
  }
  const listed = await call('GET', '/v1/catalogues')
  assert.deepEqual(listed.json.items.map(({ digest, inForce }: any) => [digest[0], inForce]), [['b', true], ['a', false]])
  assert.equal((await call('POST', '/v1/catalogues/aaaaaaaa/use')).status, 202)
  assert.equal(parts.state.catalogue?.digest, 'a'.repeat(64))
  assert.equal((await call('POST', '/v1/catalogues/cccccccc/use')).json.code, 'NOT_FOUND')
  assert.equal((await call('POST', '/v1/catalogues/a/use')).json.code, 'NOT_FOUND', 'too little to name one')
})
