/** What the way to the outside costs a call, beside the client that it calls; and whether ten thousand targets make it dearer. */
import { Edge } from '../../../src/edge/edge.ts'
import { usualSettings } from '../../../src/edge/settings.ts'
import type { Figure } from '../figure.ts'

const calls = 20_000
const targets = Array.from({ length: 10_000 }, (_, at) => `target-${at}`)
const { signal } = new AbortController()
/** As any client: it is handed a signal, and answers at the next turn. */
const client = async ({ signal: given }: { signal: AbortSignal }): Promise<number> => (given.aborted ? 0 : 1)

/** Unbounded in pace only: what is waited for on purpose is no cost. */
const newEdge = (): Edge => new Edge({ name: 'bench', settings: { ...usualSettings, perSecond: 1e9 }, meaning: () => 'fault' })

const microsPer = async (call: (index: number) => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  for (let index = 0; index < calls; index++) await call(index)
  return (performance.now() - began) * 1000 / calls
}

export const figure: Figure = {
  rows: [
    { name: 'edge', what: "an edge's call, beside the bare client's", unit: 'µs', goal: { atMost: 20 }, absolute: true },
    { name: 'edge, 10k targets', what: "an edge's call about one of 10,000 targets, each of which failed lately ÷ about the only one", unit: 'µs', goal: { atMost: 1.5 } },
  ],
  open: async () => {
    const [one, many] = [newEdge(), newEdge()]
    for (const target of targets) await many.call({ target, effect: 'once', signal, deadlineMs: 10_000, run: () => Promise.reject(new Error('not well')) }).catch(() => undefined)
    const call = (edge: Edge, target: string) => edge.call({ target, effect: 'read', signal, deadlineMs: 10_000, run: client })
    return {
      round: async () => {
        const bare = await microsPer(() => client({ signal }))
        const alone = await microsPer(() => call(one, 'target-1'))
        const among = await microsPer((index) => call(many, targets[(index * 7919) % targets.length]!))
        return [{ ours: alone - bare, limit: 1 }, { ours: among, limit: alone }]
      },
      close: async () => {},
    }
  },
}
