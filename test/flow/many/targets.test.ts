/** Servers on one real Kafka that do not all serve the same: other targets, other catalogues, scripts that some of them have not. */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockCatalogue } from '../../../src/catalog/lock.ts'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'
import { eventually, get, liftAll, linesOf, notification, post, workflowsOf } from '../flow.ts'
import { endAll, folder, ownCatalogue, startServer, targetsIn, type Running } from '../server.ts'

/** As soon as may be: `lostAfter` is how long somebody may take to come who serves a target. */
const env = { PARAMEDIC_KILL_AFTER: '3s', PARAMEDIC_LOST_AFTER: '13s' }
const alert = ({ url }: Running, service: string, file: string) => post(`${url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Notes', service, file } }]))
const identityOf = async ({ url }: Running): Promise<string> => (await get(`${url}/healthz`)).process
const seen = (servers: readonly Running[]) =>
  eventually('all see each other', async () => (await Promise.all(servers.map(({ url }) => get(`${url}/v1/runners`)))).every(({ items }) => items.length === servers.length))

test('runner.targets: each target is worked on where it is served, and what nobody serves is given to people with its reason', { skip: noKafka, timeout: 120_000 }, async () => {
  const [dir, log] = [folder(), `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('targets')}`]
  const file = join(dir, 'notes')
  const servers = await Promise.all(['target=~"s[0-4]"', 'target=~"s[5-9]"'].map((targets, n) =>
    startServer(folder(), targetsIn(dir), log, { catalogue: ownCatalogue, env: { ...env, PARAMEDIC_NAME: `server-${n}`, PARAMEDIC_RUNNER_TARGETS: targets } })))
  try {
    await seen(servers)
    assert.deepEqual((await get(`${servers[0]!.url}/v1/runners`)).items.map(({ name, targets }: any) => [name, targets]).sort(), [['server-0', ['target=~"s[0-4]"']], ['server-1', ['target=~"s[5-9]"']]])
    await liftAll(servers[0]!.url)
    await alert(servers[0]!, 's20', file)
    for (let n = 0; n < 10; n++) await alert(servers[n % 2]!, `s${n}`, file)
    const served = await eventually('all that are served are done', async () => {
      const all = (await workflowsOf(servers[1]!.url)).filter(({ targets }) => targets[0] !== 's20')
      return all.length === 10 && all.every(({ state }) => state === 'verifying') && all
    })
    const ids = await Promise.all(servers.map(identityOf))
    for (const { targets: [target], runner } of served) assert.equal(runner, ids[Number(target.slice(1)) < 5 ? 0 : 1], `${target} is run where it is served`)
    const left = await eventually('people are given the one that nobody serves', async () => (await workflowsOf(servers[1]!.url)).find(({ state }) => state === 'failed'))
    assert.deepEqual([left.targets, left.reason, left.detail], [['s20'], 'no runner', 'none of the 2 runners that live serves s20 (`runner.targets`)'])
    await eventually('they are told', async () => servers.some(({ said }) => said.some((line) => line.includes('no runner'))))
  } finally {
    await endAll(servers)
  }
})

/** Another version of the runbook, or another route, than the others have. */
const catalogues = async (dir: string): Promise<string[]> => {
  const names = ['first', 'second', 'third'].map((name) => join(dir, name))
  for (const name of names) cpSync(ownCatalogue, name, { recursive: true })
  const routes = names.map((name) => join(name, 'runbooks/routes.yaml'))
  writeFileSync(routes[1]!, `${readFileSync(routes[1]!, 'utf8')}  - { matchers: [alertname="Other"], runbook: notes@1, mode: auto, trust: granted }\n`)
  const [one, two] = [1, 2].map((version) => join(names[2]!, `runbooks/notes/${version}.ts`))
  renameSync(one!, two!)
  writeFileSync(two!, readFileSync(two!, 'utf8').replace('${target} ${text}', '${target} third: ${text}'))
  writeFileSync(routes[2]!, readFileSync(routes[2]!, 'utf8').replace('notes@1', 'notes@2'))
  await lockCatalogue(join(names[2]!, 'runbooks'))
  return names
}

test('three servers with three catalogues: the one in force is everybody\'s, and a runner without its script leaves it to one that has it', { skip: noKafka, timeout: 120_000 }, async () => {
  const [dir, log] = [folder(), `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('catalogues')}`]
  const file = join(dir, 'notes')
  const servers: Running[] = []
  try {
    for (const [n, catalogue] of (await catalogues(dir)).entries()) {
      servers.push(await startServer(folder(), targetsIn(dir), log, { catalogue, env: { ...env, PARAMEDIC_NAME: `server-${n}` } }))
    }
    await seen(servers)
    await liftAll(servers[0]!.url)
    const [, second, third] = servers as [Running, Running, Running]
    await eventually('one catalogue is in force everywhere', async () => new Set((await get(`${second.url}/v1/runners`)).items.map(({ catalogue }: any) => catalogue)).size === 1)
    for (let n = 0; n < 6; n++) await alert(servers[n % 3]!, `s${n}`, file)
    const done = await eventually('all are done', async () => {
      const all = await workflowsOf(second.url)
      return all.length === 6 && all.every(({ state }) => state === 'verifying') && all
    })
    const id = await identityOf(third)
    assert.ok(done.every(({ runner, runbook }) => runner === id && runbook === 'notes@2'), 'by the third, which alone has the script')
    assert.equal(linesOf(file).filter((line) => line.includes('third: once ends')).length, 6, 'each once')
    await third.end()
    await alert(second, 's9', file)
    const left = await eventually('nobody has the script any more: people are given it', async () => (await workflowsOf(second.url)).find(({ state }) => state === 'failed'))
    assert.deepEqual([left.targets, left.reason, left.detail], [['s9'], 'runbook changed', 'the script of notes@2 is not here as it was released, on none of the 2 runners that serve its targets'])
  } finally {
    await endAll(servers)
  }
})
