/** A version's trial: read, checked, and played in a process of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { copiesFolder, materialise } from '../catalog/copies.ts'
import { readDefinition } from '../catalog/definition.ts'
import { describeScripts } from '../catalog/describe.ts'
import { ownFile } from '../catalog/own-files.ts'
import { readTrial, type Script } from '../catalog/scripts.ts'
import { runShortly } from '../catalog/short-lived.ts'
import type { StepManifest } from '../core/catalogue.ts'
import type { Trial } from '../runbook.ts'
import type { TrialOrder } from './child.ts'
import type { Played } from './play.ts'
import { readTrialForm } from './form.ts'

export interface Tried extends Played {
  readonly id: string
  readonly steps: readonly StepManifest[]
}

const patienceMs = 60_000

/** Plays the trial of a version as it lies in its folder; `without` leaves out a step. Whatever is wrong is a problem of it. */
export async function tryScript(script: Script, { runbooks, without, timeoutMs = patienceMs }: { runbooks: string; without?: number; timeoutMs?: number }): Promise<Tried> {
  const nothing = { id: script.id, steps: [], target: '', asked: [], printed: [] }
  const written = await readTrial(script, runbooks)
  if (written === undefined) return { ...nothing, problems: [`has no trial: write ${script.version}.test.ts beside it`] }
  const scratch = await mkdtemp(join(tmpdir(), 'paramedic-trial-'))
  try {
    const [described, form] = await Promise.all([script, written].map(async (one) => (await describeScripts([one], { timeoutMs, scratch }))[0]!))
    const failure = described!.failure ?? form!.failure
    if (failure) return { ...nothing, problems: [`${failure.path}:${failure.line}: ${failure.message}`] }
    const { manifest, problems } = readDefinition(script, described!.definition)
    const trial = readTrialForm(form!.definition, written.shown)
    if (manifest === undefined || 'problems' in trial) return { ...nothing, problems: [...problems.map(({ path, line, message }) => `${path}:${line}: ${message}`), ...('problems' in trial ? trial.problems : [])] }
    const played = await playApart(script, trial, { scratch, timeoutMs, ...(without === undefined ? {} : { without }) })
    return { ...played, id: script.id, steps: manifest.steps }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function playApart(script: Script, trial: Trial, { scratch, timeoutMs, ...more }: { scratch: string; timeoutMs: number; without?: number }): Promise<Played> {
  const copy = (await materialise([script], scratch)).get(script.id)!
  const order: TrialOrder = { api: ownFile('runbook'), copies: `${pathToFileURL(copiesFolder(scratch)).href}/`, script: copy.script, files: copy.files, trial, ...more }
  const { told, late, exit } = await runShortly<Played>({ child: 'trial/child', order, scratch, timeoutMs })
  const why = late ? `did not end within ${timeoutMs / 1000} s` : `ended the process that played it (${exit})`
  return told[0] ?? { target: '', asked: [], printed: [], problems: [why] }
}
