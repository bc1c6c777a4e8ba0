/** What a script failed with, as people know its files: with no path of this machine, and of the stack only where the script stood. */
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Workflow } from '../core/workflow.ts'
import type { Script } from './deps.ts'
import type { Outcome } from './protocol.ts'

export const why = ({ error, detail }: Outcome & { kind: 'failed' }, { script }: Pick<Script, 'script'>, { name }: Workflow['runbook']): string => {
  const [copy, folder] = [dirname(script), `runbooks/${name}`]
  // Their types were blanked out, so that lines and columns are those of the source.
  const shown = [error, detail].filter(Boolean).join(detail.startsWith('\n') ? '' : ': ').replaceAll(pathToFileURL(copy).href, folder).replaceAll(copy, folder).replace(ownFile(folder), '$1.ts')
  return shown.split('\n').filter((line) => !/^\s+at /.test(line) || line.includes(`${folder}/`)).join('\n').slice(0, 2000)
}

const ownFile = (folder: string): RegExp => new RegExp(`(${folder}/[^\\s:()]+)\\.js\\b`, 'g')
