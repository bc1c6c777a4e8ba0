/** A door with the fold behind it, and a log that is a list: whatever is appended is folded at once, unless a test says otherwise. */
import type { TestContext } from 'node:test'
import { entryCodec, numbered, type Entry, type Fact, type StopOrder } from '../../src/core/entry.ts'
import { evolve } from '../../src/core/evolve.ts'
import { initialState } from '../../src/core/state.ts'
import { foldVersion } from '../../src/core/upgrade.ts'
import { digestOf } from '../../src/follow/digest.ts'
import { noArchive } from '../../src/follow/archive.ts'
import type { EdgeView } from '../../src/edge/edge.ts'
import type { Peer, Ports } from '../../src/http/ports.ts'
import { openDoor, type DoorOptions } from '../../src/http/server.ts'
import type { Recorded } from '../../src/log/log.ts'

export const me = '01900000-0000-7000-8000-00000000000a'
const peer: Peer = { id: me, name: 'one', host: 'host', address: 'http://127.0.0.1:1', roles: ['intake', 'run'], catalogue: 'c'.repeat(64), foldVersion, targets: [], ageMs: 20 }

export const createParts = () => {
  const state = initialState()
  const entries: Recorded<Entry>[] = []
  const wakes = new Set<() => void>()
  const unrecorded: StopOrder[] = []
  const parts = {
    state, entries, unrecorded,
    edges: [] as EdgeView[],
    peers: [peer] as Peer[], forced: [] as string[], ready: true,
    /** What happens to an append: nothing, or it waits or throws. */
    before: async (_facts: readonly Fact[]): Promise<void> => {},
    /** Runners that answer a stop. */
    answers: true,
    stopsLand: true,
    says: (fact: Fact, at = 1_760_000_000_000 + entries.length): void => {
      const entry = entryCodec.decode(entryCodec.encode(numbered(fact, me, entries.length + 1)))
      const recorded = { position: entries.length, at, entry }
      entries.push(recorded)
      evolve(state, recorded)
      for (const wake of wakes) wake()
    },
  }
  const ports: Ports = {
    append: async (facts) => {
      await parts.before(facts)
      for (const fact of facts) parts.says(fact)
    },
    record: async (facts) => {
      await parts.before(facts)
      for (const fact of facts) parts.says(fact)
    },
    pullStop: async (asked) => {
      const stop = { id: crypto.randomUUID(), ...asked }
      if (!parts.stopsLand) {
        unrecorded.push(stop)
        return { id: stop.id, durable: false }
      }
      parts.says({ kind: 'stop pulled', stop })
      if (parts.answers) setTimeout(() => parts.says({ kind: 'stop acknowledged', stop: stop.id, runner: me, name: 'one', killed: 2, survivors: 0, tookMs: 84 }), 20)
      return { id: stop.id, durable: true }
    },
    archive: noArchive,
    digest: async (position = state.position) => (position === state.position ? digestOf(state) : undefined),
    printedAt: async (position) => {
      const entry = entries[position]?.entry
      return entry && 'printed' in entry ? entry.printed : undefined
    },
    drill: async (drill, who) => ({ kind: 'drilled', drill, ok: true, detail: 'x', who, tookMs: 3, survivors: 0 }),
    reload: async () => ({ digest: 'd'.repeat(64), problems: [] }),
    read: () => ({ state, now: 0, me, heard: () => [], peers: parts.peers, edges: parts.edges, allowInProduction: false, unrecorded, forced: parts.forced }),
    async* events(from, signal) {
      let next = from
      while (!signal.aborted) {
        if (next < entries.length) {
          yield entries.slice(next, next + 100)
          next = Math.min(entries.length, next + 100)
          continue
        }
        yield 'caught up'
        await new Promise<void>((resolve) => {
          wakes.add(resolve)
          signal.addEventListener('abort', () => resolve())
        })
      }
    },
    health: () => ({ ready: parts.ready, checks: { log: { ok: parts.ready, detail: 'written' } }, kill: 'cgroup' }),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'paramedic_up 1\n' }),
  }
  return { ...parts, parts, ports }
}

export const open = async (t: TestContext, options: Partial<DoorOptions> = {}) => {
  const { parts, ports } = createParts()
  const problems: unknown[] = []
  const door = await openDoor({
    listen: { host: '127.0.0.1', port: 0 }, tokens: [], intake: true, console: true, ports: () => ports, starting: ports, onProblem: (problem) => problems.push(problem), ...options,
  })
  t.after(() => door.close(0))
  const call = async (method: string, path: string, { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {}) => {
    const response = await fetch(`${door.url}${path}`, {
      method, headers, redirect: 'manual',
      ...(body === undefined ? {} : { body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body) }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    return { status: response.status, headers: response.headers, type, text, json: type.includes('json') ? JSON.parse(text) : undefined }
  }
  return { door, parts, ports, problems, call }
}

export const notification = (count: number, more: Record<string, unknown> = {}) => ({
  version: '4', receiver: 'r', groupKey: '{}:{}', externalURL: 'http://am', truncatedAlerts: 0, ...more,
  alerts: Array.from({ length: count }, (_, i) => ({ status: 'firing', labels: { alertname: 'Slow', i: String(i) }, annotations: {}, startsAt: '2026-11-22T02:16:39Z', endsAt: '0001-01-01T00:00:00Z' })),
})
