import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldVersion, UpgradeUnfinished } from '../../src/core/upgrade.ts'
import { open } from './door.ts'

test('an upgrade is finished once no older server lives, and for good', async (t) => {
  const { parts, call } = await open(t)
  const [server] = parts.peers
  parts.peers.push({ ...server!, name: 'old', foldVersion: foldVersion - 1 })
  const refused = await call('POST', '/v1/upgrade/finish')
  assert.deepEqual([refused.status, refused.json.code, refused.json.older, parts.state.foldVersion], [409, 'OLDER_SERVERS', ['old'], 1])
  parts.peers.pop()
  const finished = await call('POST', '/v1/upgrade/finish')
  assert.deepEqual([finished.status, finished.json.foldVersion, parts.state.foldVersion], [202, foldVersion, foldVersion])
  const entries = parts.entries.length
  assert.equal((await call('POST', '/v1/upgrade/finish')).status, 202, 'asked again')
  assert.equal(parts.entries.length, entries, 'it says nothing twice')
  assert.deepEqual((await call('GET', '/v1/upgrade')).json, { foldVersion, possible: foldVersion, servers: [{ id: server!.id, name: 'one', foldVersion }] })
})

test('what an older server could not fold is refused by that name', async (t) => {
  const { parts, call } = await open(t)
  parts.before = async ([fact]) => {
    throw new UpgradeUnfinished(fact!)
  }
  const answer = await call('POST', '/v1/upgrade/finish')
  assert.deepEqual([answer.status, answer.json.code], [409, 'UPGRADE_UNFINISHED'])
})
