/** What is alive after a stop, of trees that hide in every way we know. Counted by a word in their command lines, which no way of killing looks at. */
import { rmSync } from 'node:fs'
import { boottimeMs } from '../../../src/runner/boottime.ts'
import { createJobs } from '../../../src/runner/jobs.ts'
import { carriers, newWord, prepare, scenarios } from '../../contract/kill.ts'
import type { Figure } from '../figure.ts'
import { folder } from '../load/processes.ts'

const hiding = scenarios.filter(({ name }) => ['setsid', 'double fork', 'env -i', 'TERM ignored', 'fork churn'].includes(name))
const each = 2
const patienceMs = 60_000

export const figure: Figure = {
  rows: [{ name: 'survivors', what: 'stop: survivors (setsid, env -i, TERM ignored, fork churn)', unit: '', goal: { atMost: 0 }, absolute: true }],
  open: async (say) => {
    const place = folder()
    const stage = prepare(place)
    const jobs = createJobs({ stateDirectory: `${place}/state`, outputDirectory: `${place}/output`, killAfterMs: 3_600_000 })
    const { way } = await jobs.ready
    jobs.extend(boottimeMs())
    return {
      round: async (round) => {
        const word = newWord()
        for (const scenario of hiding) {
          for (let copy = 0; copy < each; copy++) jobs.start(stage.order({ ...scenario, name: `${scenario.name.replaceAll(' ', '-')}-${round}-${copy}`, word }), async () => null)
        }
        const wanted = each * hiding.reduce((sum, { atLeast }) => sum + atLeast, 0)
        const over = performance.now() + patienceMs
        while (carriers(word).length < wanted) {
          if (performance.now() > over) throw new Error(`only ${carriers(word).length} of ${wanted} processes came up`)
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        const before = carriers(word).length
        await jobs.kill('all')
        const survivors = carriers(word).length
        say(`${way}: ${survivors} of ${before} processes survived`)
        return [{ ours: survivors, limit: 1 }]
      },
      close: async () => {
        await jobs.close()
        rmSync(place, { recursive: true, force: true })
      },
    }
  },
}
