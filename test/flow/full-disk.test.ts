/** The disk is full, with everything that the server keeps on it: nothing is accepted, a stop stops, and it goes on by itself when there is room. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { smallDisk } from '../log/small-disk.ts'
import { alive, eventually, get, notification, post } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn } from './server.ts'
import { growTrees, mark, numbers } from './trees.ts'

test('a full disk: 503 and why, not ready, a stop is a stop all the same; with room it goes on by itself, and nothing is half written', { timeout: 120_000 }, async (t) => {
  const dir = folder()
  const disk = smallDisk(t, join(dir, 'disk'), '64m')
  if (!disk) return
  t.after(() => disk.unmount())
  const options = { catalogue: ownCatalogue } as const
  const services = targetsIn(dir)
  const server = await startServer(disk.path, services, '', options)
  const tree = mark()
  const ready = async (url: string): Promise<number> => (await fetch(`${url}/readyz`)).status
  const send = (n: number) => post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Novel', n: String(n), padding: packsBadly(n) } }]))
  const accepted = new Map<number, string>()
  try {
    await growTrees([server], 1, tree, join(dir, 'beats'))
    disk.fill()
    let refused = -1
    for (let n = 0; refused < 0; n++) {
      const { status, body } = await send(n)
      if (status === 200) accepted.set(n, body.alerts[0].episode)
      else refused = n
      if (status !== 200) assert.deepEqual([status, body.code, /send it again. See \/healthz/.test(body.detail)], [503, 'NOT_DURABLE', true])
    }
    assert.equal(await ready(server.url), 503)
    assert.match((await get(`${server.url}/healthz`)).checks.log.detail, /No room for \S+paramedic\.db\. Free some space: it goes on by itself/)

    const { status, body: stop } = await post(`${server.url}/v1/stops?wait=20s`, { why: 'the disk is full' })
    assert.deepEqual([status, stop.durable, stop.missing, numbers(stop), alive(tree)], [201, false, [], { killed: 1, survivors: 0 }, []])
    assert.match(stop.note, /in force, and could not be kept .*a restart forgets it/)

    disk.empty()
    await eventually('it is ready again', async () => (await ready(server.url)) === 200)
    await eventually('the stop is on the log', async () => (await get(`${server.url}/v1/stops/${stop.id}`)).durable)
    accepted.set(refused, (await send(refused)).body.alerts[0].episode)
  } finally {
    await server.end('SIGKILL')
  }
  const next = await startServer(disk.path, services, '', options)
  try {
    const episodes = await eventually('all are answered', async () => {
      const { items } = await get(`${next.url}/v1/episodes?limit=500`)
      return items.every(({ answer }: any) => answer) && items
    })
    assert.deepEqual(episodes.filter(({ labels }: any) => labels.alertname === 'Novel').map(({ id }: any) => id).sort(), [...accepted.values()].sort())
    assert.ok((await get(`${next.url}/v1/stops`)).items.some(({ why, inForce }: any) => inForce && why === 'the disk is full'))
  } finally {
    await next.end('SIGKILL')
  }
})

test('a disk that is full at the start: it ends with a line that says so and what to do', { timeout: 60_000 }, (t) => {
  const disk = smallDisk(t, join(folder(), 'disk'), '1m')
  if (!disk) return
  t.after(() => disk.unmount())
  disk.fill()
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../../bin/paramedic.js'), 'serve', '--state', disk.path, '--listen', '127.0.0.1:0'], { encoding: 'utf8', timeout: 50_000 })
  assert.equal(status, 1, stderr)
  assert.match(stderr, /(No room for|The disk is full).*[Ff]ree some space/)
  assert.doesNotMatch(stderr, /\n\s+at /)
})

/** Text that takes its room on the disk, other text for each number. */
const packsBadly = (n: number): string => Array.from({ length: 2000 }, (_, index) => Math.sin(n * 9_999 + index)).join()
