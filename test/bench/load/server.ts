/**
 * The server under test, as built, in a process of its own: `server.ts OPTIONS`, a JSON text of `Under`. It watches how far the fold is behind what was
 * written, and tells it when asked.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config.ts'
import type * as Serve from '../../../src/serve.ts'
import { cpuMs, type Under } from './processes.ts'

const under = JSON.parse(process.argv[2]!) as Under
const { serve } = (await import(join(import.meta.dirname, '../../../dist/serve.js'))) as typeof Serve
const { config, problems } = await loadConfig({ cwd: under.state, env: { PARAMEDIC_STATE: under.state }, flags: { listen: '127.0.0.1:0', 'log-level': 'error', ...under.flags } })
if (!config) throw new Error(JSON.stringify(problems))
const said: string[] = []
const served = await serve(config, { say: (text) => said.push(text), tellPeople: () => {} })
for (const { id } of served.parts.state.inForce) await served.parts.liftStop(id, 'bench', 'bench')
const { parts } = served

/** When so many entries had been written. */
const written: { at: number; entries: number }[] = []
let behindMs = 0
setInterval(() => {
  const now = performance.now()
  written.push({ at: now, entries: parts.writer.stats.entries })
  const folded = parts.state.position
  while (written.length > 1 && written[1]!.entries <= folded) written.shift()
  const first = written.find(({ entries }) => entries > folded)
  if (first) behindMs = Math.max(behindMs, now - first.at)
}, 10).unref()

process.on('message', (word: string) => {
  if (word !== 'tell') return
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
  process.send!({ cpuMs: cpuMs(), behindMs, batches: parts.writer.stats.batches, entries: parts.writer.stats.entries, position: parts.state.position, queued: parts.writer.stats.queuedEntries, open: parts.state.unanswered.size, rss, said: said.splice(0) })
  behindMs = 0
})
process.on('disconnect', () => void served.close(0).finally(() => process.exit(0)))
process.send!({ port: Number(new URL(served.url).port) })
