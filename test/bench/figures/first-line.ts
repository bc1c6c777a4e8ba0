/** From the order to the first line of a .ts runbook in a warm child, against a new process that loads zx. */
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { materialise, type Copy } from '../../../src/catalog/copies.ts'
import { readScripts } from '../../../src/catalog/scripts.ts'
import { boottimeMs } from '../../../src/runner/boottime.ts'
import { createJobs, type Jobs } from '../../../src/runner/jobs.ts'
import { median, type Figure } from '../figure.ts'
import { folder } from '../load/processes.ts'

const times = 10

const runbook = `import { runbook, minutes } from 'paramedic'
interface At { readonly at: string }
export default runbook({
  target: 'service',
  plan: async () => ({ changes: [] }),
  steps: [{ name: 'first line', effect: 'read', timeout: minutes(1), run: async (): Promise<At> => ({ at: String(process.hrtime.bigint()) }) }],
  healedWithin: minutes(10),
})
`
const cold = (zx: string): string => `import { $ } from '${zx}'\nprocess.stdout.write(String(process.hrtime.bigint()))\nvoid $\n`

export const figure: Figure = {
  rows: [
    { name: 'first line ÷ zx/core', what: 'warm first line of a .ts runbook ÷ cold node with zx/core', unit: 'ms', goal: { atMost: 1 / 30 } },
    { name: 'first line ÷ zx', what: '… ÷ cold node with all of zx', unit: 'ms', goal: { atMost: 1 / 60 } },
  ],
  open: async () => {
    const place = folder()
    mkdirSync(join(place, 'runbooks/line'), { recursive: true })
    writeFileSync(join(place, 'runbooks/line/1.ts'), runbook)
    const { scripts } = await readScripts(join(place, 'runbooks'))
    const copy = (await materialise(scripts, join(place, 'state'))).get('line@1')!
    // Beside our own packages, so that zx is found.
    const scriptsOf = { 'zx/core': join(import.meta.dirname, '.cold-core.mjs'), zx: join(import.meta.dirname, '.cold-zx.mjs') }
    for (const [zx, path] of Object.entries(scriptsOf)) writeFileSync(path, cold(zx))
    const jobs = createJobs({ stateDirectory: join(place, 'state'), outputDirectory: join(place, 'output'), killAfterMs: 3_600_000, warm: 2 })
    await jobs.ready
    jobs.extend(boottimeMs())
    return {
      round: async (round) => {
        const ours: number[] = []
        for (let time = 0; time < times; time++) ours.push(await warmLine(jobs, copy, `${round}-${time}`))
        const core = await coldLine(scriptsOf['zx/core'])
        const full = await coldLine(scriptsOf.zx)
        return [{ ours: median(ours), limit: core }, { ours: median(ours), limit: full }]
      },
      close: async () => {
        await jobs.close()
        for (const path of Object.values(scriptsOf)) rmSync(path)
        rmSync(place, { recursive: true, force: true })
      },
    }
  },
}

/** One after another, each with a child that waits: a burst is bound by the CPU of booting, on any machine. */
const warmLine = async (jobs: Jobs, copy: Copy, name: string): Promise<number> => {
  while (jobs.idle < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  const began = process.hrtime.bigint()
  const { result } = jobs.start({
    id: name, workflow: name, script: copy.script, digest: copy.scriptDigest, files: copy.files, phase: 'step', step: 0, timeoutMs: 60_000, memoryMb: 512,
    notAfterBoottimeMs: boottimeMs() + 60_000, input: { target: 'web', targets: ['web'], params: {}, labels: {} },
  }, async () => null)
  const outcome = await result
  if (outcome.kind !== 'done') throw new Error(outcome.error)
  jobs.release(name)
  return Number(BigInt((outcome.output as { at: string }).at) - began) / 1e6
}

const run = promisify(execFile)
const coldLine = async (script: string): Promise<number> => {
  const found: number[] = []
  for (let time = 0; time < 3; time++) {
    const began = process.hrtime.bigint()
    const { stdout } = await run(process.execPath, [script])
    found.push(Number(BigInt(stdout) - began) / 1e6)
  }
  return median(found)
}
