/** The whole way: from a POST of an alert to the first line of its runbook, against a server that starts a process for it. */
import type { Figure } from '../figure.ts'
import { median } from '../figure.ts'
import { openWay, startCold } from '../load/way.ts'

const times = 5

export const figure: Figure = {
  rows: [
    { name: 'POST → plan', what: 'POST → first line of the plan ÷ the cold way', unit: 'ms', goal: { atMost: 1 / 10 } },
    { name: 'POST → step', what: 'POST → first line of the first step ÷ the cold way', unit: 'ms', goal: { atMost: 1 / 10 } },
  ],
  open: async () => {
    const [way, cold] = [await openWay(), await startCold()]
    return {
      round: async () => {
        const limit: number[] = []
        const ours: { plan: number; step: number }[] = []
        for (let time = 0; time < times; time++) {
          limit.push(await cold.line())
          ours.push(await way.lines())
        }
        return [{ ours: median(ours.map(({ plan }) => plan)), limit: median(limit) }, { ours: median(ours.map(({ step }) => step)), limit: median(limit) }]
      },
      close: async () => void (await Promise.all([way.close(), cold.close()])),
    }
  },
}
