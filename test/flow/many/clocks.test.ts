/** Three servers on one real Kafka whose clocks are 2 s and 10 min apart: what they do, and in what order, is the same as with one clock. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'
import { alive, eventually, get, post, workflowsOf } from '../flow.ts'
import { endAll, folder, ownCatalogue, startServer, targetsIn } from '../server.ts'
import { growTrees, mark, numbers } from '../trees.ts'
import { agree } from './agree.ts'

/** Debian's libfaketime: the wall clock of a process is another one, its steady clock is not touched. */
const library = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime/libfaketimeMT.so.1')).find((path) => existsSync(path))
const noFaketime = library === undefined && 'libfaketime not found: install faketime'

const trees = 8
const wrong = [0, 2, 600]

test('servers whose clocks are 2 s and 10 min apart share the work, take over from one that dies, stop, and agree', { skip: noKafka || noFaketime, timeout: 240_000 }, async (t) => {
  const [dir, tree, began] = [folder(), mark(), Date.now()]
  const log = `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('clocks')}`
  const servers = await Promise.all(wrong.map((seconds) => startServer(folder(), targetsIn(dir), log, {
    catalogue: ownCatalogue,
    env: {
      PARAMEDIC_NAME: `server-${seconds}`, PARAMEDIC_KILL_AFTER: '4s', PARAMEDIC_LOST_AFTER: '14s',
      ...(seconds === 0 ? {} : { LD_PRELOAD: library!, FAKETIME: `+${seconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1' }),
    },
  })))
  try {
    const apart = servers.map(({ said }) => Math.round((Date.parse(JSON.parse(said.find((line) => line.includes('listening on'))!).time) - began) / 1000))
    assert.ok(apart[2]! - apart[0]! > 500, `their clocks are not apart: ${apart.join(', ')} s`)
    await eventually('all see each other', async () => (await Promise.all(servers.map(({ url }) => get(`${url}/v1/runners`)))).every(({ items }) => items.length === servers.length))
    await growTrees(servers, trees, tree, join(dir, 'beats'))
    const identities = await Promise.all(servers.map(async ({ url }) => (await get(`${url}/healthz`)).process as string))
    const holders = (await workflowsOf(servers[0]!.url)).map(({ runner }) => runner)
    const dies = [2, 1].find((index) => holders.includes(identities[index]))!
    t.diagnostic(`of ${trees} trees ${identities.map((id) => holders.filter((holder) => holder === id).length).join(', ')} run on servers that are ${wrong.join(', ')} s wrong; the one that is ${wrong[dies]} s wrong dies`)
    const [dead] = servers.splice(dies, 1)
    await dead!.end('SIGKILL')
    await eventually('the others go on with what it ran', async () => {
      const workflows = await workflowsOf(servers[0]!.url)
      return workflows.length === trees && workflows.every(({ state, runner }) => state === 'running' && runner !== identities[dies]) && alive(tree).length === trees * 5
    })
    await agree(servers)
    const { body } = await post(`${servers[1]!.url}/v1/stops?wait=30s`, { why: 'test' })
    assert.deepEqual([alive(tree), body.durable, body.missing, numbers(body)], [[], true, [], { killed: trees, survivors: 0 }])
    const workflows = await Promise.all((await workflowsOf(servers[1]!.url)).map(({ id }) => get(`${servers[1]!.url}/v1/workflows/${id}`)))
    const times = workflows.flatMap(({ timeline }) => timeline.map(({ at }: any) => Date.parse(at)))
    assert.ok(times.length > trees && times.every((at) => at > began - 1000 && at < Date.now() + 1000), 'the time of all that happened is the log\'s')
    await agree(servers)
  } finally {
    await endAll(servers, 'SIGKILL')
  }
})
