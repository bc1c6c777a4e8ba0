/** The embedded log of a real server is moved to a real Kafka: every entry at its place and time, the same state, under a stop. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import type { Entry } from '../../../src/core/entry.ts'
import { evolve } from '../../../src/core/evolve.ts'
import { snapshotForm, snapshotLines } from '../../../src/core/snapshot.ts'
import { initialState } from '../../../src/core/state.ts'
import { digestOf } from '../../../src/follow/digest.ts'
import { openStreams } from '../../../src/follow/streams.ts'
import { paramedic } from '../../cli/cli.ts'
import { freshPrefix, noKafka, sharedKafka } from '../../servers/kafka.ts'
import { eventually, get, liftAll, linesOf, notification, post, workflowsOf } from '../flow.ts'
import { folder, ownCatalogue, startServer, targetsIn } from '../server.ts'

describe('a log that moves to Kafka', { skip: noKafka, timeout: 240_000 }, () => {
  const dir = folder()
  const [file, notes, gate] = [join(dir, 'log.jsonl'), join(dir, 'notes'), join(dir, 'gate')]
  let prefix: () => string

  before(async () => {
    const brokers = (await sharedKafka()).join(',')
    prefix = () => `kafka://${brokers}/${freshPrefix('import')}`
    const server = await startServer(dir, targetsIn(dir), '', { catalogue: ownCatalogue })
    await liftAll(server.url)
    const alert = (service: string, more: Record<string, string> = {}) => post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Notes', service, file: notes, ...more } }]))
    await alert('s1')
    await eventually('one is done', async () => (await workflowsOf(server.url)).some(({ state }) => state === 'verifying'))
    await alert('s2', { onceGate: gate })
    await eventually('one is in its step that runs only once', async () => linesOf(notes).includes('s2 once begins'))
    await post(`${server.url}/v1/stops`, { why: 'a pause that outlives the move', kind: 'pause', matchers: ['target="s9"'] })
    await server.end('SIGKILL')
  })
  const cli = (...args: string[]) => paramedic(['log', ...args], { cwd: dir, env: { STATE_DIRECTORY: dir } })

  test('the whole of it: nothing is lost, the state is the same, a second import is refused, and a server goes on with it', async () => {
    const exported = await cli('export', file, '--json')
    assert.equal(exported.code, 0, exported.err)
    assert.equal((await cli('export', file)).code, 2, 'no file is written over')
    const log = prefix()
    const imported = await cli('import', file, '--log', log, '--json')
    assert.equal(imported.code, 0, imported.err)
    assert.deepEqual(JSON.parse(imported.out), JSON.parse(exported.out), 'as many entries, and the same digest of the state')
    const again = await cli('import', file, '--log', log)
    assert.deepEqual([again.code, /is not empty/.test(again.err)], [1, true], again.err)
    const server = await startServer(folder(), targetsIn(dir), log, { catalogue: ownCatalogue })
    try {
      const stops = (await get(`${server.url}/v1/stops`)).items.filter(({ inForce }: any) => inForce)
      assert.deepEqual(stops.map(({ why, matchers }: any) => [why.split(':')[0], matchers]).sort(), [['a pause that outlives the move', ['target="s9"']], ['new log', []]])
      const known = await workflowsOf(server.url)
      assert.deepEqual(known.map(({ targets, state, detail }) => [targets[0], state, /in doubt/.test(detail)]).sort(), [['s1', 'verifying', false], ['s2', 'stopped', true]], 'what ran is given to people')
      await liftAll(server.url)
      await post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Notes', service: 's3', file: notes } }]))
      await eventually('it goes on', async () => linesOf(notes).includes('s3 last ends'))
      assert.equal(linesOf(notes).filter((line) => line === 's2 once begins').length, 1, 'what may run only once did')
    } finally {
      await server.end()
    }
  })

  test('a log that retention has cut comes with its snapshot, and keeps its positions', async () => {
    const [head, ...rest] = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))
    const entries = rest.filter(([kind]) => kind === 'entry') as [string, number, number, Entry][]
    const cut = 6
    const state = initialState()
    for (const [, position, at, entry] of entries.slice(0, cut + 2)) evolve(state, { position, at, entry })
    const { position, digest } = await digestOf(state)
    const lines = [
      { ...head, snapshot: { form: snapshotForm, foldVersion: state.foldVersion, position, at: state.at, digest } },
      ...[...snapshotLines(state)].map((line) => ['state', line]), ...entries.slice(cut),
    ].map((line) => `${JSON.stringify(line)}\n`).join('')
    const short = join(dir, 'cut.jsonl')
    writeFileSync(short, `${lines}${JSON.stringify(['end', { ...rest.at(-1)![1], sha256: createHash('sha256').update(lines).digest('hex') }])}\n`)
    const logUrl = prefix()
    const imported = await cli('import', short, '--log', logUrl, '--json')
    assert.equal(imported.code, 0, imported.err)
    assert.equal(JSON.parse(imported.out).digest, rest.at(-1)![1].digest)
    const streams = await openStreams({ logUrl, notify: () => {} })
    try {
      await assert.rejects(async () => {
        for await (const _ of streams.log.follow(0, AbortSignal.timeout(20_000))) break
      }, { code: 'LOG_CUT', oldest: cut })
    } finally {
      await streams.close()
    }
  })

  test('a file that is not whole is refused before anything is written', async () => {
    const half = join(dir, 'half.jsonl')
    writeFileSync(half, readFileSync(file, 'utf8').slice(0, -200))
    const { code, err } = await cli('import', half, '--log', prefix())
    assert.deepEqual([code, /is not a whole log/.test(err)], [1, true], err)
  })
})
