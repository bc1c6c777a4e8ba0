/**
 * A server freezes for 5, 20 and 60 s, under the settings that come with Paramedic, while a step of it appends to a file every 10 ms: the
 * file tells who did it, when, and that no two ever did.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'
import { alive, eventually, get, post, workflowsOf } from '../flow.ts'
import { endAll, folder, ownCatalogue, startServers, targetsIn } from '../server.ts'
import { growTrees, mark, numbers, writersOf } from '../trees.ts'
import { agree } from './agree.ts'

/** The longer ones only where time is no matter. */
const freezes = process.env['LONG'] ? [5, 20, 60] : [5]
/** Of the defaults with Kafka, in seconds. */
const [killAfter, lostAfter] = [30, 45]

for (const frozenFor of freezes) {
  test(`a server is frozen for ${frozenFor} s: what it ran is never run by two at once`, { skip: noKafka, timeout: 300_000 }, async (t) => {
    const dir = folder()
    const [file, tree] = [join(dir, 'beats'), mark()]
    const servers = await startServers(2, { log: `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('freeze')}`, services: targetsIn(dir), catalogue: ownCatalogue })
    try {
      await growTrees(servers, 1, tree, file)
      const [{ runner }] = await workflowsOf(servers[0]!.url)
      const holds = (await Promise.all(servers.map(({ url }) => get(`${url}/healthz`)))).findIndex(({ process }) => process === runner)
      const frozen = servers[holds]!
      const frozenAt = Date.now() / 1000
      frozen.process.kill('SIGSTOP')
      await sleep(frozenFor * 1000)
      frozen.process.kill('SIGCONT')
      const thawedAt = Date.now() / 1000
      const isLost = frozenFor > lostAfter
      await eventually('it goes on', async () => writersOf(file).at(-1)!.until > thawedAt + 1)
      if (isLost) await eventually('it sees that its lease is over', async () => frozen.said.some((line) => line.includes('starts anew under another identity')))
      await agree(servers)
      const { body } = await post(`${frozen.url}/v1/stops?wait=30s`, { why: 'test' })
      assert.deepEqual([alive(tree), body.missing, numbers(body).survivors], [[], [], 0])
      const writers = writersOf(file)
      for (const { from, until, longestPause } of writers) {
        t.diagnostic(`one wrote from ${(from - frozenAt).toFixed(2)} s to ${(until - frozenAt).toFixed(2)} s after the freeze; its longest pause: ${Math.round(longestPause * 1000)} ms`)
      }
      if (!isLost) return assert.equal(writers.length, 1, 'the same goes on')
      const [first, second, ...others] = writers
      assert.deepEqual(others, [], 'each writes for a while, and never again: no two at any time')
      assert.ok(first!.until < frozenAt + lostAfter, 'dead before anybody may go on')
      t.diagnostic(`killed ${(first!.until - frozenAt).toFixed(2)} s after the freeze (killAfter is ${killAfter} s); then nobody wrote for ${(second!.from - first!.until).toFixed(2)} s`)
    } finally {
      await endAll(servers, 'SIGKILL')
    }
  })
}
