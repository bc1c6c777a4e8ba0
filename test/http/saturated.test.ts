/**
 * The way of a stop stays open: a real server, and beside it a process that does everything at once that a sender can do.
 * How long each call took is told; that it was answered at all, and that the flood was one, is what is judged.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { get, liftAll } from '../flow/flow.ts'
import { folder, startServer } from '../flow/server.ts'

const rounds = 12
/** What is lost is lost within this; on a machine of its own each call takes a fraction of a second. */
const answeredWithinMs = 20_000

const kinds: [kind: string, because: string, flooded: (seen: Seen) => boolean][] = [
  ['big', 'bodies of 16 MB are parsed, six at a time', ({ answers }) => sum(answers) > 0],
  ['many', '500 new alerts in each of very many notifications flood the fold', ({ answers, episodes }) => (answers['200'] ?? 0) > 0 && episodes >= 500],
  ['slow', 'every connection and every place for a notification is taken by those who never finish', ({ connections }) => connections >= 1900],
  ['big,many,slow', 'all of it together', ({ answers }) => sum(answers) > 0],
]

interface Seen {
  readonly answers: Readonly<Record<string, number>>
  readonly episodes: number
  readonly connections: number
}

const sum = (answers: Readonly<Record<string, number>>): number => Object.values(answers).reduce((all, one) => all + one, 0)

describe('stops, health and metrics are answered while', () => {
  for (const [kind, because, flooded] of kinds) {
    test(because, { timeout: 300_000, todo: 'its bound holds on a machine that does nothing else' }, async (t) => {
      const server = await startServer(folder())
      t.after(() => server.end('SIGKILL'))
      await liftAll(server.url)
      const flood = spawn(process.execPath, [join(import.meta.dirname, 'flood.ts'), server.url, kind], { stdio: ['ignore', 'pipe', 'inherit'] })
      t.after(() => flood.kill('SIGKILL'))
      const said = createInterface({ input: flood.stdout })[Symbol.asyncIterator]()
      assert.equal((await said.next()).value, 'under way')

      const took: Record<string, number[]> = { stop: [], healthz: [], metrics: [] }
      const connections: number[] = []
      const ask = async (name: string, path: string, method = 'GET'): Promise<string> => {
        const began = performance.now()
        const response = await fetch(`${server.url}${path}`, { method, signal: AbortSignal.timeout(answeredWithinMs) })
        const text = await response.text()
        assert.ok(response.ok, `${name}: ${response.status} ${text}`)
        took[name]!.push(performance.now() - began)
        return text
      }
      for (let round = 0; round < rounds; round++) {
        const [, , metrics] = await Promise.all([ask('stop', '/v1/stops', 'POST'), ask('healthz', '/healthz'), ask('metrics', '/metrics')])
        connections.push(Number(/^paramedic_door_connections (\d+)/m.exec(metrics)![1]))
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      flood.kill('SIGTERM')
      const answers = JSON.parse((await said.next()).value as string) as Record<string, number>
      const episodes = Number(/^paramedic_episodes (\d+)/m.exec(await (await fetch(`${server.url}/metrics`)).text())![1])
      const stops = (await get(`${server.url}/v1/stops?limit=500`)).items
      assert.equal(stops.filter(({ inForce, durable }: { inForce: boolean; durable: boolean }) => inForce && durable).length, rounds, 'each stop is on the log')
      assert.ok(flooded({ answers, episodes, connections: Math.max(...connections) }), `it was no flood: ${JSON.stringify({ answers, episodes, connections })}`)
      for (const [name, list] of Object.entries(took)) t.diagnostic(`${kind}: ${name} took ${Math.round(list.toSorted((a, b) => a - b)[rounds >> 1]!)} ms, at most ${Math.round(Math.max(...list))}`)
      t.diagnostic(`${kind}: answers to the flood ${JSON.stringify(answers)}, ${episodes} episodes`)
    })
  }
})
