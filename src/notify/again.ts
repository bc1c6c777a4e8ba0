/** What a person types to have a workflow's work done again, judged anew: for a shell, so names from outside are quoted. */
import type { WorkflowView } from './message.ts'

export const againCommand = ({ runbook, targets, params }: WorkflowView): string => [
  'paramedic', 'run', runbook, ...targets.flatMap((target) => ['--target', quoted(target)]),
  ...Object.entries(params).flatMap(([name, value]) => ['--param', quoted(`${name}=${value}`)]),
].join(' ')

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`)
