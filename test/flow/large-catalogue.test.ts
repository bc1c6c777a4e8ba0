/** Ten thousand routes: read, announced in parts on the real logs, folded, and judged by. After a restart they are there. */
import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { entryCodec, type Entry } from '../../src/core/entry.ts'
import { openSqliteLog } from '../../src/log/sqlite.ts'
import { paramedic } from '../cli/cli.ts'
import { freshPrefix, noKafka, sharedKafka } from '../servers/kafka.ts'
import { eventually, get, liftAll, linesOf, notification, post, workflowsOf } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn, type Running } from './server.ts'

const count = 10_000

const largeIn = (dir: string): void => {
  cpSync(ownCatalogue, dir, { recursive: true })
  const route = (n: number): string => `  - { matchers: ['alertname="Alert${n}"', 'team=~"team-${n % 50}|sre"'], runbook: notes@1, mode: auto, trust: granted, owner: team-${n % 50} }\n`
  writeFileSync(join(dir, 'runbooks/routes.yaml'), `routes:\n${Array.from({ length: count }, (_, n) => route(n)).join('')}`)
}

const meetsTheLast = async (t: TestContext, dir: string, log = ''): Promise<{ server: Running; digest: string }> => {
  const server = await startServer(dir, targetsIn(dir), log, { catalogue: dir })
  t.after(() => server.end('SIGKILL'))
  await liftAll(server.url)
  const [known] = (await get(`${server.url}/v1/catalogues`)).items
  assert.deepEqual([known.inForce, known.routes], [true, count])
  await post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: `Alert${count - 1}`, team: 'sre', service: 's1', file: join(dir, 'notes') } }]))
  await eventually('the runbook of the last route ran', async () => linesOf(join(dir, 'notes')).includes('s1 last ends'))
  const [workflow] = await workflowsOf(server.url)
  assert.equal(workflow.route, `runbooks/routes.yaml:${count + 1}`)
  const stop = await post(`${server.url}/v1/stops`, { matchers: ['alertname=~"Alert1.*"'], why: 'test' })
  assert.equal((await get(`${server.url}/v1/stops/${stop.body.id}`)).covers.routes, 1111, 'a stop says how many routes it covers')
  return { server, digest: known.digest }
}

test('`check` takes 10,000 routes, and on an embedded log an alert meets the last of them', { timeout: 120_000 }, async (t) => {
  const dir = folder()
  largeIn(dir)
  const { code, out, err } = await paramedic(['check', '--catalog-runbooks', join(dir, 'runbooks'), '--catalog-policies', join(dir, 'policies')], { cwd: dir })
  assert.equal(code, 0, err)
  assert.match(out, new RegExp(`^good: 4 runbooks, ${count} routes`))
  const { server, digest } = await meetsTheLast(t, dir)
  await server.end()
  const again = await startServer(dir, targetsIn(dir), '', { catalogue: dir })
  t.after(() => again.end('SIGKILL'))
  const { items } = await get(`${again.url}/v1/catalogues`)
  assert.deepEqual(items.map((one: any) => [one.digest, one.inForce, one.routes]), [[digest, true, count]])
})

test('on Kafka too, where one record may not hold them', { skip: noKafka, timeout: 120_000 }, async (t) => {
  const dir = folder()
  largeIn(dir)
  await meetsTheLast(t, dir, `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('large')}`)
})

test('on a log of an older version it waits for the end of the upgrade: until then the server runs without it, and says why', { timeout: 120_000 }, async (t) => {
  const dir = folder()
  largeIn(dir)
  const log = await openSqliteLog<Entry>(join(dir, 'paramedic.db'), { codec: entryCodec })
  await log.append([{ kind: 'joined', by: 'older', n: 1, name: 'older', host: 'h', roles: [], foldVersion: 1 }])
  await log.close()
  const server = await startServer(dir, targetsIn(dir), '', { catalogue: dir })
  t.after(() => server.end('SIGKILL'))
  assert.match((await get(`${server.url}/healthz`)).checks.catalogue.detail, /too large for an older server: .*`paramedic upgrade finish`, then `paramedic reload`/)
  const env = { PARAMEDIC_URL: server.url }
  assert.equal((await paramedic(['upgrade', 'finish'], { env })).code, 0)
  const { code, out, err } = await paramedic(['reload', '--wait'], { env })
  assert.equal(code, 0, err)
  assert.match(out, /^in force: [0-9a-f]{12} on 1 of 1 processes$/m)
  assert.equal((await get(`${server.url}/v1/catalogues`)).items[0].routes, count)
})
