/** How long a sender waits for its 200 at 500 webhooks a second, against a server that keeps nothing. An open loop. */
import { quantile, type Figure } from '../figure.ts'
import { startLoad, startOurs, startRaw, webhookPath } from '../load/processes.ts'

export const figure: Figure = {
  rows: [{ name: 'acknowledge p99', what: 'durable acknowledgement, p99 at 500/s ÷ not durable', unit: 'ms', goal: { atMost: 2 } }],
  open: async () => {
    const [raw, ours, load] = [await startRaw(), await startOurs(), startLoad()]
    const p99 = async (port: number, path: string): Promise<number> => {
      const { latencies } = await load.run({ kind: 'pace', port, path, connections: 64, ms: 4000, perSecond: 500 })
      return quantile(latencies, 0.99)
    }
    return {
      round: async () => [{ limit: await p99(raw.port, '/'), ours: await p99(ours.port, webhookPath) }],
      close: async () => void (await Promise.all([raw.close(), ours.close(), load.close()])),
    }
  },
}
