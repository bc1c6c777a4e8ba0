/** Three servers on one real Kafka that know each other by certificates, and the certificate of one is over: a stop reaches that one by the control stream. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { dialWith } from '../../../src/http/dial.ts'
import { createAuthority, longOver, noOpenssl } from '../../servers/authority.ts'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'
import { eventually } from '../flow.ts'
import { endAll, folder, launch, targetsIn } from '../server.ts'

test('a stop goes to the others over https; a server whose certificate is over is named, and stops all the same', { skip: noKafka || noOpenssl, timeout: 120_000 }, async () => {
  const authority = createAuthority(join(folder(), 'ca'))
  const log = `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('tls')}`
  const certificates = ['first', 'second', 'over'].map((name) => ({ name, ...authority.issue(name, name === 'over' ? longOver : {}) }))
  const servers = await Promise.all(certificates.map(({ name, cert, key }) => launch({
    state: folder(), services: targetsIn(folder()), log, env: { PARAMEDIC_NAME: name, PARAMEDIC_TLS_CERT: cert, PARAMEDIC_TLS_KEY: key, PARAMEDIC_TLS_CLIENT_CA: authority.ca },
  })))
  const [first] = servers as [typeof servers[number]]
  const ask = async (method: string, path: string): Promise<any> =>
    (await dialWith({ ca: authority.ca, ...certificates[0]! })(`${first.url}${path}`, { method, headers: {}, signal: AbortSignal.timeout(20_000) })).json()
  try {
    await eventually('all see each other', async () => (await ask('GET', '/v1/runners')).items.length === 3, 40_000)
    const stop = await ask('POST', '/v1/stops?wait=10s')
    assert.deepEqual([stop.missing, stop.acknowledgements.map(({ name }: any) => name).sort()], [[], ['first', 'over', 'second']])
    const unanswered = await eventually('it is told of', async () => {
      const found = first.said.filter((line) => line.includes(`the stop ${stop.id} was not answered by`)) // the stop of the new log may have found some not up yet
      return found.length > 0 && found
    })
    assert.ok(unanswered.every((line) => /was not answered by over at https:.*certificate has expired/.test(line)), unanswered.join('\n'))
    await eventually('it serves all the same', async () => servers[2]!.said.some((line) => line.includes('ready at')))
  } finally {
    await endAll(servers)
  }
})
