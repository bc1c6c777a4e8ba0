/**
 * The way of a stop stays open: a real server, and beside it a process that does everything at once that a sender can do.
 * How long each call took is told; that it was answered at all, and that the flood was one, is what is judged.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { eventually, get, liftAll } from '../flow/flow.ts'
import { folder, startServer } from '../flow/server.ts'

const rounds = 12
/** What is lost is lost within this; on a machine of its own each call takes a fraction of a second. */
const answeredWithinMs = 20_000

const kinds: [kind: string, because: string, flooded: (seen: Seen) => boolean][] = [
  ['big', 'bodies of 16 MB are parsed, six at a time', ({ bodyBytes }) => bodyBytes >= 16e6],
  ['many', '500 new alerts in each of very many notifications flood the fold', ({ answers, episodes }) => (answers['200'] ?? 0) > 0 && episodes >= 500],
  ['slow', 'every connection and every place for a notification is taken by those who never finish', ({ connections }) => connections >= 1900],
  ['big,many,slow', 'all of it together', ({ bodyBytes, connections }) => bodyBytes >= 16e6 && connections >= 1900],
]

interface Seen {
  readonly answers: Readonly<Record<string, number>>
  readonly episodes: number
  readonly connections: number
  readonly bodyBytes: number
}

/** On a connection of its own, as a person's command or curl has it. */
const asked = (url: string, method: string): Promise<{ status: number; text: string }> => new Promise((resolve, reject) => {
  request(url, { method, agent: false, signal: AbortSignal.timeout(answeredWithinMs) }, async (res) => {
    let text = ''
    for await (const chunk of res.setEncoding('utf8')) text += chunk
    resolve({ status: res.statusCode!, text })
  }).on('error', reject).end()
})

describe('stops, health and metrics are answered while', () => {
  for (const [kind, because, flooded] of kinds) {
    test(because, { timeout: 300_000 }, async (t) => {
      const server = await startServer(folder())
      t.after(() => server.end('SIGKILL'))
      await liftAll(server.url)
      const flood = spawn(process.execPath, [join(import.meta.dirname, 'flood.ts'), server.url, kind], { stdio: ['ignore', 'pipe', 'inherit'] })
      t.after(() => flood.kill('SIGKILL'))
      const said = createInterface({ input: flood.stdout })[Symbol.asyncIterator]()
      assert.equal((await said.next()).value, 'under way')

      const took: Record<string, number[]> = { stop: [], healthz: [], metrics: [] }
      let [connections, bodyBytes] = [0, 0]
      const ask = async (name: string, path: string, method = 'GET'): Promise<string> => {
        const began = performance.now()
        const { status, text } = await asked(`${server.url}${path}`, method)
        assert.ok(status < 300, `${name}: ${status} ${text}`)
        took[name]!.push(performance.now() - began)
        return text
      }
      for (let round = 0; round < rounds; round++) {
        const [, , metrics] = await Promise.all([ask('stop', '/v1/stops', 'POST'), ask('healthz', '/healthz'), ask('metrics', '/metrics')])
        const gauge = (name: string): number => Number(new RegExp(`^paramedic_door_${name} (\\d+)`, 'm').exec(metrics)![1])
        connections = Math.max(connections, gauge('connections'))
        bodyBytes = Math.max(bodyBytes, gauge('body_bytes'))
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      flood.kill('SIGTERM')
      const answers = JSON.parse((await said.next()).value as string) as Record<string, number>
      const episodes = Number(/^paramedic_episodes (\d+)/m.exec(await (await fetch(`${server.url}/metrics`)).text())![1])
      await eventually('each stop is on the log', async () => {
        const { items } = await get(`${server.url}/v1/stops?limit=500`)
        return items.filter(({ inForce, durable }: { inForce: boolean; durable: boolean }) => inForce && durable).length === rounds
      })
      const seen = { answers, episodes, connections, bodyBytes }
      assert.ok(flooded(seen), `it was no flood: ${JSON.stringify(seen)}`)
      for (const [name, list] of Object.entries(took)) t.diagnostic(`${kind}: ${name} took ${Math.round(list.toSorted((a, b) => a - b)[rounds >> 1]!)} ms, at most ${Math.round(Math.max(...list))}`)
      t.diagnostic(`${kind}: answers to the flood ${JSON.stringify(answers)}, ${episodes} episodes`)
    })
  }
})
