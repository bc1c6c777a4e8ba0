/** This release and the next one side by side on one real Kafka, and the end of an upgrade (protocol rule 10). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldVersion } from '../../../src/core/upgrade.ts'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'
import { eventually, get, liftAll, notification, post } from '../flow.ts'
import { endAll, folder, launch, startServer, targetsIn } from '../server.ts'
import { changedRelease } from './release.ts'

const next = foldVersion + 1

test('rule 10: an upgrade is finished when no older server lives; one that comes back after it says so, takes alerts, and does nothing', { skip: noKafka, timeout: 180_000 }, async () => {
  const release = changedRelease({ file: 'src/core/upgrade.ts', from: `foldVersion = ${foldVersion}`, to: `foldVersion = ${next}` })
  const options = { log: `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('upgrade')}`, services: targetsIn(folder()) }
  const old = await startServer(folder(), options.services, options.log, { env: { PARAMEDIC_NAME: 'old' } })
  const newer = await startServer(folder(), options.services, options.log, { env: { PARAMEDIC_NAME: 'newer' }, release })
  const servers = [old, newer]
  try {
    await liftAll(newer.url)
    assert.deepEqual(await get(`${newer.url}/v1/upgrade`).then((upgrade) => [upgrade.foldVersion, upgrade.possible]), [foldVersion, next], 'a new log is at what all servers know')
    for (const { url } of servers) {
      const { status, body } = await eventually('both are seen', async () => (await get(`${url}/v1/runners`)).items.length === 2 && post(`${url}/v1/upgrade/finish`))
      assert.deepEqual([status, body.code, body.older], [409, 'OLDER_SERVERS', ['old']])
    }
    await old.end()
    const finished = await eventually('the old one is gone', async () => {
      const answer = await post(`${newer.url}/v1/upgrade/finish`)
      return answer.status === 202 && answer.body
    })
    assert.equal(finished.foldVersion, next)
    const again = await launch({ ...options, state: old.state, env: { PARAMEDIC_NAME: 'old' } })
    servers.push(again)
    await eventually('it says that it is older', async () => again.said.some((line) => line.includes(`older than its log, and does not know \`fold version ${next}\``)))
    const answer = await eventually('it takes alerts', async () => {
      const { status, body } = await post(`${again.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Novel' } }]))
      return status === 200 && body
    })
    await eventually('the newer one answers them', async () => (await get(`${newer.url}/v1/episodes/${answer.alerts[0].episode}`)).answer?.reason === 'no route')
    assert.equal((await fetch(`${again.url}/readyz`)).status, 503)
    assert.equal((await get(`${again.url}/healthz`)).checks.fold.ok, false)
    assert.equal((await get(`${again.url}/v1/episodes/${answer.alerts[0].episode}`)).code, 'NOT_FOUND', 'it folds nothing that came behind')
    const stop = await post(`${newer.url}/v1/stops?wait=5s`, { why: 'both obey it' })
    assert.deepEqual([stop.body.missing, stop.body.acknowledgements.length], [[], 2])
  } finally {
    await endAll(servers, 'SIGKILL')
  }
})
