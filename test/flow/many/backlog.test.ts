/** 100,000 alerts were taken while nobody was there to answer them. Two servers come up, and a stop is pulled in the middle of it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'
import { eventually, get, liftAll, linesOf, metric, notification, post, workflowsOf } from '../flow.ts'
import { endAll, folder, launch, ownCatalogue, startServer, targetsIn } from '../server.ts'
import { agree } from './agree.ts'

const [payloads, each, runs] = [200, 500, 24]

test('100,000 alerts wait when two servers come up: each is answered once, what can run runs once, and a stop is taken at once', { skip: noKafka, timeout: 300_000 }, async (t) => {
  const [dir, log] = [folder(), `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('backlog')}`]
  const options = { log, services: targetsIn(dir), catalogue: ownCatalogue }
  const file = join(dir, 'notes')
  const intake = await startServer(folder(), options.services, log, { env: { PARAMEDIC_ROLES: 'intake' } })
  await liftAll(intake.url)
  const taken = new Set<string>()
  for (let n = 0; n < payloads; n++) {
    const known = n % Math.floor(payloads / runs) === 0 && n / Math.floor(payloads / runs) < runs
    const { status, body } = await post(`${intake.url}/webhooks/alertmanager`, notification([
      ...(known ? [{ labels: { alertname: 'Notes', service: `s${n / Math.floor(payloads / runs)}`, file } }] : []),
      ...Array.from({ length: each }, (_, i) => ({ labels: { alertname: 'Novel', n: `${n} ${i}` } })),
    ]))
    assert.equal(status, 200)
    for (const { episode } of body.alerts.slice(known ? 1 : 0)) taken.add(episode)
  }
  assert.equal(taken.size, payloads * each)
  await intake.end()
  const began = performance.now()
  const servers = await Promise.all([0, 1].map(() => launch({ ...options, state: folder() })))
  try {
    await eventually('it serves', async () => (await fetch(`${servers[0]!.url}/readyz`)).status === 200)
    const readyAfter = performance.now() - began
    const pulled = performance.now()
    const { status, body } = await post(`${servers[0]!.url}/v1/stops?wait=10s`, { why: 'too much at once', matchers: ['target="none"'] })
    const stopTook = performance.now() - pulled
    assert.deepEqual([status, body.inForce, body.missing], [201, true, []])
    for (const { url } of servers) await eventually('all are answered', async () => (await metric(url, 'episodes_unanswered')) === 0 && (await metric(url, 'episodes')) === taken.size + runs)
    // Each counts those that it answered itself.
    const answered = await Promise.all(servers.map(({ url }) => metric(url, 'episodes_answered_total{outcome="none",reason="no route"}')))
    assert.equal(answered[0]! + answered[1]!, taken.size, 'each once')
    t.diagnostic(`ready after ${Math.round(readyAfter)} ms, the stop proved in ${Math.round(stopTook)} ms, all answered ${Math.round(performance.now() - began)} ms after the start`)
    for (const id of [...taken].filter((_, n) => n % 5000 === 0)) assert.equal((await get(`${servers[1]!.url}/v1/episodes/${id}`)).answer.reason, 'no route')
    await eventually('what can run has run', async () => {
      const workflows = await workflowsOf(servers[1]!.url)
      return workflows.length === runs && workflows.every(({ state }) => state === 'verifying')
    })
    for (let n = 0; n < runs; n++) assert.deepEqual(linesOf(file).filter((line) => line.startsWith(`s${n} `)), ['first', 'once begins', 'once ends', 'last begins', 'last ends'].map((text) => `s${n} ${text}`))
    await agree(servers)
  } finally {
    await endAll(servers, 'SIGKILL')
  }
})
