/** How many webhooks a second become durable, against a server that only parses them and forgets. */
import type { Figure, Sample } from '../figure.ts'
import { startLoad, startOurs, startRaw, webhookPath, type Ours } from '../load/processes.ts'

const connections = 64
const floodMs = 3000
const behindAtMostMs = 1000
const busyAtMost = 0.95

export const figure: Figure = {
  rows: [
    { name: 'webhooks, intake', what: 'durable webhooks ÷ raw node:http, role intake alone', unit: '/s', goal: { atLeast: 0.8 } },
    { name: 'webhooks, known', what: '… all roles, episodes known, fold ≤ 1 s behind', unit: '/s', goal: { atLeast: 0.4 } },
    { name: 'webhooks, new', what: '… all roles, every alert new, fold ≤ 1 s behind', unit: '/s', goal: { atLeast: 0.15 } },
  ],
  open: async (say) => {
    const raw = await startRaw()
    const load = startLoad()
    const flood = async (server: Pick<Ours, 'port' | 'tell'> | typeof raw, path: string, fresh: boolean): Promise<Flooded> => {
      const before = await server.tell()
      const { perSecond, busy, statuses } = await load.run({ kind: 'flood', port: server.port, path, connections, ms: floodMs, fresh })
      const { cpuMs } = await server.tell()
      if (Object.keys(statuses).join() !== '200') say(`answers: ${JSON.stringify(statuses)}`)
      if (busy > busyAtMost) say(`the load had work in ${Math.round(busy * 100)}% of the time: it may be what was measured`)
      return { perSecond, cpuMs: (cpuMs - before.cpuMs) / (statuses[200] ?? 0) }
    }
    /** A server of its own each time: what a round left behind is no burden of the next. */
    const ours = async (roles: string, fresh: boolean): Promise<Flooded & { behindMs: number }> => {
      const server = await startOurs({ roles })
      try {
        await flood(server, webhookPath, fresh) // compiles, and makes the episodes known
        await settled(server, roles === all)
        const flooded = await flood(server, webhookPath, fresh)
        const { behindMs } = await server.tell()
        return { ...flooded, behindMs }
      } finally {
        await server.close()
      }
    }
    const all = 'intake,decide,run,notify,console'
    return {
      round: async () => {
        const samples: Sample[] = []
        for (const [roles, fresh] of [['intake', false], [all, false], [all, true]] as const) {
          const before = await flood(raw, '/', fresh)
          const { perSecond, cpuMs, behindMs } = await ours(roles, fresh)
          const after = await flood(raw, '/', fresh)
          const late = roles === all && behindMs > behindAtMostMs
          samples.push({ ours: perSecond, limit: (before.perSecond + after.perSecond) / 2, ...(late ? { broken: `the fold was ${Math.round(behindMs)} ms behind` } : {}) })
          say(`processor time of the thread that serves: ${((before.cpuMs + after.cpuMs) / 2 / cpuMs).toPrecision(2)} of the limit's`)
        }
        return samples
      },
      close: async () => void (await Promise.all([raw.close(), load.close()])),
    }
  },
}

interface Flooded {
  readonly perSecond: number
  /** Processor time of the thread that serves, for each webhook. */
  readonly cpuMs: number
}

const patienceMs = 20_000

/** Nothing waits to be written, folded or, where somebody decides, answered any more. */
const settled = async (server: Ours, decides: boolean): Promise<void> => {
  const over = performance.now() + patienceMs
  for (let before = -1; performance.now() < over;) {
    const { position, queued, open } = await server.tell()
    if (queued === 0 && (open === 0 || !decides) && position === before) return
    before = position
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`it did not come to rest in ${patienceMs} ms`)
}
