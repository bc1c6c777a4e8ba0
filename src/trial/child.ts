/** Plays one trial, in a process of its own: a script that hangs is killed with it. Told what came of it on descriptor 3. */
import { readFileSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { permitImports } from '../catalog/permit-imports.ts'
import type { Runbook, Trial } from '../runbook.ts'
import { play } from './play.ts'

export interface TrialOrder {
  readonly api: string
  readonly copies: string
  /** The script's copy. */
  readonly script: string
  readonly files: Readonly<Record<string, string>>
  readonly trial: Trial
  readonly without?: number
}

const { api, copies, trial, ...script } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as TrialOrder
permitImports({ api, copies })
const { default: runbook } = (await import(pathToFileURL(script.script).href)) as { default: Runbook }
writeSync(3, `${JSON.stringify(await play(runbook, trial, script))}\n`)
process.exit(0)
