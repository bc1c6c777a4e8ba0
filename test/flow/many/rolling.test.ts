/**
 * A deploy that replaces server after server under load, forward and back: of the commit that closed the work on one machine, and of this
 * tree, side by side on one real Kafka.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldVersion } from '../../../src/core/upgrade.ts'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'
import { eventually, get, liftAll, post } from '../flow.ts'
import { endAll, folder, startServer, targetsIn, type Running } from '../server.ts'
import { agree } from './agree.ts'
import { allAnswered, startLoad } from './load.ts'
import { earlierRelease } from './release.ts'

const closed = '46e589b'

test('server after server is replaced by a newer version and by the older one again, under load: each alert that was taken has one answer', { skip: noKafka, timeout: 300_000 }, async (t) => {
  const old = earlierRelease(closed)
  if (old === undefined) return t.skip(`${closed} is not in this clone: \`git fetch --unshallow\``)
  const [log, services] = [`kafka://${(await sharedKafka()).join(',')}/${freshPrefix('rolling')}`, targetsIn(folder())]
  let started = 0
  const start = (release?: string): Promise<Running> => startServer(folder(), services, log, { env: { PARAMEDIC_NAME: `server-${started++}` }, ...(release === undefined ? {} : { release }) })
  const servers = await Promise.all([start(old), start(old)])
  const load = startLoad({ servers: () => servers, perSecond: 200 })
  const replace = async (index: number, release?: string): Promise<void> => {
    const next = await start(release)
    const [gone] = servers.splice(index, 1, next)
    await gone!.end()
    const before = load.taken.size
    await eventually('alerts are taken', async () => load.taken.size > before + 100)
  }
  try {
    await liftAll(servers[0]!.url)
    await replace(0)
    assert.equal((await post(`${servers[0]!.url}/v1/upgrade/finish`)).status, 409, 'the older one lives')
    await replace(1)
    await replace(0, old)
    await replace(0)
    const { taken, refused, perSecond } = await load.end()
    await allAnswered(servers, load.taken)
    await agree(servers)
    const upgrade = await get(`${servers[0]!.url}/v1/upgrade`)
    assert.deepEqual([upgrade.foldVersion, upgrade.possible], [1, foldVersion], 'nothing was written that the older one could not read')
    assert.equal((await eventually('it is finished', async () => {
      const answer = await post(`${servers[0]!.url}/v1/upgrade/finish`)
      return answer.status === 202 && answer.body
    })).foldVersion, foldVersion)
    t.diagnostic(`${perSecond} alerts a second: ${taken} were taken, ${refused} refused or sent to one that had just ended`)
  } finally {
    await load.end()
    await endAll(servers, 'SIGKILL')
  }
})
