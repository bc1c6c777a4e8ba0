/** A step that is no function but a file of its version, for those who write shell or Python: run with data in its environment and no text made of it. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { programFile } from '../catalog/program-file.ts'
import type { StepContext } from '../runbook.ts'
import type { JobOrder } from './protocol.ts'

export const program = ([file = '', ...args]: readonly string[], { script, files = {} }: Pick<JobOrder, 'script' | 'files'>) =>
  async ({ $ }: Pick<StepContext, '$'>): Promise<string> => {
    const path = programFile(basename(script, '.js'), file)
    const full = join(dirname(script), path)
    if (createHash('sha256').update(readFileSync(full)).digest('hex') !== files[path]) throw new Error(`${path} is not what was released`)
    return (await $`${full} ${args}`).stdout.trimEnd().slice(-4000)
  }
